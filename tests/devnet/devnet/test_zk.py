"""Own circuits and keys on a chain: their proofs are verified there, what is wrong with them is refused."""

import hashlib
import json

import pytest
from tests.circom.support import CIRCUIT, R1CS, SYM, VERIFIER, WASM, ZKEY, changed, u256
from tests.devnet.snark.powers import key_of, write_ptau
from tests.devnet.snark.test_keycheck import CIRCUIT as CIRCUIT_OF_SQUARE
from tests.devnet.snark.test_keycheck import described

from zkrollup.crypto.pairing import g1_negate
from zkrollup.devnet import Library, Zk
from zkrollup.devnet.zk import NoKeyToCheck, UnclearCircuit, ZkProof
from zkrollup.errors import RefusedBy
from zkrollup.evm import Chain, Reverted
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.calculator import RefusedInputs
from zkrollup.snark.ceremony import KeyCheck, KeyDigestMismatch, UnverifiedKeyWarning
from zkrollup.snark.formats import snarkjs_json, zkey
from zkrollup.snark.formats.snarkjs_json import InvalidFormat
from zkrollup.snark.formats.zkey import CoefficientMismatch
from zkrollup.snark.keycheck import KeyNotOfCircuit
from zkrollup.snark.keys import InvalidKey, KeyMismatch, Proof
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.satisfaction import InputError, UnsatisfiedConstraint
from zkrollup.snark.verifier import WrongInputCount
from zkrollup.snark.verifier_contract import NothingPublic

FILES = {"r1cs": R1CS, "wasm": WASM, "sym": SYM}
INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
PUBLIC = (76, 235, 7, 11, 13)
DIGEST = hashlib.sha256(ZKEY.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def library():
    return Library()


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.fixture
def zk(chain, library):
    with chain.anchor():
        yield Zk(chain, library)


@pytest.fixture(scope="module")
def square():
    b = Builder("square")
    x, y = b.public("x"), b.private("y")
    b.enforce_equal(b.multiply(y, y, "product"), x, "output")
    return b.build()


def others(public):
    return [public[0] + 1, *public[1:]]


@pytest.mark.parametrize("key", [None, ZKEY, str(ZKEY)], ids=["TEST", "ceremony", "text"])
def test_a_circom_circuit_is_proved_and_verified_on_chain(zk, key):
    invoice = zk.circuit(**FILES, zkey=key, zkey_sha256=DIGEST if key else None)
    proof = invoice.prove(INPUTS)
    assert proof.public == invoice.check(INPUTS) == PUBLIC
    assert invoice.verify(proof)
    verifier = invoice.verifier()
    a, b, c, public = proof.solidity
    assert verifier.verifyProof(a, b, c, public)
    assert not verifier.verifyProof(a, b, c, others(public))
    assert [each.name for each in invoice.contributions] == (["first", "second", "beacon"] if key else [])


def test_calldata_is_a_whole_call(zk, chain):
    invoice = zk.circuit(**FILES)
    proof, verifier = invoice.prove(INPUTS), invoice.verifier()
    assert int.from_bytes(chain.call(to=verifier.address, data=proof.calldata)) == 1
    with pytest.raises(Reverted, match="WrongCalldataLength"):
        chain.call(to=verifier.address, data=proof.calldata + bytes(32))


def test_a_described_circuit_is_proved_and_verified_on_chain(zk, square):
    own = zk.circuit(square)
    proof = own.prove({"x": 49, "y": 7})
    assert proof.public == (49,)
    assert own.verifier().verifyProof(*proof.solidity)
    with pytest.raises(UnsatisfiedConstraint, match="'output'"):
        own.prove({"x": 50, "y": 7})


@pytest.mark.parametrize("mode", [ProofMode.REAL, ProofMode.MOCK])
@pytest.mark.usefixtures("zk")  # takes back what is deployed
def test_a_spoiled_proof_is_refused_on_chain_and_spoiled_twice_holds(chain, square, mode):
    own = Zk(chain, Library(mode=mode)).circuit(square)
    proof, verifier = own.prove({"x": 49, "y": 7}), own.verifier()
    assert not verifier.verifyProof(*proof.spoiled.solidity)
    assert proof.spoiled.public == proof.public
    assert verifier.verifyProof(*proof.spoiled.spoiled.solidity)


def test_constraints_alone_are_the_circuit_s_refusal(zk, square):
    with pytest.raises(UnsatisfiedConstraint) as described:
        zk.circuit(square).prove({"x": 50, "y": 7})
    with pytest.raises(RefusedInputs) as compiled:
        zk.circuit(**FILES).prove(INPUTS | {"quantities": [[3, 5, 0], [2, 0, 256]]})
    with pytest.raises(InputError) as missing:
        zk.circuit(square).prove({"x": 49})
    refused_by = [each.value.refused_by for each in (described, compiled, missing)]
    assert refused_by == [RefusedBy.CIRCUIT, RefusedBy.ADAPTER, RefusedBy.ADAPTER]


def test_inputs_are_checked_without_a_proof(zk):
    invoice = zk.circuit(**FILES)
    with pytest.raises(RefusedInputs):
        invoice.check(INPUTS | {"quantities": [[3, 5, 0], [2, 0, 256]]})
    with pytest.raises(InputError, match="'quantities' of circuit 'invoice' is missing"):
        invoice.check({"prices": [7, 11, 13]})


@pytest.mark.parametrize(
    ("mode", "origin"), [(ProofMode.FRESH, ProofOrigin.MADE), (ProofMode.MOCK, ProofOrigin.MOCKED)]
)
def test_proofs_are_told_with_the_circuits_name_and_where_they_come_from(chain, mode, origin):
    told = []
    library = Library(mode=mode, on_proof=lambda *each: told.append(each))
    zk = Zk(chain, library)
    zk.circuit(**FILES).check(INPUTS)
    assert told == []
    zk.circuit(**FILES).prove(INPUTS)
    ((name, told_origin, seconds),) = told
    assert (name, told_origin) == ("invoice", origin)
    assert seconds > 0


def test_the_verifier_is_deployed_by_the_last_account_or_by_the_one_named(zk, chain):
    key = zk.verification_key(VERIFIER / "verification_key.json")
    for sender, deployer in ((None, chain.accounts[-1]), (chain.accounts[3], chain.accounts[3])):
        before = chain.nonce(deployer)
        first = key.verifier(sender=sender)
        assert chain.nonce(deployer) == before + 1
        assert chain.code(first.address)


# --- keys of ceremonies, and how much was checked of them


@pytest.fixture(scope="module")
def ceremony(tmp_path_factory):
    """Powers of tau, and the key of the weaker circuit."""
    folder = tmp_path_factory.mktemp("ceremony")
    weak = described(weak=True).r1cs
    with (folder / "weak.zkey").open("wb") as file:
        zkey.write(key_of(weak), weak, file)
    return write_ptau(folder / "tau.ptau", 4), folder / "weak.zkey"


def test_a_key_for_weaker_constraints_proves_a_false_statement_and_is_refused_with_its_powers(zk, ceremony):
    powers, path = ceremony
    with pytest.warns(UnverifiedKeyWarning, match=r"weak\.zkey is UNVERIFIED"):
        square = zk.circuit(CIRCUIT_OF_SQUARE, zkey=path)
    weak = described(weak=True)
    lie = weak.witness({"y": 1_000_003, "x": 7, "z": 49, "cube": 343})
    proof = ZkProof((1_000_003,), groth16.prove(square.keyed.key, weak.r1cs, lie))
    assert square.verifier().verifyProof(*proof.solidity)  # 7 * 7 is not 1,000,003
    with pytest.raises(KeyNotOfCircuit):
        zk.circuit(CIRCUIT_OF_SQUARE, zkey=path, ptau=powers)


@pytest.mark.parametrize(
    ("given", "check", "shown"),
    [
        ({}, KeyCheck.NOTHING, "with an UNVERIFIED key of 3 contributions, on"),
        (
            {"zkey_sha256": DIGEST},
            KeyCheck.DIGEST,
            "a key of 3 contributions, of the stated SHA-256, on",
        ),
        ({"zkey_sha256": f"0x{DIGEST.upper()}"}, KeyCheck.DIGEST, "of the stated SHA-256"),
    ],
)
@pytest.mark.filterwarnings("ignore:invoice.zkey is UNVERIFIED")
def test_a_circuit_says_what_was_checked_of_its_key(zk, given, check, shown):
    invoice = zk.circuit(**FILES, zkey=ZKEY, **given)
    assert invoice.key_check is check
    assert shown in repr(invoice)


def test_a_verified_key_is_shown_as_such_and_told(chain, ceremony, tmp_path, recwarn):
    path = tmp_path / "sound.zkey"
    with path.open("wb") as file:
        zkey.write(key_of(CIRCUIT_OF_SQUARE.r1cs), CIRCUIT_OF_SQUARE.r1cs, file)
    told = []
    zk = Zk(chain, Library(on_key=lambda *each: told.append(each)))
    square = zk.circuit(CIRCUIT_OF_SQUARE, zkey=path, ptau=ceremony[0])
    assert "of 0 contributions, verified against its powers of tau" in repr(square)
    assert told == [("sound.zkey", KeyCheck.POWERS)]
    assert not [each for each in recwarn if each.category is UnverifiedKeyWarning]


def test_a_key_of_another_digest_is_refused_though_it_was_read_before(zk):
    zk.circuit(**FILES, zkey=ZKEY, zkey_sha256=DIGEST)
    with pytest.raises(KeyDigestMismatch, match=DIGEST):
        zk.circuit(**FILES, zkey=ZKEY, zkey_sha256=DIGEST[::-1])


@pytest.mark.parametrize("given", [{"ptau": "tau.ptau"}, {"zkey_sha256": DIGEST}])
def test_what_checks_a_key_needs_a_key(zk, square, given):
    with pytest.raises(NoKeyToCheck, match="without zkey="):
        zk.circuit(square, **given)


# --- files that were loaded before


def test_files_are_loaded_once_while_they_do_not_change(zk, tmp_path):
    copy = tmp_path / "copy.zkey"
    copy.write_bytes(ZKEY.read_bytes())
    first, second = (zk.circuit(**FILES, zkey=copy, zkey_sha256=DIGEST) for _ in range(2))
    assert first.keyed.key is second.keyed.key
    assert first.circuit is second.circuit
    copy.write_bytes(ZKEY.read_bytes() + b"more")
    with pytest.raises(Exception, match="4 bytes follow the last"):
        zk.circuit(**FILES, zkey=copy)


def test_with_and_without_sym_are_two_circuits(zk):
    named, nameless = zk.circuit(**FILES), zk.circuit(r1cs=R1CS, wasm=WASM)
    assert (named.circuit.wire_name(3), nameless.circuit.wire_name(3)) == ("main.prices[0]", "wire 3")


# --- refusals


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({}, "nothing"),
        ({"r1cs": R1CS}, "r1cs"),
        ({"wasm": WASM, "sym": SYM}, "wasm, sym"),
        ({"sym": SYM}, "sym"),
    ],
)
def test_files_that_make_no_circuit_are_refused(zk, arguments, given):
    with pytest.raises(UnclearCircuit, match=f"was given {given};"):
        zk.circuit(**arguments)


def test_a_circuit_and_files_of_one_are_refused(zk, square):
    with pytest.raises(UnclearCircuit, match="was given a circuit, sym;"):
        zk.circuit(square, sym=SYM)


def test_a_key_of_another_circuit_is_refused(zk, square, tmp_path):
    with pytest.raises(KeyMismatch):
        zk.circuit(square, zkey=ZKEY)
    other = changed(R1CS, tmp_path, 2, 8, u256(5))  # the first coefficient of the first A
    with pytest.raises(CoefficientMismatch) as caught:
        zk.circuit(r1cs=other, wasm=WASM, zkey=ZKEY)
    assert (caught.value.matrix, caught.value.row) == ("A", 0)


def test_a_statement_without_public_inputs_holds_but_has_no_verifier(zk, chain):
    b = Builder("secret")
    b.enforce_equal(b.multiply(b.private("y"), 3, "triple"), 21, "seven")
    own = zk.circuit(b.build())
    assert own.verify(own.prove({"y": 7}))
    with pytest.raises(NothingPublic, match="0 public inputs"):
        own.verifier()
    assert chain.block_number == 0


# --- a verification key alone


def test_a_verification_key_and_a_proof_come_as_files_or_as_text(zk):
    files = [VERIFIER / name for name in ("verification_key.json", "proof.json", "public.json")]
    for vk, proof, public in (files, map(str, files), [file.read_text() for file in files]):
        key = zk.verification_key(vk)
        loaded = zk.proof(proof, public)
        assert key.verify(loaded.proof, loaded.public)
        assert key.verifier().verifyProof(*loaded.solidity)
    assert key.verify(files[1], files[2])
    assert not key.verify(files[1], others(loaded.public))


def test_a_proof_as_rapidsnark_writes_it_is_held_to_the_key(zk, tmp_path):
    key = zk.verification_key(VERIFIER / "verification_key.json")
    fields = json.loads((VERIFIER / "proof.json").read_text())
    path = tmp_path / "proof.json"
    path.write_text(json.dumps({name: value for name, value in fields.items() if name != "curve"}) + "\0\0")
    public = VERIFIER / "public.json"
    assert key.verify(path, public)
    assert not key.verify(path, others(zk.proof(path, public).public))
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InvalidFormat, match="not JSON"):
        key.verify(path, public)


def test_a_proof_of_another_key_is_refused_by_both(zk):
    key = zk.verification_key(VERIFIER / "verification_key.json")
    invoice = zk.circuit(**FILES)
    proof = invoice.prove(INPUTS)
    assert not key.verify(proof.proof, proof.public)
    assert not key.verifier().verifyProof(*proof.solidity)
    assert invoice.verify(proof)


def test_a_changed_proof_is_refused_by_both(zk):
    key = zk.verification_key(VERIFIER / "verification_key.json")
    good = zk.proof(VERIFIER / "proof.json", VERIFIER / "public.json")
    bad = zk.proof(Proof(g1_negate(good.proof.a), good.proof.b, good.proof.c), good.public)
    assert not key.verify(bad.proof, bad.public)
    assert not key.verifier().verifyProof(*bad.solidity)


def test_too_few_public_inputs_are_refused(zk):
    key = zk.verification_key(VERIFIER / "verification_key.json")
    with pytest.raises(WrongInputCount):
        key.verify(VERIFIER / "proof.json", [76, 235])


def test_a_key_that_is_not_sound_is_refused(zk):
    fields = json.loads((VERIFIER / "verification_key.json").read_text())
    with pytest.raises(InvalidKey, match="forge"):
        zk.verification_key(json.dumps(fields | {"vk_delta_2": fields["vk_gamma_2"]}))
    with pytest.raises(InvalidKey, match="alpha"):
        zk.verification_key(json.dumps(fields | {"vk_alpha_1": ["1", "3", "1"]}))
    with pytest.raises(InvalidFormat, match="IC"):
        zk.verification_key(json.dumps(fields | {"IC": []}))


def test_a_key_object_is_taken_as_it_is(zk):
    vk = snarkjs_json.load_verification_key((VERIFIER / "verification_key.json").read_text())
    assert zk.verification_key(vk).vk is vk


def test_a_file_that_is_not_there_is_named(zk):
    with pytest.raises(FileNotFoundError, match=r"nothing\.zkey"):
        zk.circuit(**FILES, zkey=CIRCUIT / "nothing.zkey")
