"""BN254 precompiles and point evaluation: against py-evm's own, by edge inputs, gas and failure."""

import hashlib

import pytest
from eth.precompiles.ecadd import _ecadd
from eth.precompiles.ecmul import _ecmull
from eth.precompiles.ecpairing import _ecpairing
from eth_utils import ValidationError

from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import G2_GENERATOR, g1_multiply
from zkrollup.evm import Reverted
from zkrollup.evm.engine import precompiles

ADD, MULTIPLY, PAIRING, POINT_EVALUATION = ("0x" + n.to_bytes(20, "big").hex() for n in (6, 7, 8, 10))

ONE, TWO = (1, 2), g1_multiply((1, 2), 2)
MINUS_ONE = (1, P - 2)
OFF_SUBGROUP = (
    (1, 0),
    (
        18278151005453108793778860132295291098363647455926340152056652516292830556603,
        5912654199736721486680175016176231956195085055698687135131307249486702594212,
    ),
)


def words(*values):
    return b"".join(value.to_bytes(32, "big") for value in values)


def pair(p, q):
    (x0, x1), (y0, y1) = q
    return words(*p, x1, x0, y1, y0)


NOWHERE_2 = ((0, 0), (0, 0))
TWO_2 = G2_GENERATOR[0], tuple(-c % P for c in G2_GENERATOR[1])  # minus the generator

ADDITIONS = {
    "nothing": b"",
    "infinities": words(0, 0, 0, 0),
    "generator and infinity": words(*ONE, 0, 0),
    "infinity and generator": words(0, 0, *ONE),
    "cut after the first point": words(*ONE),
    "cut inside a word": words(*ONE, 1, 2)[:-1],
    "doubling": words(*ONE, *ONE),
    "cancelling": words(*ONE, *MINUS_ONE),
    "different points": words(*ONE, *TWO),
    "longer than needed": words(*ONE, *TWO, 77, 88),
    "off the curve": words(1, 3, 0, 0),
    "second off the curve": words(*ONE, 0, 1),
    "x not reduced": words(1 + P, 2, 0, 0),
    "y is P": words(0, P, 0, 0),
    "all ones": b"\xff" * 128,
}

MULTIPLICATIONS = {
    "nothing": b"",
    "zero": words(*ONE, 0),
    "scalar missing": words(*ONE),
    "one": words(*ONE, 1),
    "order": words(*ONE, R),
    "above the order": words(*ONE, R + 9),
    "largest": words(*TWO, 2**256 - 1),
    "infinity": words(0, 0, 7),
    "scalar cut": words(*ONE, 5)[:-3],
    "longer than needed": words(*ONE, 9, 77),
    "off the curve": words(1, 1, 0),
    "x not reduced": words(1 + P, 2, 3),
}

PAIRINGS = {
    "nothing": b"",
    "cancelling": pair(ONE, G2_GENERATOR) + pair(MINUS_ONE, G2_GENERATOR),
    "cancelling in G2": pair(ONE, G2_GENERATOR) + pair(ONE, TWO_2),
    "one pair": pair(ONE, G2_GENERATOR),
    "infinity in G1": pair((0, 0), G2_GENERATOR),
    "infinity in G2": pair(ONE, NOWHERE_2),
    "infinities": pair((0, 0), NOWHERE_2) * 2,
    "three": pair(TWO, G2_GENERATOR) + pair(MINUS_ONE, G2_GENERATOR) * 2,
    "off the subgroup": pair(ONE, OFF_SUBGROUP),
    "off the subgroup, infinity in G1": pair((0, 0), OFF_SUBGROUP),
    "coefficients swapped": words(*ONE, *G2_GENERATOR[0], *G2_GENERATOR[1]),
    "G1 off the curve": pair((1, 3), G2_GENERATOR),
    "G1 off the curve, infinity in G2": pair((1, 3), NOWHERE_2),
    "G2 coordinate is P": words(0, 0, 0, 0, 0, P),
    "G2 coordinate not reduced": words(*ONE, G2_GENERATOR[0][1] + P, 0, 0, 0),
}


def reference(function, data):
    try:
        result = function(data)
    except ValidationError:
        return None
    return int(result).to_bytes(32, "big") if isinstance(result, bool) else words(*(int(c) for c in result))


@pytest.mark.parametrize("data", ADDITIONS.values(), ids=ADDITIONS)
def test_addition_agrees_with_py_evm(data):
    assert precompiles.add(data) == reference(_ecadd, data)


@pytest.mark.parametrize("data", MULTIPLICATIONS.values(), ids=MULTIPLICATIONS)
def test_multiplication_agrees_with_py_evm(data):
    assert precompiles.multiply(data) == reference(_ecmull, data)


@pytest.mark.parametrize("data", PAIRINGS.values(), ids=PAIRINGS)
def test_pairing_agrees_with_py_evm(data):
    assert precompiles.pairing(data) == reference(_ecpairing, data)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nothing", 1), ("cancelling", 1), ("one pair", 0), ("infinity in G2", 1), ("off the subgroup", None)],
)
def test_pairings_with_a_known_answer(name, expected):
    assert precompiles.pairing(PAIRINGS[name]) == (None if expected is None else words(expected))


# --- in the chain


def floor(data):
    """Return gas of a transaction before execution, and the least it pays at all (EIP-7623)."""
    zeros = data.count(0)
    tokens = zeros + 4 * (len(data) - zeros)
    return 21_000 + 4 * tokens, 21_000 + 10 * tokens


@pytest.mark.parametrize(
    ("address", "data", "gas", "output"),
    [
        (ADD, ADDITIONS["doubling"], 150, words(*TWO)),
        (MULTIPLY, words(*ONE, 2), 6_000, words(*TWO)),
        (PAIRING, b"", 45_000, words(1)),
        (PAIRING, PAIRINGS["cancelling"], 45_000 + 2 * 34_000, words(1)),
        (PAIRING, PAIRINGS["one pair"], 45_000 + 34_000, words(0)),
    ],
)
def test_a_precompile_returns_its_result_for_the_gas_of_the_eip(chain, address, data, gas, output):
    assert chain.call(to=address, data=data) == output
    intrinsic, least = floor(data)
    assert chain.transact(to=address, data=data).gas_used == max(intrinsic + gas, least)


@pytest.mark.parametrize(("data", "gas"), [(b"", 45_000), (PAIRINGS["cancelling"], 45_000 + 2 * 34_000)])
def test_a_pairing_without_its_gas_runs_out(chain, data, gas):
    intrinsic, _ = floor(data)
    assert chain.call(to=PAIRING, data=data, gas=intrinsic + gas) == words(1)
    with pytest.raises(Reverted, match="OutOfGas"):
        chain.call(to=PAIRING, data=data, gas=intrinsic + gas - 1)


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (ADD, ADDITIONS["off the curve"]),
        (ADD, ADDITIONS["x not reduced"]),
        (MULTIPLY, MULTIPLICATIONS["off the curve"]),
        (PAIRING, PAIRINGS["off the subgroup"]),
        (PAIRING, PAIRINGS["one pair"][:-1]),
        (PAIRING, PAIRINGS["one pair"] + b"\0"),
        (PAIRING, PAIRINGS["G2 coordinate is P"]),
        (POINT_EVALUATION, bytes(192)),
        (POINT_EVALUATION, bytes(191)),
    ],
)
def test_malformed_input_takes_all_gas_and_returns_nothing(chain, address, data):
    # The second time from the store of results.
    for _ in range(2):
        with pytest.raises(Reverted) as caught:
            chain.transact(to=address, data=data, gas=300_001)
        assert caught.value.receipt.gas_used == 300_001
        assert caught.value.data == b""
        assert caught.value.failure == "VMError"


def test_a_contract_survives_a_failing_precompile(chain):
    # calldatacopy(0, 0, calldatasize); mstore(0, staticcall(100000, 8, 0, calldatasize, 0, 0)); return(0, 32)
    runtime = "365f5f37" + "5f5f365f6008620186a0fa" + "5f5260205ff3"
    code = bytes.fromhex(runtime)
    address = chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code)
    assert chain.call(to=address, data=PAIRINGS["one pair"]) == words(1)
    assert chain.call(to=address, data=PAIRINGS["off the subgroup"]) == words(0)


def test_a_point_evaluation_of_the_zero_polynomial_is_accepted_and_a_wrong_value_refused(chain):
    infinity = b"\xc0" + bytes(47)
    versioned_hash = b"\x01" + hashlib.sha256(infinity).digest()[1:]
    data = versioned_hash + words(77, 0) + infinity + infinity
    blob_order = 52435875175126190479447740508185965837690552500527637822603658699938581184513
    assert chain.call(to=POINT_EVALUATION, data=data) == words(4096, blob_order)
    with pytest.raises(Reverted, match="VMError"):
        chain.call(to=POINT_EVALUATION, data=versioned_hash + words(77, 1) + infinity + infinity)
    with pytest.raises(Reverted, match="VMError"):
        chain.call(to=POINT_EVALUATION, data=b"\x02" + data[1:])
