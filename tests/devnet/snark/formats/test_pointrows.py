"""Many points at once: what is off the curve, out of range or outside the subgroup is found."""

import numpy as np
import pytest
from tests.circom.support import u256

from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR, check_g2, g1_multiply
from zkrollup.kernels.limbs import montgomery
from zkrollup.snark.formats import pointrows
from zkrollup.snark.formats.pointrows import g1_row, g2_row, outside_subgroup, read_g1, read_g2
from zkrollup.snark.formats.sections import InvalidFile, Section, stored

# On the twist with x = 2 + u, but not of order r.
OUTSIDE = (
    (2, 1),
    (
        7292567877523311580221095596750716176434782432868683424513645834767876293070,
        19659275751359636165940301690575149581329631496732780143538578556285923319774,
    ),
)


def section(*rows, tmp_path="/some/file"):
    data = np.frombuffer(b"".join(row if isinstance(row, bytes) else stored(row) for row in rows), np.uint8)
    return Section(tmp_path, 7, 1000, data)


def g1_points(count):
    return [g1_row(g1_multiply(G1_GENERATOR, k)) for k in range(1, count + 1)]


def refused(read, *rows):
    with pytest.raises(InvalidFile) as caught:
        read(section(*rows), 0, len(rows), whole=True)
    return caught.value.offset - 1000, caught.value.rule


def test_points_of_g1_and_infinity_are_read():
    rows = [*g1_points(5), g1_row(None)]
    assert (read_g1(section(*rows), 0, 6, whole=True) == np.concatenate(rows)).all()


def test_points_of_g2_and_infinity_are_read():
    rows = [g2_row(G2_GENERATOR), g2_row(None)]
    assert (read_g2(section(*rows), 0, 2, whole=True) == np.concatenate(rows)).all()


@pytest.mark.parametrize("point", [(1, 3), (0, 3), (5, 0), (0, P - 2)])
def test_a_point_off_the_curve_is_found_by_its_byte(point):
    offset, rule = refused(read_g1, *g1_points(3), montgomery(point, P).reshape(1, 8))
    assert (offset, rule) == (3 * 64, "point 3 is off the curve")


def test_a_point_off_the_twist_is_found_by_its_byte():
    (x, (y0, y1)) = G2_GENERATOR
    offset, rule = refused(read_g2, g2_row(G2_GENERATOR), g2_row((x, (y0, y1 + 1))))
    assert (offset, rule) == (128, "point 1 is off the curve")


@pytest.mark.parametrize(("coordinate", "value"), [(0, P), (1, P + 5), (1, 2**256 - 1)])
def test_a_coordinate_that_is_not_reduced_is_found_by_its_byte(coordinate, value):
    bad = bytearray(stored(g1_points(1)[0]))
    bad[32 * coordinate : 32 * coordinate + 32] = u256(value)
    offset, rule = refused(read_g1, *g1_points(2), bytes(bad))
    assert (offset, rule) == (2 * 64 + 32 * coordinate, f"a coordinate of point 2 is not below {P}")


@pytest.mark.parametrize("count", [3, pointrows._FEW, pointrows._FEW + 1, 40])
@pytest.mark.parametrize("place", [0, -1])
def test_a_point_of_the_twist_outside_the_subgroup_is_found_among_few_and_many(count, place):
    rows = np.concatenate([g2_row(G2_GENERATOR)] * count)
    assert outside_subgroup(rows) is None
    rows[place] = g2_row(OUTSIDE)[0]
    assert outside_subgroup(rows) == place % count


def test_two_points_outside_whose_sum_is_inside_are_found():
    """Equal weights would let them pass."""
    x, (y0, y1) = OUTSIDE
    rows = np.concatenate([g2_row(G2_GENERATOR)] * 20)
    rows[3], rows[7] = g2_row(OUTSIDE)[0], g2_row((x, (P - y0, P - y1)))[0]
    assert outside_subgroup(rows) == 3


def test_the_least_factor_of_the_cofactor_is_larger_than_the_scalars():
    cofactor = 2 * P - R
    least = next(n for n in range(2, 20_000) if cofactor % n == 0)
    assert least == 10_069 > 2**pointrows._SCALAR_BITS
    assert pointrows._random_scalars(5000)[:, 0].max() < 2**pointrows._SCALAR_BITS
    assert len(set(pointrows._random_scalars(5000)[:, 0].tolist())) > 2000


def test_a_section_of_another_size_is_refused():
    with pytest.raises(InvalidFile, match="192 bytes, 128 are needed for 2 points"):
        read_g1(section(*g1_points(3)), 0, 2, whole=True)
    with pytest.raises(InvalidFile, match="256 are needed for 2 points"):
        read_g2(section(g2_row(G2_GENERATOR)), 0, 2, whole=True)


def test_the_point_outside_is_on_the_twist():
    with pytest.raises(Exception, match="on the twist but not in the subgroup"):
        check_g2(OUTSIDE)
