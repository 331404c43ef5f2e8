"""BN254 points and the pairing check: rules, edge inputs, and the implementations against the reference."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from zkrollup.crypto import pairing
from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import (
    G1_GENERATOR,
    G2_GENERATOR,
    InvalidPoint,
    UnknownImplementation,
    check_g1,
    check_g2,
    g1_add,
    g1_multiply,
    g1_negate,
    implementation,
    pairing_check,
)

REFERENCE = implementation("py_ecc")
FAST = [implementation("kernels")]
if find_spec("zksnake"):
    FAST.append(implementation("zksnake"))

# x = 1 is on the twist with this y, and the point has not order R (the twist's cofactor is not one).
OFF_SUBGROUP = (
    (1, 0),
    (
        18278151005453108793778860132295291098363647455926340152056652516292830556603,
        5912654199736721486680175016176231956195085055698687135131307249486702594212,
    ),
)

zksnake_only = pytest.mark.skipif(not find_spec("zksnake"), reason="zksnake has no wheel for this Python")


def g2_multiply(k: int):
    from py_ecc import optimized_bn128 as bn

    x, y = bn.normalize(bn.multiply(bn.G2, k))
    return tuple(int(c) for c in x.coeffs), tuple(int(c) for c in y.coeffs)


def negate_g2(q):
    return q[0], tuple(-c % P for c in q[1])


@pytest.fixture(params=[*FAST, REFERENCE], ids=lambda i: i.name)
def each_implementation(request, monkeypatch):
    monkeypatch.setattr(pairing, "implementation", lambda: request.param)
    pairing._check_g2.cache_clear()
    yield request.param
    pairing._check_g2.cache_clear()


# --- points


def test_infinity_and_generators_are_points(each_implementation):
    check_g1(None)
    check_g1(G1_GENERATOR)
    check_g2(None)
    check_g2(G2_GENERATOR)
    check_g2(negate_g2(G2_GENERATOR))


@pytest.mark.parametrize(
    ("point", "rule"),
    [
        ((0, 0), "off the curve"),
        ((1, 3), "off the curve"),
        ((1 + P, 2), r"not in \[0, P\)"),
        ((1, 2 + P), r"not in \[0, P\)"),
        ((1, 2 - P), r"not in \[0, P\)"),
        ((2**256 - 1, 2), r"not in \[0, P\)"),
    ],
)
def test_a_non_point_of_g1_is_refused_by_every_function(point, rule, each_implementation):
    for refuse in (
        lambda: check_g1(point),
        lambda: g1_add(point, G1_GENERATOR),
        lambda: g1_add(None, point),
        lambda: g1_multiply(point, 7),
        lambda: g1_multiply(point, 0),
        lambda: g1_negate(point),
        lambda: pairing_check([(point, None)]),
    ):
        with pytest.raises(InvalidPoint, match=rule) as caught:
            refuse()
        assert caught.value.group == "G1"
        assert caught.value.point == point


@pytest.mark.parametrize(
    ("point", "rule"),
    [
        (((0, 0), (0, 0)), "off the twist"),
        ((G2_GENERATOR[0][::-1], G2_GENERATOR[1][::-1]), "off the twist"),
        ((G2_GENERATOR[0], (G2_GENERATOR[1][0] + P, G2_GENERATOR[1][1])), r"not in \[0, P\)"),
        (((-1, 0), G2_GENERATOR[1]), r"not in \[0, P\)"),
        (OFF_SUBGROUP, "not in the subgroup"),
        (negate_g2(OFF_SUBGROUP), "not in the subgroup"),
    ],
)
def test_a_non_point_of_g2_is_refused_even_when_paired_with_infinity(point, rule, each_implementation):
    for refuse in (
        lambda: check_g2(point),
        lambda: pairing_check([(None, point)]),
        lambda: pairing_check([(G1_GENERATOR, G2_GENERATOR), (G1_GENERATOR, point)]),
    ):
        with pytest.raises(InvalidPoint, match=rule) as caught:
            refuse()
        assert caught.value.group == "G2"


def test_no_refusal_prints_a_rust_backtrace():
    code = (
        "from zkrollup.crypto.pairing import *\n"
        f"for check, point in ((check_g1, (1, 3)), (check_g2, {OFF_SUBGROUP})):\n"
        "    try: check(point)\n"
        "    except InvalidPoint as error: print(error.group)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["G1", "G2"]
    assert "panicked" not in done.stderr


# --- arithmetic


def test_adding_doubling_and_cancelling(each_implementation):
    two = g1_add(G1_GENERATOR, G1_GENERATOR)
    assert two == (
        1368015179489954701390400359078579693043519447331113978918064868415326638035,
        9918110051302171585080402603319702774565515993150576347155970296011118125764,
    )
    assert g1_add(G1_GENERATOR, None) == g1_add(None, G1_GENERATOR) == G1_GENERATOR
    assert g1_add(None, None) is None
    assert g1_add(two, g1_negate(two)) is None
    assert g1_add(two, g1_negate(G1_GENERATOR)) == G1_GENERATOR


def test_scalars_are_taken_modulo_the_order(each_implementation):
    three = g1_multiply(G1_GENERATOR, 3)
    assert three == g1_add(g1_add(G1_GENERATOR, G1_GENERATOR), G1_GENERATOR)
    assert g1_multiply(G1_GENERATOR, 3 + R) == three
    assert g1_multiply(G1_GENERATOR, R - 3) == g1_multiply(G1_GENERATOR, -3) == g1_negate(three)
    assert g1_multiply(G1_GENERATOR, 0) is None
    assert g1_multiply(G1_GENERATOR, R) is None
    assert g1_multiply(None, 5) is None
    assert g1_multiply(G1_GENERATOR, 2**256 - 1) == g1_multiply(G1_GENERATOR, (2**256 - 1) % R)


each_fast = pytest.mark.parametrize("fast", FAST, ids=lambda i: i.name)


@each_fast
@settings(max_examples=40, deadline=None)
@given(a=st.integers(1, R - 1), b=st.integers(1, R - 1))
def test_points_are_added_and_multiplied_as_by_the_reference(fast, a, b):
    p, q = fast.g1_multiply(G1_GENERATOR, a), fast.g1_multiply(G1_GENERATOR, b)
    assert p == REFERENCE.g1_multiply(G1_GENERATOR, a)
    assert fast.g1_add(p, q) == REFERENCE.g1_add(p, q)
    assert fast.g1_add(p, p) == REFERENCE.g1_add(p, p)
    assert fast.g1_add(p, g1_negate(p)) is None is REFERENCE.g1_add(p, g1_negate(p))


@each_fast
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(k=st.integers(1, R - 1))
def test_multiples_of_the_g2_generator_are_in_g2(fast, k):
    for q in (g2_multiply(k), negate_g2(g2_multiply(k))):
        assert fast.g2_in_subgroup(q)
        assert REFERENCE.g2_in_subgroup(q)


@zksnake_only
@pytest.mark.parametrize("k", [1, 2, R - 1, 7**80])
def test_zksnake_decodes_the_right_one_of_two_y(k):
    for q in (g2_multiply(k), negate_g2(g2_multiply(k))):
        decoded = implementation("zksnake")._decode_g2(q)
        assert (tuple(decoded.x), tuple(decoded.y)) == q


@pytest.mark.parametrize("x", range(1, 4))
def test_points_of_the_twist_outside_g2_are_told_from_those_inside(x):
    # The twist has r (2 p - r) points, so that hardly any of them is in G2; times the cofactor, all are.
    from py_ecc import optimized_bn128 as bn

    off = _point_of_the_twist(x)
    inside = bn.normalize(bn.multiply(tuple(map(bn.FQ2, (*off, (1, 0)))), 2 * P - R))
    inside = tuple(tuple(int(c) for c in each.coeffs) for each in inside)
    answers = [(each.g2_in_subgroup(off), each.g2_in_subgroup(inside)) for each in (*FAST, REFERENCE)]
    assert answers == [(False, True)] * len(answers)


def _point_of_the_twist(seed):
    """The one with the smallest x from (seed, seed) on, in Fp2: a root of a square there, by its norm's."""
    from py_ecc.fields import optimized_bn128_FQ2 as FQ2

    half = pow(2, -1, P)
    for x0 in range(seed * 1000, seed * 1000 + 100):
        a, b = (int(c) for c in (FQ2((x0, seed)) ** 3 + FQ2(pairing.TWIST_B)).coeffs)
        norm = (a * a + b * b) % P
        root = pow(norm, (P + 1) // 4, P)
        for sign in (root, -root):
            y0 = pow((a + sign) * half, (P + 1) // 4, P)
            y1 = b * half * pow(y0, -1, P) % P if y0 else 0
            if FQ2((y0, y1)) ** 2 == FQ2((a, b)):
                return (x0, seed), (y0, y1)
    raise AssertionError(seed)


def test_the_known_point_outside_g2_is_refused():
    assert [each.g2_in_subgroup(OFF_SUBGROUP) for each in FAST] == [False] * len(FAST)
    assert not REFERENCE.g2_in_subgroup(OFF_SUBGROUP)


# --- pairing


def test_pairings_cancel_and_nothing_but_what_cancels_is_one(each_implementation):
    p, q = g1_multiply(G1_GENERATOR, 6), g2_multiply(35)
    minus = g1_negate(g1_multiply(G1_GENERATOR, 210))
    assert pairing_check([])
    assert pairing_check([(None, q), (p, None), (None, None)])
    assert pairing_check([(p, q), (minus, G2_GENERATOR)])
    assert pairing_check([(p, q), (p, negate_g2(q)), (None, G2_GENERATOR)])
    assert not pairing_check([(p, q)])
    assert not pairing_check([(p, q), (g1_add(minus, G1_GENERATOR), G2_GENERATOR)])
    assert not pairing_check([(p, q), (minus, negate_g2(G2_GENERATOR))])


@pytest.mark.parametrize("count", [1, 3])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_products_of_pairings_are_one_just_where_the_exponents_cancel(count, data):
    scalars = st.integers(1, R - 1)
    ks = [(data.draw(scalars), data.draw(scalars)) for _ in range(count)]
    total = sum(a * b for a, b in ks) % R
    last = data.draw(st.sampled_from([-total % R, (1 - total) % R]))
    assume(last)
    ps = [FAST[0].g1_multiply(G1_GENERATOR, k) for k in (*(a for a, _ in ks), last)]
    qs = [g2_multiply(k) for k in (*(b for _, b in ks), 1)]
    answers = {each.product_is_one(ps, qs) for each in (*FAST, REFERENCE)}
    assert answers == {(total + last) % R == 0}


# --- choice


def test_an_unknown_implementation_is_refused_by_name():
    with pytest.raises(UnknownImplementation, match="libfoo"):
        implementation("libfoo")


@pytest.mark.parametrize(
    ("env", "blocked", "expected"),
    [
        pytest.param(None, False, "zksnake", marks=zksnake_only),
        ("py_ecc", False, "py_ecc"),
        ("kernels", False, "kernels"),
        (None, True, "kernels"),
        ("kernels", True, "kernels"),
        ("zksnake", True, "Unknown"),
    ],
)
def test_the_environment_and_what_is_installed_choose(env, blocked, expected, monkeypatch):
    monkeypatch.delenv("ZK_PAIRING", raising=False)
    if env:
        monkeypatch.setenv("ZK_PAIRING", env)
    code = ("import sys; sys.modules['zksnake'] = None\n" if blocked else "") + (
        "from zkrollup.crypto import pairing\n"
        "try: print(pairing.implementation().name)\n"
        "except pairing.UnknownImplementation: print('Unknown')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_threads_that_check_at_once_do_not_disturb_each_other():
    # Proofs are verified in the background while the chain's precompile checks others.
    def product_is_one(case):
        k, off = case
        pairs = [(g1_multiply(G1_GENERATOR, k), G2_GENERATOR), (g1_negate((1, 2)), g2s[k - off])]
        return pairing_check(pairs)

    g2s = {k: g2_multiply(k) for k in range(2, 9)}
    cases = [(k, off) for k in range(3, 9) for off in (0, 1)] * 8
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(product_is_one, cases))
    assert answers == [off == 0 for _, off in cases]
