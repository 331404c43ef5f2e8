import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.field import FieldRangeError, R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.poseidon_batch import BatchShapeError, poseidon_many
from zkrollup.kernels import limbs

EDGES = (0, 1, R - 1, R - 2, (R - 1) // 2, 2**64 - 1, 2**64, 2**128 - 1, 2**192, 2**253)


def batch(rows):
    flat = [value for row in rows for value in row]
    return limbs.from_ints(flat).reshape(len(rows), len(rows[0]), 4)


@pytest.mark.parametrize("count", range(1, 17))
def test_the_batch_is_the_pure_hash_on_edge_values_of_every_width(count):
    rows = [[EDGES[(start + i) % len(EDGES)] for i in range(count)] for start in range(len(EDGES))]
    rows += [[value] * count for value in EDGES]
    assert limbs.to_ints(poseidon_many(batch(rows))) == [poseidon(row) for row in rows]


@given(
    st.integers(1, 16).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, R - 1), min_size=k, max_size=k), min_size=1, max_size=4)
    )
)
@settings(max_examples=40, deadline=None)
def test_the_batch_is_the_pure_hash_on_random_rows(rows):
    assert limbs.to_ints(poseidon_many(batch(rows))) == [poseidon(row) for row in rows]


def test_no_rows_give_no_hashes():
    assert poseidon_many(np.empty((0, 4, 4), np.uint64)).shape == (0, 4)


def test_a_strided_view_hashes_like_its_copy_and_stays_as_it_was():
    rows = batch([[3, 5], [7, 11], [13, 17], [19, 23]])
    before = rows.copy()
    assert limbs.to_ints(poseidon_many(rows[::2])) == [poseidon([3, 5]), poseidon([13, 17])]
    assert limbs.to_ints(poseidon_many(rows[:, ::-1])) == [
        poseidon([b, a]) for a, b in ((3, 5), (7, 11), (13, 17), (19, 23))
    ]
    assert (rows == before).all()


@pytest.mark.parametrize("value", [R, R + 1, 2**256 - 1, R + 2**64, R + 2**192])
def test_an_element_that_is_not_reduced_is_refused_with_its_place(value):
    rows = [[R - 1, 5, 7], [11, value, 13]]
    with pytest.raises(FieldRangeError, match="input 1 of row 1") as refusal:
        poseidon_many(batch(rows))
    assert refusal.value.value == value
    rows[1][1] = R - 1
    assert limbs.to_ints(poseidon_many(batch(rows))) == [poseidon(row) for row in rows]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 4), np.uint64),
        np.zeros((3, 2, 5), np.uint64),
        np.zeros((3, 0, 4), np.uint64),
        np.zeros((3, 17, 4), np.uint64),
        np.zeros((3, 2, 4), np.int64),
    ],
)
def test_arrays_of_another_shape_or_type_are_refused(array):
    with pytest.raises(BatchShapeError, match="uint64 and shape") as refusal:
        poseidon_many(array)
    assert (refusal.value.shape, refusal.value.dtype) == (array.shape, array.dtype)
