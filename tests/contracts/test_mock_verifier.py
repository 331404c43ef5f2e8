"""MockVerifier: called as a real verifier is, takes the mock proof of its inputs and nothing else."""

import pytest
from eth_utils import keccak
from tests.contracts.support import BATCH_KEY, Trapdoor

from zkrollup import artifacts
from zkrollup.crypto.field import P, R
from zkrollup.evm import Chain, Reverted
from zkrollup.snark.keys import Proof
from zkrollup.snark.mock import TAG, mock_proof, mock_verifier_runtime
from zkrollup.snark.verifier_contract import (
    init_code,
    selector,
    solidity_proof,
    verifier_abi,
    verifier_init_code,
    verify_proof_calldata,
)

TRUE, FALSE = (1).to_bytes(32, "big"), bytes(32)
INPUTS = [501, 207, R - 1]


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.fixture
def call(chain):
    """Deploy a MockVerifier for three inputs and call it with calldata."""
    address = chain.deploy_raw(init_code(mock_verifier_runtime(3)))
    return lambda data, **more: chain.call(to=address, data=data, **more)


def tamper(data: bytes, index: int, value: int) -> bytes:
    """Replace a word after the selector."""
    at = 4 + 32 * index
    return data[:at] + value.to_bytes(32, "big") + data[at + 32 :]


def at(data: bytes, index: int) -> int:
    return int.from_bytes(data[4 + 32 * index :][:32], "big")


@pytest.mark.parametrize("n", [0, 1, 3, 6, 17])
def test_the_mock_proof_of_n_inputs_holds_for_these_inputs_only(chain, n):
    address = chain.deploy_raw(init_code(mock_verifier_runtime(n)))
    inputs = [501 + 7 * i for i in range(n)]
    data = verify_proof_calldata(mock_proof(inputs), inputs)
    assert chain.call(to=address, data=data) == TRUE
    for i in range(n):
        assert chain.call(to=address, data=tamper(data, 8 + i, inputs[i] + 1)) == FALSE


@pytest.mark.parametrize("index", range(8))
def test_every_word_of_it_counts(call, index):
    data = verify_proof_calldata(mock_proof(INPUTS), INPUTS)
    for other in (at(data, index) ^ 1, at(data, index) + R, at(data, index) + P):
        assert call(tamper(data, index, other)) == FALSE
    assert call(data) == TRUE


@pytest.mark.parametrize("index", range(3))
def test_an_input_of_the_fields_order_or_more_is_refused_with_its_own_hash_too(call, index):
    data = verify_proof_calldata(mock_proof(INPUTS), INPUTS)
    wide = tamper(data, 8 + index, INPUTS[index] + R)
    assert call(wide) == FALSE
    assert call(tamper(wide, 1, int.from_bytes(keccak(wide[260:]), "big") % R)) == FALSE


def test_a_real_proof_is_refused(chain, call):
    data = verify_proof_calldata(BATCH_KEY.prove(INPUTS), INPUTS)
    assert call(data) == FALSE
    assert chain.call(to=chain.deploy_raw(verifier_init_code(BATCH_KEY.key)), data=data) == TRUE


@pytest.mark.parametrize("key", [BATCH_KEY, Trapdoor.of(3, alpha=1_000_081)], ids=["a key", "another"])
def test_a_real_verifier_refuses_every_mock_proof(chain, key):
    address = chain.deploy_raw(verifier_init_code(key.key))
    for inputs in (INPUTS, [0, 0, 0], [1, 2, 3]):
        assert chain.call(to=address, data=verify_proof_calldata(mock_proof(inputs), inputs)) == FALSE
        # The tag alone is enough: no y makes a point of it.
        assert chain.call(
            to=address, data=verify_proof_calldata(Proof((TAG, 2), None, None), inputs)
        ) == FALSE  # fmt: skip
        assert chain.call(to=address, data=verify_proof_calldata(key.prove(inputs), inputs)) == TRUE


def test_another_selector_is_refused_with_both(call):
    wrong = selector(4)
    with pytest.raises(Reverted) as caught:
        call(wrong + verify_proof_calldata(mock_proof(INPUTS), INPUTS)[4:])
    expected = keccak(text="UnknownSelector(bytes4,bytes4)")[:4]
    assert caught.value.data == expected + selector(3).ljust(32, b"\0") + wrong.ljust(32, b"\0")


@pytest.mark.parametrize("length", [4, 259, 260 + 95, 260 + 97, 260 + 128])
def test_calldata_of_another_length_is_refused_with_both(call, length):
    data = verify_proof_calldata(mock_proof(INPUTS), INPUTS)
    with pytest.raises(Reverted) as caught:
        call(data.ljust(length, b"\0")[:length])
    expected = keccak(text="WrongCalldataLength(uint256,uint256)")[:4]
    assert caught.value.data == expected + (356).to_bytes(32, "big") + length.to_bytes(32, "big")


def test_ether_sent_along_is_refused(call):
    data = verify_proof_calldata(mock_proof(INPUTS), INPUTS)
    with pytest.raises(Reverted):
        call(data, value=1)
    assert call(data) == TRUE


def test_it_has_the_real_verifiers_abi(chain):
    verifier = chain.contract(verifier_abi(3), chain.deploy_raw(init_code(mock_verifier_runtime(3))))
    assert verifier.verifyProof(*solidity_proof(mock_proof(INPUTS)), INPUTS) is True
    assert verifier.verifyProof(*solidity_proof(mock_proof(INPUTS)), INPUTS[::-1]) is False
    errors = [
        sorted(item["name"] for item in artifacts.load(name).abi if item["type"] == "error")
        for name in ("MockVerifier", "Groth16Verifier")
    ]
    assert errors[0] == errors[1]
