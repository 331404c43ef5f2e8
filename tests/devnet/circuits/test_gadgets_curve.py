"""BabyJubJub, its multiples and EdDSA against their native twins, and attacks on them."""

import random
from functools import cache

import pytest
from tests.devnet.circuits.scenarios import ALICE, BOB
from tests.soundness.attacks import Constraints, broken_labels, labels_with, overwritten

from zkrollup.circuits.gadgets import babyjubjub as gadgets
from zkrollup.circuits.gadgets.babyjubjub import EdwardsPoint
from zkrollup.circuits.gadgets.bits import to_bits
from zkrollup.circuits.gadgets.eddsa import SignatureWires, is_provable, verify_signature
from zkrollup.circuits.gadgets.scalars import BASE_BITS, multiply_base, multiply_odd
from zkrollup.crypto.babyjubjub import BASE8, IDENTITY, SUBORDER, Point, add, double, multiply, negate
from zkrollup.crypto.eddsa import PrivateKey, Signature, verify
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.snark.builder import Builder

GENERATOR = Point(
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
SMALL_ORDER = [multiply(GENERATOR, SUBORDER * i) for i in range(8)]


def random_point(rng):
    """Any point of the whole curve, special ones often."""
    return rng.choice(
        [*SMALL_ORDER, BASE8, *[multiply(GENERATOR, rng.randrange(8 * SUBORDER)) for _ in range(8)]]
    )


def random_odd_order(rng):
    return multiply(BASE8, rng.randrange(1, SUBORDER))


@cache
def binary(law):
    b = Builder(law)
    out = EdwardsPoint(b.public("out_x"), b.public("out_y"))
    points = [EdwardsPoint(b.private(f"{n}_x"), b.private(f"{n}_y")) for n in "pq"]
    if law == "edwards_add":
        result = gadgets.edwards_add(b, *points, "sum")
    elif law == "edwards_double":
        result = gadgets.edwards_double(b, points[0], "sum")
    else:
        p, q = (gadgets.to_montgomery(b, point, f"in[{i}]") for i, point in enumerate(points))
        operation = getattr(gadgets, law)
        sums = operation(b, p, "sum") if law == "montgomery_double" else operation(b, p, q, "sum")
        result = gadgets.to_edwards(b, sums, "out")
    b.enforce_equal(result.x, out.x, "out.x")
    b.enforce_equal(result.y, out.y, "out.y")
    return b.build()


def points(out, p, q):
    names = ("out", "p", "q")
    pairs = zip(names, (out, p, q), strict=True)
    return {f"{n}_{axis}": value for n, point in pairs for axis, value in zip("xy", point, strict=True)}


NATIVE = {
    "edwards_add": add,
    "edwards_double": lambda p, _: double(p),
    "montgomery_add": add,
    "montgomery_double": lambda p, _: double(p),
    "montgomery_double_add": lambda p, q: add(double(p), q),
}


@pytest.mark.parametrize("law", NATIVE)
def test_the_group_law_is_the_native_one(law):
    rng = random.Random(law)
    circuit = binary(law)
    pick = random_point if law.startswith("edwards") else random_odd_order
    for _ in range(40):
        p, q = pick(rng), pick(rng)
        right = NATIVE[law](p, q)
        assert labels_with(circuit, points(right, p, q)) == []
        assert labels_with(circuit, points(add(right, BASE8), p, q)) == ["out.x", "out.y"]


@pytest.mark.parametrize("p", SMALL_ORDER)
@pytest.mark.parametrize("q", SMALL_ORDER)
def test_the_edwards_law_is_complete(p, q):
    assert labels_with(binary("edwards_add"), points(add(p, q), p, q)) == []
    for hints in Constraints(binary("edwards_add")).hints:
        assert hints  # every quotient has a divisor that is written down


@cache
def on_curve():
    b = Builder("on-curve")
    gadgets.enforce_on_curve(b, EdwardsPoint(b.private("x"), b.private("y")), "curve")
    return b.build()


def test_points_off_the_curve_are_refused():
    rng = random.Random(9)
    for _ in range(40):
        p = random_point(rng)
        assert labels_with(on_curve(), {"x": p.x, "y": p.y}) == []
        assert labels_with(on_curve(), {"x": (p.x + 1) % R, "y": p.y}) == ["curve"]
        assert labels_with(on_curve(), {"x": p.x, "y": (p.y + 1) % R}) == ["curve"]
    assert labels_with(on_curve(), {"x": 0, "y": 0}) == ["curve"]


# Multiples


@cache
def base_multiple():
    b = Builder("base-multiple")
    out = EdwardsPoint(b.public("x"), b.public("y"))
    result = multiply_base(b, to_bits(b, b.private("scalar"), BASE_BITS, "scalar"), "multiple")
    b.enforce_equal(result.x, out.x, "out.x")
    b.enforce_equal(result.y, out.y, "out.y")
    return b.build()


@cache
def odd_multiple():
    b = Builder("odd-multiple")
    out = EdwardsPoint(b.public("x"), b.public("y"))
    p = EdwardsPoint(b.private("p_x"), b.private("p_y"))
    result = multiply_odd(b, p, to_bits(b, b.private("half"), 253, "half"), "multiple")
    b.enforce_equal(result.x, out.x, "out.x")
    b.enforce_equal(result.y, out.y, "out.y")
    return b.build()


EDGES = [
    0,
    1,
    2,
    7,
    8,
    SUBORDER - 1,
    SUBORDER,
    SUBORDER + 1,
    (1 << 251) - 1,
    1 << 250,
    1 << 249,
    2**251 - 2**249,
]


def test_multiples_of_the_base_point_are_the_native_ones():
    rng = random.Random(5)
    for scalar in [*EDGES, *(rng.getrandbits(251) for _ in range(40))]:
        x, y = multiply(BASE8, scalar)
        assert labels_with(base_multiple(), {"scalar": scalar, "x": x, "y": y}) == [], scalar
        x, y = multiply(BASE8, scalar + 1)
        assert labels_with(base_multiple(), {"scalar": scalar, "x": x, "y": y}) == ["out.x", "out.y"]


def test_scalars_of_more_than_251_bits_are_refused():
    x, y = multiply(BASE8, 1 << 251)
    assert any(
        label.startswith("scalar.bit")
        for label in labels_with(base_multiple(), {"scalar": 1 << 251, "x": x, "y": y})
    )


def test_odd_multiples_are_the_native_ones():
    rng = random.Random(6)
    for case in range(40):
        p = random_odd_order(rng)
        half = rng.getrandbits(253) | 1 << (252 - case % 4)
        x, y = multiply(p, 2 * half + 1)
        inputs = {"p_x": p.x, "p_y": p.y, "half": half}
        assert labels_with(odd_multiple(), inputs | {"x": x, "y": y}) == []
        x, y = multiply(p, 2 * half + 2)
        assert labels_with(odd_multiple(), inputs | {"x": x, "y": y}) == ["out.x", "out.y"]


def test_a_chosen_slope_does_not_steer_the_ladder():
    """Each hint of the ladder set to something else breaks a constraint of its own step."""
    rng = random.Random(8)
    p, half = random_odd_order(rng), rng.getrandbits(252) | 1 << 252
    x, y = multiply(p, 2 * half + 1)
    circuit = odd_multiple()
    witness = circuit.witness({"p_x": p.x, "p_y": p.y, "half": half, "x": x, "y": y})
    circuit.check(witness)
    hints = circuit.tape.wires[circuit.tape.rules == 1].tolist()
    for wire in rng.sample(hints, 60):
        assert broken_labels(circuit, overwritten(circuit, witness, {wire: rng.randrange(R)}))


# EdDSA


@cache
def signature_circuit():
    b = Builder("eddsa")
    enabled, message = b.public("enabled"), b.public("message")
    key = EdwardsPoint(b.private("key_x"), b.private("key_y"))
    signature = SignatureWires(EdwardsPoint(b.private("r8_x"), b.private("r8_y")), b.private("s"))
    verify_signature(b, enabled, key, signature, message, "eddsa")
    return b.build()


def signed(key, message, signature, *, enabled=1):
    return {
        "enabled": enabled,
        "message": message,
        "key_x": key[0],
        "key_y": key[1],
        "r8_x": signature.r8[0],
        "r8_y": signature.r8[1],
        "s": signature.s,
    }


def test_signatures_are_taken_as_the_native_check_takes_them():
    rng = random.Random(12)
    circuit = signature_circuit()
    for _ in range(40):
        key, message = PrivateKey(rng.randrange(1, SUBORDER)), rng.randrange(R)
        signature = key.sign(message)
        assert verify(key.public, message, signature)
        assert is_provable(key.public, signature, message)
        assert labels_with(circuit, signed(key.public, message, signature)) == []
        other = rng.choice(
            [
                (key.public, message ^ 1, signature),
                (BOB.public, message, signature),
                (negate(key.public), message, signature),
                (key.public, message, Signature(signature.r8, signature.s ^ 1)),
                (key.public, message, Signature(negate(signature.r8), signature.s)),
                (key.public, message, Signature(BASE8, signature.s)),
            ]
        )
        assert not verify(*other)
        assert set(labels_with(circuit, signed(*other))) & {"eddsa.x", "eddsa.y"}
        assert labels_with(circuit, signed(*other, enabled=0)) == []


def test_a_key_outside_the_subgroup_signs_as_it_does_natively():
    """8 key is in the subgroup for every key on the curve, so such keys work, and only for their owner."""
    for torsion in SMALL_ORDER[1:]:
        public = add(ALICE.public, torsion)
        secret = 7**77
        r8 = multiply(BASE8, secret)
        h = poseidon([*r8, *public, 991])
        signature = Signature(r8, (secret + 8 * h * ALICE.scalar) % SUBORDER)
        assert verify(public, 991, signature)
        assert labels_with(signature_circuit(), signed(public, 991, signature)) == []
        assert labels_with(signature_circuit(), signed(public, 992, signature))


@pytest.mark.parametrize("torsion", range(1, 8))
def test_r8_with_a_part_of_small_order_is_refused(torsion):
    secret = 7**78
    r8 = add(multiply(BASE8, secret), SMALL_ORDER[torsion])
    h = poseidon([*r8, *ALICE.public, 991])
    signature = Signature(r8, (secret + 8 * h * ALICE.scalar) % SUBORDER)
    assert not verify(ALICE.public, 991, signature)
    assert labels_with(signature_circuit(), signed(ALICE.public, 991, signature))


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_keys_of_small_order_sign_nothing(key):
    """8 key is the identity, so S * BASE8 = R8 would be a signature that anybody can make."""
    signature = Signature(multiply(BASE8, 5), 5)
    assert "eddsa.key.order" in labels_with(signature_circuit(), signed(key, 991, signature))


def test_s_plus_l_is_taken_here_and_refused_natively():
    """Malleable and documented: nonces, not signatures, tell operations apart."""
    message = next(m for m in range(1, 99) if ALICE.sign(m).s + SUBORDER < 1 << 251)
    signature = ALICE.sign(message)
    second = Signature(signature.r8, signature.s + SUBORDER)
    assert not verify(ALICE.public, message, second)
    assert labels_with(signature_circuit(), signed(ALICE.public, message, second)) == []


def test_s_of_more_than_251_bits_is_refused():
    message = next(m for m in range(1, 999) if ALICE.sign(m).s + 2 * SUBORDER >= 1 << 251)
    signature = ALICE.sign(message)
    third = Signature(signature.r8, signature.s + 2 * SUBORDER)
    broken = labels_with(signature_circuit(), signed(ALICE.public, message, third))
    assert any(label.startswith("eddsa.s.bit[") for label in broken)


def challenge_bits(alias):
    """A signature that holds when the challenge is read as another integer of the same residue."""
    circuit = signature_circuit()
    constraints = Constraints(circuit)
    first, _, count = next(g for g in constraints.bit_groups() if g[2] == 254)
    secret = 7**79
    # The attacker recomputes S for the aliased challenge, so that the points themselves match.
    r8 = multiply(BASE8, secret)
    for message in range(1, 999):
        h = poseidon([*r8, *ALICE.public, message])
        shifted = h + SUBORDER + alias * R
        if 0 <= shifted < 1 << 254:
            break
    s = (secret + 8 * shifted * ALICE.scalar) % SUBORDER
    forced = {first + i: shifted >> i & 1 for i in range(count)}
    w = constraints.solve(signed(ALICE.public, message, Signature(r8, s)), forced)
    return {circuit.labels[row].split(".bit")[0] for row in constraints.broken(w)}


def test_the_challenge_has_one_reading_only():
    """h + l + r and h + l - r fit 254 bits for some h: only the range check stands against them."""
    assert challenge_bits(0) == set()
    assert challenge_bits(1) == {"eddsa.challenge.highest"}
    assert challenge_bits(-1) == {"eddsa.challenge.lowest"}


@pytest.mark.parametrize("position", [0, 1, 100, 211, 213, 230, 252])
def test_a_challenge_bit_that_is_no_bit_is_refused(position):
    """The next bit flips and this one makes up for it, so that sum and range still hold."""
    circuit = signature_circuit()
    constraints = Constraints(circuit)
    first, _, _ = next(g for g in constraints.bit_groups() if g[2] == 254)
    inputs = signed(ALICE.public, 7, Signature(IDENTITY, 0), enabled=0)
    honest = constraints.solve(inputs)
    assert constraints.broken(honest) == set()
    bit, above = honest[first + position], honest[first + position + 1]
    flipped = {first + position + 1: 1 - above, first + position: (bit + (2 if above else -2)) % R}
    lied = constraints.solve(inputs, flipped)
    assert [circuit.labels[i] for i in constraints.broken(lied)] == [f"eddsa.challenge.bit[{position}]"]


def test_a_flipped_challenge_bit_breaks_the_sum():
    circuit = signature_circuit()
    constraints = Constraints(circuit)
    first, _, _ = next(g for g in constraints.bit_groups() if g[2] == 254)
    inputs = signed(ALICE.public, 7, Signature(IDENTITY, 0), enabled=0)
    honest = constraints.solve(inputs)
    lied = constraints.solve(inputs, {first + 100: 1 - honest[first + 100]})
    assert [circuit.labels[i] for i in constraints.broken(lied)] == ["eddsa.challenge.sum"]


def test_whether_a_signature_is_provable_is_what_the_circuit_says(monkeypatch):
    """The two straddling values are out of reach by search, so the native rule is held to its bounds here."""
    from zkrollup.circuits.gadgets import eddsa

    shift = 213
    for shifted, provable in (
        (((SUBORDER >> shift) + 1) << shift, True),
        ((((SUBORDER >> shift) + 1) << shift) - 1, False),
        (((R + SUBORDER) >> shift << shift) - 1, True),
        ((R + SUBORDER) >> shift << shift, False),
    ):
        monkeypatch.setattr(eddsa, "native_poseidon", lambda _, value=shifted - SUBORDER: value)
        assert is_provable(ALICE.public, Signature(BASE8, 1), 5) is provable
