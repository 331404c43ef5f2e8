"""Verifiers exported as Solidity: what is written, and what the compiled contract accepts and refuses."""

import os
import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from eth_utils import keccak
from tests.conftest import UPDATE
from tests.contracts.support import BATCH_KEY, Trapdoor
from tests.devnet.circuits import scenarios

from zkrollup import artifacts
from zkrollup.crypto.field import P, R
from zkrollup.evm import Chain, Reverted
from zkrollup.snark import groth16
from zkrollup.snark.keys import InvalidKey, Proof
from zkrollup.snark.verifier_contract import (
    selector,
    solidity_proof,
    verifier_abi,
    verifier_init_code,
    verify_proof_calldata,
)
from zkrollup.snark.verifier_source import TEST_KEY, InvalidSourceOption, verifier_source

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "exported" / "SampleVerifier.sol"
TRUE, FALSE = (1).to_bytes(32, "big"), bytes(32)
PUBLIC = [501, 508, 515]


def source(vk, **changes):
    options = {"origin": "the tests' own.", "name": "SampleVerifier", "pragma": "^0.8.20"}
    return verifier_source(vk, **{**options, **changes})


# The text


def test_the_source_for_a_fixed_key_is_the_committed_one():
    text = source(BATCH_KEY.key)
    if os.environ.get(UPDATE) == "1":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_keys_numbers_stand_in_the_source_with_three_points_negated():
    numbers = dict(re.findall(r"constant (\w+) = (\d+);", source(BATCH_KEY.key)))
    key = BATCH_KEY.key
    assert (int(numbers["ALPHA_X"]), int(numbers["IC3_Y"])) == (key.alpha[0], key.ic[3][1])
    for name in ("beta", "gamma", "delta"):
        (x0, x1), (y0, y1) = getattr(key, name)
        coordinates = {"X0": x0, "X1": x1, "Y0": P - y0, "Y1": P - y1}
        for coordinate, value in coordinates.items():
            assert int(numbers[f"NEGATIVE_{name.upper()}_{coordinate}"]) == value


def test_name_pragma_and_origin_are_those_asked_for():
    text = source(BATCH_KEY.key, name="Mine", pragma=">=0.8.24 <0.9.0", origin=f"circuit 17. {TEST_KEY}")
    assert "\npragma solidity >=0.8.24 <0.9.0;\n" in text
    assert "\ncontract Mine {\n" in text
    assert f"circuit 17. {TEST_KEY}" in text.replace("\n// ", " ")


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\u2029", "\x0b", "\x85"])
def test_an_origin_with_a_line_end_stays_a_comment(end):
    text = source(BATCH_KEY.key, origin=f"key.json{end}contract Evil {{}} */ contract Evil {{}}")
    assert text.isascii()
    assert [line for line in text.splitlines() if "Evil" in line and not line.startswith("// ")] == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("name", "3Verifier"),
        ("name", "Two Words"),
        ("name", ""),
        ("name", "Vérifier"),
        ("name", "A{}"),
        ("pragma", "^0.8.20; import 'x'"),
        ("pragma", ""),
        ("pragma", "^0.8.20\n"),
    ],
)
def test_options_that_are_not_solidity_are_refused(option, value):
    with pytest.raises(InvalidSourceOption) as caught:
        source(BATCH_KEY.key, **{option: value})
    assert (caught.value.option, caught.value.value) == (option, value)


def test_a_key_without_public_inputs_is_refused_since_solidity_has_no_type_for_them():
    assert "uint256[1] calldata" in source(Trapdoor.of(1).key)
    with pytest.raises(InvalidSourceOption, match="public inputs = 0"):
        source(Trapdoor.of(0).key)


def test_an_unsound_key_has_no_source():
    with pytest.raises(InvalidKey, match="gamma"):
        source(replace(BATCH_KEY.key, delta=BATCH_KEY.key.gamma))
    with pytest.raises(InvalidKey, match=r"ic\[2\]"):
        source(replace(BATCH_KEY.key, ic=(*BATCH_KEY.key.ic[:2], (1, 3), BATCH_KEY.key.ic[3])))


# The contract


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Compiles a verifier's source and returns the artifact."""

    @cache
    def compile_source(text: str) -> artifacts.Artifact:
        folder = tmp_path_factory.mktemp("exported")
        (folder / "SampleVerifier.sol").write_text(text, encoding="utf-8")
        command = ["node", ROOT / "contracts" / "build.mjs", "--out", folder]
        done = subprocess.run(
            [*map(str, command), str(folder / "SampleVerifier.sol")], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return artifacts.read(folder / "SampleVerifier.json")

    return compile_source


@pytest.fixture(scope="module")
def call(chain, compiled):
    """Calls the committed verifier."""
    address = chain.deploy_raw(compiled(GOLDEN.read_text(encoding="utf-8")).bytecode)
    return lambda data, **options: chain.call(to=address, data=data, **options)


@pytest.fixture(scope="module")
def good():
    return verify_proof_calldata(BATCH_KEY.prove(PUBLIC), PUBLIC)


def tampered(data: bytes, index: int, change) -> bytes:
    """Another word after the selector."""
    at = 4 + 32 * index
    return data[:at] + change(int.from_bytes(data[at : at + 32], "big")).to_bytes(32, "big") + data[at + 32 :]


@pytest.mark.node
def test_the_contract_has_snarkjs_function_and_no_other(compiled):
    abi = compiled(source(BATCH_KEY.key)).abi
    (expected,) = (item for item in verifier_abi(3) if item["type"] == "function")
    assert [item for item in abi if item["type"] == "function"] == [expected]


@pytest.mark.node
@pytest.mark.parametrize("n", [1, 2, 17])
def test_a_proof_of_n_inputs_holds_for_these_inputs_only(chain, compiled, n):
    key, public = Trapdoor.of(n), [103 + 7 * i for i in range(n)]
    address = chain.deploy_raw(compiled(source(key.key)).bytecode)
    data = verify_proof_calldata(key.prove(public), public)
    assert chain.call(to=address, data=data) == TRUE
    for i in range(n):
        assert chain.call(to=address, data=tampered(data, 8 + i, lambda value: value + 1)) == FALSE


@pytest.mark.node
def test_the_smallest_and_largest_inputs_hold(call):
    public = [0, R - 1, 1]
    assert call(verify_proof_calldata(BATCH_KEY.prove(public), public)) == TRUE


@pytest.mark.node
@pytest.mark.parametrize("index", range(11))
def test_a_changed_word_is_refused(call, good, index):
    assert call(good) == TRUE
    assert call(tampered(good, index, lambda value: value ^ 1)) == FALSE


@pytest.mark.node
@pytest.mark.parametrize("index", range(8))
def test_a_second_encoding_of_a_coordinate_is_refused(call, good, index):
    assert call(tampered(good, index, lambda value: value + P)) == FALSE


@pytest.mark.node
@pytest.mark.parametrize("index", range(8, 11))
def test_an_input_of_the_fields_order_or_more_is_refused(call, good, index):
    assert call(tampered(good, index, lambda value: value + R)) == FALSE


@pytest.mark.node
def test_coordinates_of_g2_the_other_way_round_are_refused(call):
    a, ((x1, x0), (y1, y0)), c = solidity_proof(BATCH_KEY.prove(PUBLIC))
    words = (*a, x0, x1, y0, y1, *c, *PUBLIC)
    assert call(selector(3) + b"".join(word.to_bytes(32, "big") for word in words)) == FALSE


@pytest.mark.node
def test_a_proof_of_infinities_is_refused(call):
    assert call(verify_proof_calldata(Proof(a=None, b=None, c=None), PUBLIC)) == FALSE


@pytest.mark.node
@pytest.mark.parametrize("missing", [1, 32, 352])
def test_calldata_that_is_too_short_reverts(call, good, missing):
    with pytest.raises(Reverted) as caught:
        call(good[:-missing])
    assert caught.value.data == b""


@pytest.mark.node
@pytest.mark.parametrize("more", [1, 32])
def test_calldata_that_is_too_long_reverts_with_both_lengths(call, good, more):
    with pytest.raises(Reverted) as caught:
        call(good + bytes(more))
    expected = keccak(text="CalldataTooLong(uint256,uint256)")[:4]
    assert caught.value.data == expected + (356).to_bytes(32, "big") + (356 + more).to_bytes(32, "big")


@pytest.mark.node
def test_with_too_little_gas_for_the_sum_nothing_is_said_about_the_proof(call, good):
    with pytest.raises(Reverted):
        call(good, gas=33_000)


@pytest.mark.node
@pytest.mark.parametrize("precompile", ["ADD = 6", "MULTIPLY = 7"])
def test_where_a_precompile_is_missing_nothing_is_said_about_the_proof(chain, compiled, good, precompile):
    # An address without code stands for the precompile that another chain may lack.
    text = source(BATCH_KEY.key)
    assert f" {precompile};" in text
    elsewhere = text.replace(f" {precompile};", f" {precompile}7777;")
    address = chain.deploy_raw(compiled(elsewhere).bytecode)
    with pytest.raises(Reverted) as caught:
        chain.call(to=address, data=good)
    assert caught.value.data == keccak(text="NoPrecompile()")[:4]


@pytest.fixture(scope="module")
def takes_bytes(chain, compiled):
    """Calls verifyProof(bytes, uint256[3]) with words of a proof, perhaps with more or fewer bytes."""
    artifact = compiled(source(BATCH_KEY.key, proof_bytes=True))
    contract = chain.deploy(artifact.abi, artifact.bytecode)

    def call(words, public=PUBLIC, more=b""):
        return contract.verifyProof(b"".join(word.to_bytes(32, "big") for word in words) + more, public)

    return call


def proof_words(public):
    a, b, c = solidity_proof(BATCH_KEY.prove(public))
    return [*a, *b[0], *b[1], *c]


@pytest.mark.node
def test_with_a_proof_as_bytes_there_is_that_function_and_no_other(compiled):
    abi = compiled(source(BATCH_KEY.key, proof_bytes=True)).abi
    (function,) = (item for item in abi if item["type"] == "function")
    assert [item["type"] for item in function["inputs"]] == ["bytes", "uint256[3]"]
    assert (function["name"], function["outputs"][0]["type"]) == ("verifyProof", "bool")


@pytest.mark.node
def test_a_proof_as_bytes_holds_and_no_other_statement_does(takes_bytes):
    words = proof_words(PUBLIC)
    assert takes_bytes(words) is True
    for i, value in enumerate(PUBLIC):
        changed = [*PUBLIC[:i], value + 1, *PUBLIC[i + 1 :]]
        assert takes_bytes(words, changed) is False
        assert takes_bytes(words, [*PUBLIC[:i], value + R, *PUBLIC[i + 1 :]]) is False


@pytest.mark.node
@pytest.mark.parametrize("index", range(8))
def test_a_changed_word_of_a_proof_as_bytes_is_refused(takes_bytes, index):
    words = proof_words(PUBLIC)
    assert takes_bytes([*words[:index], words[index] ^ 1, *words[index + 1 :]]) is False
    assert takes_bytes([*words[:index], words[index] + P, *words[index + 1 :]]) is False


@pytest.mark.node
@pytest.mark.parametrize("more", [b"\0", bytes(32)])
def test_a_proof_as_bytes_that_is_too_long_reverts(takes_bytes, more):
    with pytest.raises(Reverted, match="CalldataTooLong"):
        takes_bytes(proof_words(PUBLIC), more=more)


@pytest.mark.node
def test_a_proof_as_bytes_that_is_too_short_reverts(takes_bytes):
    with pytest.raises(Reverted):
        takes_bytes(proof_words(PUBLIC)[:-1])


@pytest.mark.node
def test_a_proof_whose_bytes_are_said_to_be_fewer_or_to_lie_elsewhere_reverts(takes_bytes, chain, compiled):
    artifact = compiled(source(BATCH_KEY.key, proof_bytes=True))
    contract = chain.deploy(artifact.abi, artifact.bytecode)
    head = keccak(text="verifyProof(bytes,uint256[3])")[:4]
    words = [128, *PUBLIC, 256, *proof_words(PUBLIC)]

    def call(words):
        return chain.call(to=contract, data=head + b"".join(word.to_bytes(32, "big") for word in words))

    assert call(words) == TRUE
    for place, value in ((4, 255), (4, 224), (0, 127), (0, 160), (0, 2**255)):
        with pytest.raises(Reverted):
            call([*words[:place], value, *words[place + 1 :]])


@pytest.mark.node
@pytest.mark.parametrize("n", [1, 3])
def test_an_input_that_would_do_as_the_proofs_length_is_not_taken_for_it(chain, compiled, n):
    key = Trapdoor.of(n)
    artifact = compiled(source(key.key, proof_bytes=True))
    contract = chain.deploy(artifact.abi, artifact.bytecode)
    head = keccak(text=f"verifyProof(bytes,uint256[{n}])")[:4]

    def call(words):
        return chain.call(to=contract, data=head + b"".join(word.to_bytes(32, "big") for word in words))

    for last in (256, 257, 288):
        public = [*(501 + 7 * i for i in range(n - 1)), last]
        a, b, c = solidity_proof(key.prove(public))
        proof = [*a, *b[0], *b[1], *c]
        assert call([32 * (n + 1), *public, 256, *proof]) == TRUE
        with pytest.raises(Reverted) as caught:
            call([32 * n, *public, *proof, 0])
        expected = keccak(text="ProofElsewhere(uint256,uint256)")[:4]
        offsets = b"".join(offset.to_bytes(32, "big") for offset in (32 * (n + 1), 32 * n))
        assert caught.value.data == expected + offsets


@pytest.mark.node
def test_a_real_proof_holds_under_its_own_key_and_no_other(chain, compiled):
    circuit = scenarios.claim()
    state = scenarios.populated(2)
    burned = scenarios.withdrawal(state, scenarios.ALICE_ETH, 0xBEEF, 113, key=scenarios.ALICE)
    _, trace = scenarios.run(state, burned, slots=1)
    witness = circuit.witness(scenarios.claim_of(trace, slot=0).named())
    keys = [groth16.setup(circuit.r1cs) for _ in range(2)]
    mine, another = (chain.deploy_raw(compiled(source(key.vk)).bytecode) for key in keys)
    data = verify_proof_calldata(
        groth16.prove(keys[0], circuit.r1cs, witness), circuit.public_values(witness)
    )
    assert chain.call(to=mine, data=data) == TRUE
    assert chain.call(to=another, data=data) == FALSE


@pytest.mark.node
@pytest.mark.parametrize("n", [1, 3, 6])
def test_what_readable_source_costs_over_the_shipped_verifier(chain, compiled, snapshot_value, n):
    key, public = Trapdoor.of(n), [501 + 7 * i for i in range(n)]
    data = verify_proof_calldata(key.prove(public), public)
    codes = compiled(source(key.key)).bytecode, verifier_init_code(key.key)
    deployed = [chain.transact(data=code) for code in codes]
    readable, shipped = (chain.transact(to=each.contract_address, data=data).gas_used for each in deployed)
    count = "1 input" if n == 1 else f"{n} inputs"
    snapshot_value(f"exported verifier over the shipped one, {count}", readable - shipped)
    snapshot_value(f"exported verifier deployment, {count}", deployed[0].gas_used)
