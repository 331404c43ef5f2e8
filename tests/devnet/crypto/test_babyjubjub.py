import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.babyjubjub import (
    BASE8,
    COFACTOR,
    IDENTITY,
    SUBORDER,
    A,
    D,
    Point,
    PointNotOnCurve,
    add,
    double,
    double_base_multiply,
    is_in_subgroup,
    is_on_curve,
    is_small_order,
    multiply,
    negate,
    require_on_curve,
)
from zkrollup.crypto.field import R, inverse, square_root

# EIP-2494: a generator of the whole curve, of order 8 l.
GENERATOR = Point(
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
ORDER = COFACTOR * SUBORDER
SMALL_ORDER = [multiply(GENERATOR, SUBORDER * i) for i in range(8)]
scalars = st.integers(0, ORDER - 1)
points = scalars.map(lambda k: multiply(GENERATOR, k))
quick = settings(max_examples=25, deadline=None)


def add_by_the_equation(p, q):
    """The addition law as EIP-2494 writes it, in affine coordinates."""
    (x1, y1), (x2, y2) = p, q
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + y1 * x2) * inverse(1 + product) % R,
        (y1 * y2 - A * x1 * x2) * inverse(1 - product) % R,
    )


# -- Vectors of EIP-2494 and circomlibjs, test/babyjub.js

FIRST = Point(
    17777552123799933955779906779655732241715742912184938656739573121738514868268,
    2626589144620713026669568689430873010625803728049924121243784502389097019475,
)
SECOND = Point(
    16540640123574156134436876038791482806971768689494387082833631921987005038935,
    20819045374670962167435360035096875258406992893633759881276124905556507972311,
)


def test_adding_two_published_points_gives_the_published_sum():
    assert add(FIRST, SECOND) == (
        7916061937171219682591368294088513039687205273691143098332585753343424131937,
        14035240266687799601661095864649209771790948434046947201833777492504781204499,
    )


def test_doubling_a_published_point_gives_the_published_one():
    expected = (
        6890855772600357754907169075114257697580319025794532037257385534741338397365,
        4338620300185947561074059802482547481416142213883829469920100239455078257889,
    )
    assert add(FIRST, FIRST) == double(FIRST) == multiply(FIRST, 2) == expected


def test_multiplying_a_published_point_gives_the_published_ones():
    assert multiply(FIRST, 3) == (
        19372461775513343691590086534037741906533799473648040012278229434133483800898,
        9458658722007214007257525444427903161243386465067105737478306991484593958249,
    )
    k = 14035240266687799601661095864649209771790948434046947201833777492504781204499
    assert multiply(FIRST, k) == (
        17070357974431721403481313912716834497662307308519659060910483826664480189605,
        4014745322800118607127020275658861516666525056516280575712425373174125159339,
    )


def test_the_published_base_point_is_eight_times_the_generator():
    assert multiply(GENERATOR, 8) == BASE8


def test_the_curve_has_eight_times_suborder_points_generated_by_the_generator():
    assert multiply(GENERATOR, ORDER - 1) == negate(GENERATOR)
    assert add(multiply(GENERATOR, ORDER - 1), GENERATOR) == IDENTITY
    assert multiply(GENERATOR, ORDER // 2) != IDENTITY
    assert (multiply(BASE8, SUBORDER - 1), multiply(BASE8, SUBORDER)) == (negate(BASE8), IDENTITY)


def test_the_parameters_make_the_addition_law_complete():
    square_root(A)
    assert pow(D, (R - 1) // 2, R) == R - 1


# -- Group laws


@given(points, points)
@quick
def test_addition_is_the_law_of_the_standard(p, q):
    assert add(p, q) == add_by_the_equation(p, q)
    assert add(p, q) == add(q, p)
    assert is_on_curve(add(p, q))


@given(points, points, points)
@quick
def test_addition_is_associative(p, q, r):
    assert add(add(p, q), r) == add(p, add(q, r))


@given(points)
@quick
def test_identity_and_negatives_behave(p):
    assert add(p, IDENTITY) == p
    assert add(p, negate(p)) == IDENTITY
    assert double(p) == add_by_the_equation(p, p)


@given(points, st.integers(-ORDER, 2 * ORDER), st.integers(-ORDER, 2 * ORDER))
@quick
def test_multiplication_distributes_over_scalars(p, a, b):
    assert add(multiply(p, a), multiply(p, b)) == multiply(p, a + b)


@given(st.integers(-ORDER, 2 * ORDER))
@quick
def test_the_base_points_table_agrees_with_the_general_way(k):
    assert multiply(BASE8, k) == multiply(GENERATOR, 8 * k)


@given(points, scalars, scalars)
@quick
def test_multiplying_two_bases_is_the_sum_of_two_products(p, s, k):
    assert double_base_multiply(s, p, k) == add(multiply(BASE8, s), multiply(p, k))


@pytest.mark.parametrize("k", [0, 1, 2, 15, 16, 17, 40, 255, 256, 2**250, R - 1, SUBORDER])
@pytest.mark.parametrize("torsion", [None, *range(8)])
@pytest.mark.parametrize("base", [IDENTITY, GENERATOR, BASE8, FIRST])
def test_multiplication_is_repeated_doubling_also_through_points_of_small_order(base, torsion, k):
    # With the identity as base the multiples are those of the small point itself, (0, -1) among them.
    base = base if torsion is None else add(base, SMALL_ORDER[torsion])
    expected, power = IDENTITY, base
    for bit in reversed(f"{k:b}"):
        expected = add_by_the_equation(expected, power) if bit == "1" else expected
        power = add_by_the_equation(power, power)
    assert multiply(base, k) == expected


# -- Membership


def test_exactly_the_eight_points_of_small_order_are_said_to_be_so():
    assert len(set(SMALL_ORDER)) == 8
    assert all(is_small_order(p) for p in SMALL_ORDER)
    assert {IDENTITY, Point(0, R - 1)} <= set(SMALL_ORDER)
    assert not any(is_small_order(add(BASE8, p)) for p in SMALL_ORDER)


def test_only_multiples_of_the_base_point_are_in_the_subgroup():
    assert is_in_subgroup(BASE8)
    assert is_in_subgroup(multiply(BASE8, 501))
    assert is_in_subgroup(IDENTITY)
    assert not any(is_in_subgroup(add(BASE8, p)) for p in SMALL_ORDER[1:])
    assert not is_in_subgroup((3, 5))


@pytest.mark.parametrize(
    "pair",
    [
        (0, 0),
        (1, 0),
        (BASE8.y, BASE8.x),
        (BASE8.x + 1, BASE8.y),
        (BASE8.x + R, BASE8.y),
        (BASE8.x, BASE8.y + R),
        (BASE8.x - R, BASE8.y),
        (0, True),
        (0.0, 1),
    ],
)
def test_pairs_off_the_curve_or_not_canonical_are_refused_everywhere(pair):
    assert is_on_curve(BASE8)
    assert not is_on_curve(pair)
    for refused in (
        lambda: require_on_curve(pair),
        lambda: add(pair, BASE8),
        lambda: add(BASE8, pair),
        lambda: double(pair),
        lambda: negate(pair),
        lambda: multiply(pair, 3),
        lambda: double_base_multiply(3, pair, 5),
        lambda: is_small_order(pair),
    ):
        with pytest.raises(PointNotOnCurve, match="is not a BabyJubJub point") as refusal:
            refused()
        assert refusal.value.point == pair
