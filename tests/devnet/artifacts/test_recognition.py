"""Code at an address and the artifact that it was made from."""

from dataclasses import replace

import pytest

from zkrollup.artifacts import Artifact, ByteRange, LinkReference, recognition
from zkrollup.artifacts.recognition import Fit

METADATA = bytes.fromhex("a264697066735822") + b"\x11" * 34 + bytes.fromhex("64736f6c63430008250033")
OTHER = bytes.fromhex("a264697066735822") + b"\x22" * 34 + bytes.fromhex("64736f6c63430008250033")
BODY = b"\x60\x01" + bytes(32) + b"\x73" + bytes(20) + b"\x5b"
VAULT = Artifact(
    name="Vault",
    source_name="src/Vault.sol",
    abi=[],
    bytecode=b"\x60",
    runtime=BODY + METADATA,
    immutables={"cap": (ByteRange(2, 32),)},
    runtime_link_references=(LinkReference("src/Sums.sol", "Sums", 35),),
)
CAP, SUMS = b"\x07" * 32, b"\x51" * 20
DEPLOYED = b"\x60\x01" + CAP + b"\x73" + SUMS + b"\x5b"


def test_metadata_is_as_long_as_it_says():
    assert int.from_bytes(METADATA[-2:], "big") == len(METADATA) - 2


def test_immutables_and_libraries_may_be_anything():
    assert recognition.fit(VAULT, DEPLOYED + METADATA) is Fit.EXACT
    assert recognition.immutables(VAULT, DEPLOYED + METADATA) == {"cap": CAP}


@pytest.mark.parametrize("position", [0, 1, 34, 55])
def test_any_other_byte_may_not(position):
    code = bytearray(DEPLOYED + METADATA)
    code[position] ^= 0x80
    assert recognition.fit(VAULT, bytes(code)) is Fit.NONE


def test_other_metadata_fits_less_well():
    assert recognition.fit(VAULT, DEPLOYED + OTHER) is Fit.BUT_METADATA
    assert recognition.fit(VAULT, DEPLOYED) is Fit.BUT_METADATA


@pytest.mark.parametrize("code", [b"", DEPLOYED[:-1], DEPLOYED + METADATA + b"\x00"])
def test_code_of_another_length_does_not_fit(code):
    assert recognition.fit(VAULT, code) is Fit.NONE


def test_an_interface_is_nowhere():
    assert recognition.fit(replace(VAULT, runtime=b""), b"") is Fit.NONE


def test_code_without_metadata_of_its_own_is_compared_whole():
    plain = replace(VAULT, runtime=BODY)
    assert recognition.fit(plain, DEPLOYED) is Fit.EXACT
    assert recognition.fit(plain, DEPLOYED[:-1] + b"\x5c") is Fit.NONE


def test_a_library_has_its_own_address_in_its_code():
    library = Artifact("Sums", "src/Sums.sol", [], b"\x60", b"\x73" + bytes(20) + b"\x30\x14\x60\x05")
    assert recognition.fit(library, b"\x73" + SUMS + b"\x30\x14\x60\x05") is Fit.EXACT
    assert recognition.fit(library, b"\x73" + SUMS + b"\x30\x14\x60\x06") is Fit.NONE


def test_the_best_fit_wins_and_equals_are_all_told():
    twin, stale = replace(VAULT, name="Twin"), replace(VAULT, name="Stale", runtime=BODY + OTHER)
    assert recognition.best([stale, VAULT], DEPLOYED + METADATA) == (VAULT,)
    assert recognition.best([twin, VAULT, stale], DEPLOYED + METADATA) == (twin, VAULT)
    assert recognition.best([VAULT, twin], b"\x60\x02") == ()


def test_vypers_immutables_of_unknown_layout_are_words_behind_the_code():
    unknown = Artifact("Piggy", "Piggy.vy", [], b"\x60", b"\x5f\x60\x07", language="Vyper")
    assert recognition.fit(unknown, b"\x5f\x60\x07" + CAP) is Fit.EXACT
    assert recognition.fit(unknown, b"\x5f\x60\x07" + CAP[1:]) is Fit.NONE
    assert recognition.fit(replace(unknown, language="Solidity"), b"\x5f\x60\x07" + CAP) is Fit.NONE
