"""Precompiles 0x01 to 0x05, 0x09 and 0x0b to 0x11 on edge inputs, against py-evm's own over py_ecc.

BN254 and point evaluation have their own tests in `tests/devnet/evm/test_precompiles.py`.
"""

import hashlib
import struct

import pytest
from eth_keys import keys
from py_ecc.optimized_bls12_381 import G1, G2, add, curve_order, field_modulus, multiply, neg, normalize
from tests.devnet.evm.engine.differential.assembly import RETURN_TOP, asm, call
from tests.devnet.evm.engine.differential.machines import compare, signed
from tests.devnet.evm.engine.differential.machines import run as run_code

from zkrollup.evm.engine import precompiles

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
TOP = 2**256 - 1


def words(*values):
    return b"".join(value.to_bytes(32, "big") for value in values)


def field(*values):
    return b"".join(int(value).to_bytes(64, "big") for value in values)


def g1(point):
    return field(*normalize(point))


def g2(point):
    return b"".join(field(*coordinate.coeffs) for coordinate in normalize(point))


def run(number, data, gas=1_500_000):
    (result,) = compare(signed(data, to=number.to_bytes(20, "big"), gas=gas))
    return result


DIGEST = bytes(range(7, 39))
SIGNATURE = keys.PrivateKey(b"\x31" * 32).sign_msg_hash(DIGEST)
V, R, S = SIGNATURE.v + 27, SIGNATURE.r, SIGNATURE.s
SIGNED = DIGEST + words(V, R, S)
SIGNATURES = {
    "good": SIGNED,
    "other parity": DIGEST + words(55 - V, R, S),
    "other digest": DIGEST[::-1] + words(V, R, S),
    "high s": DIGEST + words(55 - V, R, ORDER - S),
    "long": SIGNED + b"\x09" * 40,
    "cut": SIGNED[:-1],
    "nothing": b"",
    "v 26": DIGEST + words(26, R, S),
    "v 29": DIGEST + words(29, R, S),
    "v in high bytes": DIGEST + words(V + 2**248, R, S),
    "r zero": DIGEST + words(V, 0, S),
    "s zero": DIGEST + words(V, R, 0),
    "r is the order": DIGEST + words(V, ORDER, S),
    "s is the order": DIGEST + words(V, R, ORDER),
    "r below the order": DIGEST + words(V, ORDER - 1, S),
    "s below the order": DIGEST + words(V, R, ORDER - 1),
    "r on no curve point": DIGEST + words(V, 5, S),
    "all ones": b"\xff" * 128,
}


@pytest.mark.parametrize("data", SIGNATURES.values(), ids=SIGNATURES)
def test_recovery_agrees(data):
    run(1, data)


@pytest.mark.parametrize(("gas", "success"), [(2_999, 0), (3_000, 1)])
def test_recovery_costs_3000_inside_a_call(gas, success):
    copy = asm("CALLDATASIZE", 0, 0, "CALLDATACOPY")
    code = copy + call("STATICCALL", (1).to_bytes(20, "big"), gas=gas, size=128) + RETURN_TOP
    assert run_code(code, SIGNED).output == words(success)


def test_recovery_of_the_signer_and_of_nobody():
    address = SIGNATURE.recover_public_key_from_msg_hash(DIGEST).to_canonical_address()
    assert run(1, SIGNED).output == bytes(12) + address
    assert run(1, SIGNATURES["s is the order"]).output == b""


@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("size", [0, 1, 96, 213])
def test_those_left_to_py_evm_still_run(number, size):
    run(number, bytes(size))


STATE = bytes.fromhex(
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
)
ABC = b"abc".ljust(128, b"\0")


def block(rounds, *, state=STATE, message=ABC, offset=(3, 0), last=1):
    return rounds.to_bytes(4, "big") + state + message + struct.pack("<2Q", *offset) + bytes([last])


BLOCKS = {
    "no round": block(0),
    "one": block(1),
    "of BLAKE2b": block(12),
    "round and round": block(33, message=bytes(range(100, 228)), state=bytes(range(3, 67))),
    "not the last": block(12, last=0),
    "a high offset": block(12, offset=(2**64 - 1, 2**63 + 5)),
    "all ones": block(11, state=b"\xff" * 64, message=b"\xff" * 128, offset=(2**64 - 1, 2**64 - 1)),
    "a flag of 2": block(12, last=2),
    "a byte short": block(12)[:-1],
    "a byte long": block(12) + b"\0",
}


@pytest.mark.parametrize("data", BLOCKS.values(), ids=BLOCKS)
def test_blocks_of_blake2b_agree(data):
    run(9, data, gas=100_000)


def test_a_block_of_blake2b_is_what_python_hashes():
    assert run(9, BLOCKS["of BLAKE2b"]).output == hashlib.blake2b(b"abc").digest()


def test_rounds_of_blake2b_cost_a_unit_of_gas_each():
    costs = [run(9, block(rounds), gas=900_000).gas_used for rounds in (10_000, 10_255)]
    assert costs[1] - costs[0] == 255
    assert run(9, block(2**32 - 1), gas=900_000).failure == "OutOfGas"


def power(base, exponent, modulus):
    return words(len(base), len(exponent), len(modulus)) + base + exponent + modulus


POWERS = {
    "small": power(b"\x03", b"\x05", b"\x64"),
    "fermat": power(
        b"\x03", (2**256 - 2**32 - 978).to_bytes(32, "big"), (2**256 - 2**32 - 977).to_bytes(32, "big")
    ),
    "even modulus": power(b"\x07" * 40, b"\x01\x00" * 20, b"\x10" * 41),
    "modulus 0": power(b"\x03", b"\x05", b"\x00\x00"),
    "modulus 1": power(b"\x03", b"\x05", b"\x01"),
    "no modulus": power(b"\x03", b"\x05", b""),
    "no exponent": power(b"\x03", b"", b"\x07"),
    "zeros": power(b"\x00", b"\x00", b"\x07"),
    "cut": power(b"\x03", b"\x05", b"\x64\x65")[:-1],
    "long": power(b"\x03", b"\x05", b"\x64") + b"\x77" * 9,
    "nothing": b"",
    "lengths alone": words(1, 1, 40),
    "no modulus, endless exponent": words(0, 2**200, 0),
    "endless": words(2**200, 2**200, 2**200),
    "a long exponent": power(b"\x03", b"\x00" * 32 + b"\x05" * 9, b"\x61"),
}


@pytest.mark.parametrize("data", POWERS.values(), ids=POWERS)
def test_powers_agree(data):
    run(5, data)


@pytest.mark.parametrize(
    ("exponent", "modulus", "expected"),
    [
        (b"", b"\x07", b"\x01"),
        (b"\x00", b"\x07", b"\x01"),
        (b"\x00\x00", b"\x00\x07", b"\x00\x01"),
        (b"\x05", b"\x07", b"\x00"),
        (b"", b"\x01", b"\x00"),
        (b"", b"\x00\x00", b"\x00\x00"),
    ],
)
def test_an_empty_base_is_zero_and_zero_to_the_zero_is_one(exponent, modulus, expected):
    # Against the equation itself: py-evm answers 0 whatever the exponent.
    assert precompiles.modexp(power(b"", exponent, modulus)) == expected


INFINITY_1, INFINITY_2 = bytes(128), bytes(256)
ONE_1, TWO_1, MINUS_1 = g1(G1), g1(multiply(G1, 2)), g1(neg(G1))
ONE_2, TWO_2, MINUS_2 = g2(G2), g2(multiply(G2, 2)), g2(neg(G2))
# y² = x³ + 4 with x = 4: on the curve, not in the subgroup.
X = 4
OUTSIDE_1 = field(X, pow(X**3 + 4, (field_modulus + 1) // 4, field_modulus))
OFF_1, OFF_2 = field(1, 1), field(1, 2, 3, 4)
UNREDUCED_1 = field(int.from_bytes(ONE_1[:64], "big") + field_modulus) + ONE_1[64:]
UNREDUCED_2 = field(int.from_bytes(ONE_2[:64], "big") + field_modulus) + ONE_2[64:]
PADDED_1 = b"\x01" + ONE_1[1:]
PADDED_2 = ONE_2[:64] + b"\x01" + ONE_2[65:]


def _outside_g2():
    # The image of a point before its cofactor is cleared.
    from py_ecc.bls.hash_to_curve import map_to_curve_G2
    from py_ecc.fields import optimized_bls12_381_FQ2 as Extension

    return g2(map_to_curve_G2(Extension((3, 5))))


OUTSIDE_2 = _outside_g2()
POINTS_1 = [
    INFINITY_1,
    ONE_1,
    TWO_1,
    MINUS_1,
    OUTSIDE_1,
    OFF_1,
    UNREDUCED_1,
    PADDED_1,
    field(0, field_modulus),
]
POINTS_2 = [INFINITY_2, ONE_2, TWO_2, MINUS_2, OUTSIDE_2, OFF_2, UNREDUCED_2, PADDED_2]


@pytest.mark.parametrize("point", POINTS_1)
def test_addition_in_g1_agrees(point):
    for other in (INFINITY_1, ONE_1, MINUS_1, OUTSIDE_1):
        run(11, point + other)
        run(11, other + point)


@pytest.mark.parametrize("point", POINTS_2)
def test_addition_in_g2_agrees(point):
    for other in (INFINITY_2, ONE_2, OUTSIDE_2):
        run(13, point + other)
        run(13, other + point)


@pytest.mark.parametrize("scalar", [0, 1, 7, curve_order - 1, curve_order, curve_order + 1, TOP])
def test_multiples_agree(scalar):
    run(12, TWO_1 + words(scalar))
    run(14, TWO_2 + words(scalar))


@pytest.mark.parametrize("point", POINTS_1)
def test_multiplication_in_g1_agrees(point):
    run(12, point + words(5))
    run(12, ONE_1 + words(3) + point + words(4))


@pytest.mark.parametrize("point", POINTS_2)
def test_multiplication_in_g2_agrees(point):
    run(14, point + words(5))


PAIRINGS = {
    "cancelling": ONE_1 + ONE_2 + MINUS_1 + ONE_2,
    "cancelling in G2": TWO_1 + ONE_2 + ONE_1 + g2(multiply(G2, curve_order - 2)),
    "not cancelling": ONE_1 + ONE_2 + ONE_1 + TWO_2,
    "infinity in G1": INFINITY_1 + ONE_2,
    "infinity in G2": ONE_1 + INFINITY_2,
    "infinities": INFINITY_1 + INFINITY_2,
    "outside in G1": OUTSIDE_1 + INFINITY_2,
    "outside in G2": INFINITY_1 + OUTSIDE_2,
    "off in G1": OFF_1 + ONE_2,
    "off in G2": ONE_1 + OFF_2,
    "padded": PADDED_1 + ONE_2,
    "unreduced": ONE_1 + UNREDUCED_2,
}


@pytest.mark.slow
@pytest.mark.parametrize("data", PAIRINGS.values(), ids=PAIRINGS)
def test_pairings_agree(data):
    run(15, data)


def test_a_pairing_that_holds_and_one_that_does_not():
    # Against the equation itself: without py_ecc's second of work.
    from zkrollup.evm.engine import bls12_381

    assert bls12_381.pairing(PAIRINGS["cancelling"]) == words(1)
    assert bls12_381.pairing(PAIRINGS["not cancelling"]) == words(0)
    assert bls12_381.pairing(PAIRINGS["outside in G2"]) is None
    assert bls12_381.g1_add(ONE_1 + TWO_1) == g1(add(G1, multiply(G1, 2)))


@pytest.mark.parametrize("value", [0, 1, 2, field_modulus - 1, field_modulus, 2**384, TOP])
def test_maps_agree(value):
    run(16, field(value))
    run(17, field(value, 3))
    run(17, field(3, value))


@pytest.mark.parametrize("number", range(11, 18))
@pytest.mark.parametrize("size", [0, 1, 63, 65, 127, 129, 159, 161, 255, 257, 287, 289, 383, 385, 511, 513])
def test_a_wrong_size_takes_all_gas(number, size):
    result = run(number, bytes(size), gas=200_000)
    assert (result.failure, result.gas_used) == ("VMError", 200_000)


@pytest.mark.parametrize(
    ("number", "data", "price"),
    [
        (11, INFINITY_1 * 2, 375),
        (12, (INFINITY_1 + words(9)) * 2, 2 * 12_000 * 949 // 1000),
        (12, (INFINITY_1 + words(9)) * 130, 130 * 12_000 * 519 // 1000),
        (13, INFINITY_2 * 2, 600),
        (14, (INFINITY_2 + words(9)) * 3, 3 * 22_500 * 923 // 1000),
        (15, INFINITY_1 + INFINITY_2, 70_300),
        (16, field(2), 5_500),
        (17, field(2, 3), 23_800),
    ],
)
def test_the_price_is_that_of_the_eip_and_a_unit_less_runs_out(number, data, price):
    zeros = data.count(0)
    intrinsic = 21_000 + 4 * (zeros + 4 * (len(data) - zeros))
    floor = 21_000 + 10 * (zeros + 4 * (len(data) - zeros))
    if floor <= intrinsic + price:
        assert run(number, data, gas=intrinsic + price).gas_used == intrinsic + price
        assert run(number, data, gas=max(intrinsic + price - 1, floor)).failure == "OutOfGas"
    assert run(number, data, gas=max(floor, intrinsic + price)).failure is None
