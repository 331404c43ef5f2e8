"""Witness files: read, written, refused."""

import pytest
from tests.circom.support import changed, offset_of, sections_of, u32, u256, written

from zkrollup.crypto.field import P, R
from zkrollup.kernels.limbs import from_ints, to_ints
from zkrollup.snark.formats import wtns
from zkrollup.snark.formats.sections import InvalidFile

VALUES = [1, 501, 0, R - 1, 7]


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    with (folder / "some.wtns").open("wb") as file:
        wtns.write(from_ints(VALUES), file)
    return folder / "some.wtns"


def test_what_is_written_is_read_again(path):
    assert to_ints(wtns.read(path)) == VALUES


@pytest.mark.parametrize(
    ("number", "at", "new", "rule"),
    [
        (1, 4, u256(P), "only BN254"),
        (1, 36, u32(4), "128 are needed for the values of 4 wires"),
        (1, 36, u32(6), "192 are needed for the values of 6 wires"),
        (2, 64, u256(R), "the value of wire 2 is"),
        (2, 128, u256(2**256 - 1), "the value of wire 4 is"),
    ],
)
def test_what_is_no_witness_is_refused(path, tmp_path, number, at, new, rule):
    with pytest.raises(InvalidFile, match=rule) as caught:
        wtns.read(changed(path, tmp_path, number, at, new))
    assert caught.value.section == number if "values of" not in rule else 2


def test_a_value_that_is_not_reduced_is_found_by_its_byte(path, tmp_path):
    with pytest.raises(InvalidFile) as caught:
        wtns.read(changed(path, tmp_path, 2, 96, u256(R + 3)))
    assert caught.value.offset == offset_of(tmp_path / "some.wtns", 2, 96)


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_section_is_refused(path, tmp_path, number):
    sections = sections_of(path)
    del sections[number]
    with pytest.raises(InvalidFile, match="missing") as caught:
        wtns.read(written(tmp_path / "less.wtns", sections))
    assert caught.value.section == number
