"""Verification keys from files."""

from pathlib import Path

import pytest
from tests.contracts.support import BATCH_KEY

from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.formats.snarkjs_json import InvalidFormat, dump_verification_key
from zkrollup.snark.keyreader import UnknownKeyFormat, read_verification_key

ROOT = Path(__file__).parents[3]


def test_a_key_that_snarkjs_could_have_written_is_read(tmp_path):
    path = tmp_path / "verification_key.json"
    path.write_text(dump_verification_key(BATCH_KEY.key))
    assert read_verification_key(path) == BATCH_KEY.key


def test_a_ceremonys_key_gives_the_verification_key_that_snarkjs_exported_from_it():
    folder = ROOT / "examples"
    vk = read_verification_key(folder / "own_circuit" / "invoice.zkey")
    assert vk == read_verification_key(folder / "own_verifier" / "verification_key.json")


def test_a_damaged_ceremonys_key_is_refused(tmp_path):
    path = tmp_path / "key.zkey"
    path.write_bytes(b"zkey\x01\x00\x00\x00")
    with pytest.raises(InvalidFile):
        read_verification_key(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"[]", b'{"protocol": "plonk"}'])
def test_a_file_that_holds_no_key_is_refused(tmp_path, content):
    path = tmp_path / "key.json"
    path.write_bytes(content)
    with pytest.raises(InvalidFormat):
        read_verification_key(path)


@pytest.mark.parametrize("name", ["key.txt", "key", "key.JSON.bak"])
def test_a_suffix_of_no_key_file_is_refused_with_those_that_are(tmp_path, name):
    with pytest.raises(UnknownKeyFormat, match=r"\.json") as caught:
        read_verification_key(tmp_path / name)
    assert caught.value.path == tmp_path / name
