import subprocess
import sys

import light_poseidon_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.field import FieldRangeError, R
from zkrollup.crypto.poseidon import (
    MAX_INPUTS,
    InputCountError,
    parameters,
    permute,
    poseidon,
    poseidon_chain,
)

elements = st.integers(0, R - 1)
EDGES = (0, 1, 2, R - 1, R - 2, 2**253, 2**64 - 1, 2**64, 2**128, (R - 1) // 2)


def permute_as_the_paper_writes_it(state):
    """The permutation straight from the unoptimised parameters."""
    p = parameters(len(state))
    for round_ in range(p.full_rounds + p.partial_rounds):
        start = round_ * p.t
        state = [x + c for x, c in zip(state, p.round_constants[start : start + p.t], strict=True)]
        if p.full_rounds // 2 <= round_ < p.full_rounds // 2 + p.partial_rounds:
            state[0] = pow(state[0], 5, R)
        else:
            state = [pow(x, 5, R) for x in state]
        state = [sum(m * x for m, x in zip(row, state, strict=True)) % R for row in p.mds]
    return state


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        # circomlibjs, test/poseidon.js
        ([1, 2], 7853200120776062878684798364095072458815029376092732009249414926327459813530),
        ([1, 2, 3, 4], 18821383157269793795438455681495246036402687001665670618754263018637548127333),
        ([1, 2, 0, 0, 0], 1018317224307729531995786483840663576608797660851238720571059489595066344487),
        ([1, 2, 3, 4, 5, 6], 20400040500897583745843009878988256314335038853985262692600694741116813247201),
        (
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            9989051620750914585850546081941653841776809718687451684622678807385399211877,
        ),
    ],
)
def test_published_vectors_hold(inputs, expected):
    assert poseidon(inputs) == expected


@pytest.mark.parametrize("left", EDGES)
@pytest.mark.parametrize("right", EDGES)
def test_light_poseidon_agrees_on_the_one_width_it_has(left, right):
    assert poseidon([left, right]) == int(light_poseidon_python.poseidon_hash([left, right]))


@given(st.integers(2, 17).flatmap(lambda t: st.lists(elements, min_size=t, max_size=t)))
@settings(max_examples=40, deadline=None)
def test_sparse_rounds_are_the_permutation_that_the_paper_defines(state):
    assert permute(state) == permute_as_the_paper_writes_it(state)


@pytest.mark.parametrize("count", range(1, MAX_INPUTS + 1))
def test_sparse_rounds_hold_on_edge_values_of_every_width(count):
    for start in range(len(EDGES)):
        state = [EDGES[(start + i) % len(EDGES)] for i in range(count + 1)]
        assert permute(state) == permute_as_the_paper_writes_it(state)


@pytest.mark.parametrize("count", [0, 17])
def test_a_number_of_inputs_without_an_instance_is_refused(count):
    with pytest.raises(InputCountError, match="1 to 16 inputs") as refusal:
        poseidon([1] * count)
    assert refusal.value.count == count


@pytest.mark.parametrize("value", [R, -1, True, 1.0, "1"])
def test_an_input_that_is_no_field_element_is_refused_with_its_position(value):
    with pytest.raises(FieldRangeError, match="Poseidon input 2"):
        poseidon([3, 5, value])


def test_every_input_and_its_place_change_the_hash():
    inputs = [3, 5, 8, 13]
    changed = [[*inputs[:i], x + 1, *inputs[i + 1 :]] for i, x in enumerate(inputs)]
    assert len({poseidon(x) for x in [inputs, inputs[::-1], [*inputs, 0], *changed]}) == 7


def test_a_chain_folds_groups_and_pads_the_last_with_zeros():
    words = list(range(101, 118))
    first = poseidon([0, *words[:15]])
    assert poseidon_chain(words, 15) == poseidon([first, *words[15:], *[0] * 13])
    assert poseidon_chain(words[:15], 15) == first
    assert poseidon_chain([], 15) == 0
    assert poseidon_chain(words[:2], 1) == poseidon([poseidon([0, 101]), 102])


@pytest.mark.parametrize("width", [0, 16])
def test_a_chain_of_a_width_that_leaves_no_room_is_refused(width):
    with pytest.raises(InputCountError):
        poseidon_chain([1], width)


def test_importing_the_hash_loads_neither_numba_nor_numpy():
    code = "import sys, zkrollup.crypto.poseidon; print({'numba', 'numpy', 'llvmlite'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
