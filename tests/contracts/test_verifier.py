"""Groth16Verifier with a key in its tail: what it accepts, what it refuses, what it costs."""

from dataclasses import replace

import pytest
from eth_utils import keccak
from tests.contracts.support import BATCH_KEY, Trapdoor, g1, g2

from zkrollup import artifacts
from zkrollup.crypto.field import FieldRangeError, P, R
from zkrollup.evm import Chain, Reverted
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.keys import InvalidKey, Proof
from zkrollup.snark.verifier_contract import (
    VerifierTooLarge,
    selector,
    solidity_proof,
    verifier_abi,
    verifier_code_hash,
    verifier_init_code,
    verifier_runtime,
    verify_proof_calldata,
)

TRUE, FALSE = (1).to_bytes(32, "big"), bytes(32)
FLOOR, FLOOR_PER_INPUT, ALLOWED_OVER_FLOOR = 181_000, 6_150, 1_800


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.fixture
def call(chain):
    """Deploy a verifier once for a key and call it with calldata."""

    def run(key: Trapdoor, data: bytes) -> bytes:
        address = chain.deploy_raw(verifier_init_code(key.key))
        return chain.call(to=address, data=data)

    return run


def inputs(n: int) -> list[int]:
    return [501 + 7 * i for i in range(n)]


def tamper(data: bytes, index: int, value: int) -> bytes:
    """Replace a word after the selector."""
    at = 4 + 32 * index
    return data[:at] + value.to_bytes(32, "big") + data[at + 32 :]


def at(data: bytes, index: int) -> int:
    return int.from_bytes(data[4 + 32 * index :][:32], "big")


@pytest.mark.parametrize("n", [0, 1, 3, 6, 17])
def test_a_proof_of_n_inputs_holds_for_these_inputs_only(call, n):
    key = Trapdoor.of(n)
    data = verify_proof_calldata(key.prove(inputs(n)), inputs(n))
    assert call(key, data) == TRUE
    for i in range(n):
        assert call(key, tamper(data, 8 + i, inputs(n)[i] + 1)) == FALSE


def test_extreme_inputs_hold(call):
    key = Trapdoor.of(3)
    public = [0, R - 1, 1]
    assert call(key, verify_proof_calldata(key.prove(public), public)) == TRUE


@pytest.mark.parametrize("index", range(3))
def test_an_input_of_the_fields_order_or_more_is_refused(call, index):
    key = Trapdoor.of(3)
    data = verify_proof_calldata(key.prove(inputs(3)), inputs(3))
    assert call(key, tamper(data, 8 + index, inputs(3)[index] + R)) == FALSE
    with pytest.raises(FieldRangeError, match=f"public input {index}"):
        verify_proof_calldata(
            key.prove(inputs(3)), [v + R if i == index else v for i, v in enumerate(inputs(3))]
        )


@pytest.mark.parametrize("index", range(8))
def test_a_second_encoding_of_a_proof_is_refused(call, index):
    data = verify_proof_calldata(BATCH_KEY.prove(inputs(3)), inputs(3))
    assert call(BATCH_KEY, data) == TRUE
    assert call(BATCH_KEY, tamper(data, index, at(data, index) + P)) == FALSE


@pytest.mark.parametrize("index", range(8))
def test_a_proof_with_a_word_changed_is_refused(call, index):
    data = verify_proof_calldata(BATCH_KEY.prove(inputs(3)), inputs(3))
    assert call(BATCH_KEY, tamper(data, index, at(data, index) ^ 1)) == FALSE


def test_a_well_formed_proof_of_something_else_is_refused(call):
    # All points are good, so that the pairing itself says no.
    proof = replace(BATCH_KEY.prove(inputs(3)), a=g1(41))
    assert call(BATCH_KEY, verify_proof_calldata(proof, inputs(3))) == FALSE


def test_a_proof_of_infinities_is_refused(call):
    data = verify_proof_calldata(Proof(a=None, b=None, c=None), inputs(3))
    assert data[4:260] == bytes(256)
    assert call(BATCH_KEY, data) == FALSE


def test_a_proof_for_another_key_is_refused(call):
    data = verify_proof_calldata(BATCH_KEY.prove(inputs(3)), inputs(3))
    for name in ("alpha", "beta", "gamma", "delta"):
        other = replace(BATCH_KEY, **{name: getattr(BATCH_KEY, name) + 1})
        assert call(other, data) == FALSE
        assert call(other, verify_proof_calldata(other.prove(inputs(3)), inputs(3))) == TRUE


def test_another_selector_is_refused_with_both(call):
    key = Trapdoor.of(3)
    data = verify_proof_calldata(key.prove(inputs(3)), inputs(3))
    wrong = selector(4)
    with pytest.raises(Reverted) as caught:
        call(key, wrong + data[4:])
    expected = keccak(text="UnknownSelector(bytes4,bytes4)")[:4]
    assert caught.value.data == expected + selector(3).ljust(32, b"\0") + wrong.ljust(32, b"\0")


@pytest.mark.parametrize("length", [4, 259, 260 + 95, 260 + 97, 260 + 128])
def test_calldata_of_another_length_is_refused_with_both(call, length):
    data = verify_proof_calldata(BATCH_KEY.prove(inputs(3)), inputs(3))
    with pytest.raises(Reverted) as caught:
        call(BATCH_KEY, data.ljust(length, b"\0")[:length])
    expected = keccak(text="WrongCalldataLength(uint256,uint256)")[:4]
    assert caught.value.data == expected + (356).to_bytes(32, "big") + length.to_bytes(32, "big")


def test_ether_sent_along_is_refused(chain):
    address = chain.deploy_raw(verifier_init_code(BATCH_KEY.key))
    data = verify_proof_calldata(BATCH_KEY.prove(inputs(3)), inputs(3))
    with pytest.raises(Reverted):
        chain.call(to=address, data=data, value=1)
    assert chain.call(to=address, data=data) == TRUE


def test_the_abi_and_struct_encode_what_the_calldata_holds(chain):
    address = chain.deploy_raw(verifier_init_code(BATCH_KEY.key))
    verifier = chain.contract(verifier_abi(3), address)
    proof = BATCH_KEY.prove(inputs(3))
    assert verifier.encode("verifyProof", *solidity_proof(proof), inputs(3)) == verify_proof_calldata(
        proof, inputs(3)
    )
    assert verifier.verifyProof(*solidity_proof(proof), inputs(3)) is True
    assert verifier.verifyProof(*solidity_proof(proof), inputs(3)[::-1]) is False


def test_what_is_deployed_is_the_runtime_with_the_key_and_has_the_hash_to_pin(chain):
    address = chain.deploy_raw(verifier_init_code(BATCH_KEY.key))
    code = chain.code(address)
    assert code == verifier_runtime(BATCH_KEY.key)
    assert code.startswith(artifacts.load("Groth16Verifier").runtime)
    assert keccak(code) == verifier_code_hash(BATCH_KEY.key)
    assert verifier_code_hash(Trapdoor.of(3, delta=1_000_081).key) != verifier_code_hash(BATCH_KEY.key)


# Keys that must never be deployed


def test_a_key_whose_gamma_is_delta_is_refused():
    forgeable = Trapdoor.of(3, delta=1_000_037)
    with pytest.raises(InvalidKey, match="gamma"):
        verifier_init_code(forgeable.key)


def test_such_a_key_would_let_anybody_forge(chain, monkeypatch):
    # Why the rule stands: A = alpha, B = beta, C = -sum needs no secret. The check is skipped here only.
    forgeable = Trapdoor.of(3, delta=1_000_037)
    monkeypatch.setattr(type(forgeable.key), "check", lambda self: None)
    address = chain.deploy_raw(verifier_init_code(forgeable.key))
    total = forgeable.ic[0] + sum(k * v for k, v in zip(forgeable.ic[1:], inputs(3), strict=True))
    forged = Proof(a=g1(forgeable.alpha), b=g2(forgeable.beta), c=g1(-total))
    assert chain.call(to=address, data=verify_proof_calldata(forged, inputs(3))) == TRUE


def test_a_key_with_a_point_off_its_curve_is_refused():
    key = BATCH_KEY.key
    with pytest.raises(InvalidKey, match="alpha"):
        verifier_init_code(replace(key, alpha=(1, 3)))
    with pytest.raises(InvalidKey, match=r"ic\[2\]"):
        verifier_init_code(replace(key, ic=(*key.ic[:2], (P + 1, 2), *key.ic[3:])))


def test_a_key_with_more_inputs_than_code_has_room_for_is_refused():
    key = BATCH_KEY.key
    most = (24_576 - len(verifier_runtime(key))) // 64 + 3
    assert len(verifier_runtime(replace(key, ic=(key.ic[0],) * (most + 1)))) <= 24_576
    with pytest.raises(VerifierTooLarge) as caught:
        verifier_init_code(replace(key, ic=(key.ic[0],) * (most + 2)))
    assert caught.value.n_public == most + 1


# Proofs of real circuits


def multiplication(n_public: int):
    """Knows a number that times the first input is the sum of the others."""
    builder = Builder("multiplication")
    public = [builder.public(f"input {i}") for i in range(n_public)]
    factor = builder.private("factor")
    rest = public[1]
    for value in public[2:]:
        rest = rest + value
    builder.enforce(public[0], factor, rest, "product")
    return builder.build()


@pytest.fixture(scope="module", params=[2, 3, 6])
def proven(request):
    circuit = multiplication(request.param)
    others = [103 + i for i in range(request.param - 2)]
    public = [7, 7 * 307 - sum(others), *others]
    named = {f"input {i}": value for i, value in enumerate(public)}
    witness = circuit.witness({**named, "factor": 307})
    pk = groth16.setup(circuit.r1cs)
    return pk.vk, groth16.prove(pk, circuit.r1cs, witness), public


def test_a_groth16_proof_holds_on_chain_and_off(chain, proven):
    vk, proof, public = proven
    address = chain.deploy_raw(verifier_init_code(vk))
    assert groth16.verify(vk, public, proof)
    assert chain.call(to=address, data=verify_proof_calldata(proof, public)) == TRUE


def test_a_groth16_proof_fails_on_chain_and_off_for_other_inputs(chain, proven):
    vk, proof, public = proven
    address = chain.deploy_raw(verifier_init_code(vk))
    for i in range(len(public)):
        other = [value + (i == j) for j, value in enumerate(public)]
        assert not groth16.verify(vk, other, proof)
        assert chain.call(to=address, data=verify_proof_calldata(proof, other)) == FALSE


# Gas


@pytest.mark.parametrize("n", [1, 3, 6])
def test_gas_stays_close_to_the_precompiles_floor(chain, snapshot_value, n):
    key = Trapdoor.of(n)
    receipt = chain.transact(data=verifier_init_code(key.key))
    data = verify_proof_calldata(key.prove(inputs(n)), inputs(n))
    used = chain.transact(to=receipt.contract_address, data=data).gas_used
    execution = used - 21_000 - sum(16 if byte else 4 for byte in data)
    over = execution - FLOOR - FLOOR_PER_INPUT * n
    # The floor leaves out that calling a precompile costs 100, which each input does twice.
    assert 0 < over <= ALLOWED_OVER_FLOOR + 360 * max(0, n - 3)
    snapshot_value(f"verifier execution over the floor, {n} inputs", over)
    snapshot_value(f"verifier deployment, {n} inputs", receipt.gas_used)
