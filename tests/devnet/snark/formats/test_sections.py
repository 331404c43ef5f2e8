"""The container of .r1cs, .wtns and .zkey: what is read is what was written, and nothing else is taken."""

import io

import numpy as np
import pytest

from zkrollup.crypto.field import P, R
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark.formats.sections import (
    InvalidFile,
    first_not_below,
    integers,
    prime,
    read_sections,
    required,
    write_sections,
)

PARTS = {2: [b"second", b"!"], 1: [b"first"], 3: [b""]}


def container(parts=PARTS, *, version=7):
    file = io.BytesIO()
    write_sections(file, "test", version, parts)
    return file.getvalue()


def read(folder, data):
    path = folder / "some.test"
    path.write_bytes(data)
    return read_sections(path, "test", (7, 8), (1, 2, 3))


def refusal(folder, data):
    with pytest.raises(InvalidFile) as caught:
        read(folder, data)
    assert str(folder / "some.test") in str(caught.value)
    return caught.value.section, caught.value.offset, caught.value.rule


def test_sections_are_read_by_number_in_whatever_order_they_stand(tmp_path):
    found = read(tmp_path, container())
    assert {number: section.data.tobytes() for number, section in found.items()} == {
        2: b"second!",
        1: b"first",
        3: b"",
    }
    assert found[2].start == 24


def test_a_newer_version_that_is_understood_is_read(tmp_path):
    assert read(tmp_path, container(version=8))[1].data.tobytes() == b"first"


def test_another_magic_is_refused(tmp_path):
    section, offset, rule = refusal(tmp_path, b"best" + container()[4:])
    assert (section, offset) == (None, 0)
    assert "begins with b'best'" in rule


def test_another_version_is_refused(tmp_path):
    section, offset, rule = refusal(tmp_path, container(version=9))
    assert (section, offset) == (None, 4)
    assert "version 9 is not understood, only 7, 8" in rule


@pytest.mark.parametrize(
    ("length", "section", "offset"),
    [(0, None, 0), (11, None, 11), (13, None, 12), (30, 2, 12), (-1, 1, 31)],
)
def test_a_truncated_file_is_refused_where_it_breaks(tmp_path, length, section, offset):
    whole = container({2: [b"second!"], 1: [b"first"]})
    assert refusal(tmp_path, whole[:length])[:2] == (section, offset)


def test_a_repeated_section_is_refused(tmp_path):
    once = container({1: [b"first"]})
    twice = once[:8] + integers(2) + once[12:] + once[12:]
    section, offset, rule = refusal(tmp_path, twice)
    assert (section, offset) == (1, len(once))
    assert "twice" in rule


def test_an_unknown_section_is_refused(tmp_path):
    section, _, rule = refusal(tmp_path, container({1: [b"first"], 4: [b"fourth"]}))
    assert section == 4
    assert "only 1, 2, 3 are known" in rule


def test_bytes_after_the_last_section_are_refused(tmp_path):
    section, offset, rule = refusal(tmp_path, container() + b"more")
    assert (section, offset) == (None, len(container()))
    assert "4 bytes follow" in rule


def test_a_missing_section_is_named(tmp_path):
    found = read(tmp_path, container({1: [b"first"]}))
    assert required(found, 1, tmp_path).data.tobytes() == b"first"
    with pytest.raises(InvalidFile, match=r"section 2.*missing, there are 1"):
        required(found, 2, tmp_path)


def test_reading_past_a_sections_end_is_refused(tmp_path):
    section = read(tmp_path, container())[1]
    assert section.integer(1) == int.from_bytes(b"irst", "little")
    with pytest.raises(InvalidFile, match="6 bytes are needed here, there are 5") as caught:
        section.integer(2)
    assert (caught.value.section, caught.value.offset) == (1, section.start + 5)


@pytest.mark.parametrize("field", [prime(P), integers(48) + bytes(48), integers(0), integers(31) + bytes(31)])
def test_only_the_expected_prime_is_taken(tmp_path, field):
    read(tmp_path, container({1: [prime(R)]}))[1].require_prime(0, R, "the field")
    with pytest.raises(InvalidFile, match="only BN254 is supported"):
        read(tmp_path, container({1: [field]}))[1].require_prime(0, R, "the field")


@pytest.mark.parametrize("number", [R, R + 1, R + 2**64, R + 2**128, 2**256 - 1])
def test_the_first_number_that_is_not_reduced_is_found(number):
    small = [0, 5, R - 1, R - 2**64, 2**253]
    assert first_not_below(from_ints(small), R) is None
    assert first_not_below(from_ints([*small, number, R]), R) == len(small)
    assert first_not_below(np.zeros((0, 4), np.uint64), R) is None
