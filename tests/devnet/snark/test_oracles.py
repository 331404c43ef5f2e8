"""One proof each of two circuits, judged by verifiers that share no code with what made it.

Of py_ecc come curve and pairing, and the equation is written out here; zksnake's and snarkjs's are their own.
"""

import json
import subprocess
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from py_ecc import optimized_bn128 as reference
from tests.devnet.circuits import scenarios

from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR
from zkrollup.snark import groth16
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.formats import snarkjs_json
from zkrollup.snark.keys import Proof, VerificationKey

ORACLE = Path(__file__).parent / "snarkjs_oracle.mjs"


@dataclass(frozen=True)
class Claimed:
    """A proof, what it is said to prove, and another setup's key for the same circuit."""

    vk: VerificationKey
    other_vk: VerificationKey
    public: tuple[int, ...]
    proof: Proof

    def changed(self, field: str) -> "Claimed":
        """Another point of the proof, or its last public input plus one."""
        if field == "public":
            return replace(self, public=(*self.public[:-1], self.public[-1] + 1))
        point = G2_GENERATOR if field == "b" else G1_GENERATOR
        return replace(self, proof=replace(self.proof, **{field: point}))


def proven(circuit: Circuit, inputs: dict[str, int]) -> Claimed:
    witness = circuit.witness(inputs)
    key, other = (groth16.setup(circuit.r1cs) for _ in range(2))
    proof = groth16.prove(key, circuit.r1cs, witness)
    return Claimed(key.vk, other.vk, circuit.public_values(witness), proof)


def small() -> Claimed:
    """x^3 + a x = y, for public a and y."""
    b = Builder("cubic")
    y, a, x = b.public("y"), b.public("a"), b.private("x")
    b.enforce_equal(b.multiply(b.multiply(x, x, "square") + a, x, "cube"), y, "y")
    return proven(b.build(), {"y": 14**3 + 19 * 14, "a": 19, "x": 14})


def claim() -> Claimed:
    state = scenarios.populated(2)
    burned = scenarios.withdrawal(state, scenarios.ALICE_ETH, 0xBEEF, 113, key=scenarios.ALICE)
    _, trace = scenarios.run(state, burned, slots=1)
    return proven(scenarios.claim(), scenarios.claim_of(trace, slot=0).named())


@pytest.fixture(scope="module", params=[small, claim], ids=["small circuit", "claim circuit"])
def claimed(request):
    return request.param()


def py_ecc_accepts(claimed: Claimed) -> bool:
    vk, proof = claimed.vk, claimed.proof

    def g1(point):
        return (*map(reference.FQ, point), reference.FQ(1))

    def g2(point):
        return (*map(reference.FQ2, point), reference.FQ2([1, 0]))

    total = g1(vk.ic[0])
    for value, point in zip(claimed.public, vk.ic[1:], strict=True):
        total = reference.add(total, reference.multiply(g1(point), value))
    pairs = [
        (reference.neg(g1(proof.a)), g2(proof.b)),
        (g1(vk.alpha), g2(vk.beta)),
        (total, g2(vk.gamma)),
        (g1(proof.c), g2(vk.delta)),
    ]
    product = reference.FQ12.one()
    for p, q in pairs:
        product *= reference.pairing(q, p, final_exponentiate=False)
    return reference.final_exponentiate(product) == reference.FQ12.one()


def zksnake_accepts(claimed: Claimed) -> bool:
    from zksnake.ecc import EllipticCurve
    from zksnake.groth16 import protocol

    curve = EllipticCurve("BN254")
    vk, proof = claimed.vk, claimed.proof

    def point(coordinates):
        return curve(*coordinates)

    key = SimpleNamespace(
        alpha_1=point(vk.alpha),
        beta_2=point(vk.beta),
        gamma_2=point(vk.gamma),
        delta_2=point(vk.delta),
        ic=[point(each) for each in vk.ic],
    )
    # Its verifier is a method of an object that wants a circuit and runs a setup; all that it reads is this.
    verifier = SimpleNamespace(E=curve, verifying_key=key)
    given = protocol.Proof(*(point(each) for each in (proof.a, proof.b, proof.c)))
    return protocol.Groth16.verify(verifier, given, [1, *claimed.public])


def snarkjs_accepts(claims: list[Claimed]) -> list[bool]:
    texts = [
        {
            "key": snarkjs_json.dump_verification_key(each.vk),
            "public": snarkjs_json.dump_public(each.public),
            "proof": snarkjs_json.dump_proof(each.proof),
        }
        for each in claims
    ]
    given = json.dumps([{name: json.loads(text) for name, text in each.items()} for each in texts])
    done = subprocess.run(["node", str(ORACLE)], input=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FIELDS = ("a", "b", "c", "public")
LIBRARIES = [py_ecc_accepts, *([zksnake_accepts] if find_spec("zksnake") else [])]


@pytest.mark.parametrize("accepts", LIBRARIES)
def test_an_independent_verifier_accepts_the_proof_and_none_with_a_field_changed(accepts, claimed):
    assert accepts(claimed) is True
    for field in FIELDS:
        assert accepts(claimed.changed(field)) is False, field


@pytest.mark.node
def test_snarkjs_accepts_the_proof_and_none_with_a_field_changed(claimed):
    changed = [claimed.changed(field) for field in FIELDS]
    assert snarkjs_accepts([claimed, *changed]) == [True, False, False, False, False]


@pytest.mark.node
def test_independent_verifiers_accept_no_proof_under_another_key(claimed):
    another = replace(claimed, vk=claimed.other_vk)
    assert [accepts(another) for accepts in LIBRARIES] == [False] * len(LIBRARIES)
    assert snarkjs_accepts([another]) == [False]
