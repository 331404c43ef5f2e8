"""Verification keys from files."""

import hashlib
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
    key, digest = read_verification_key(path)
    assert key == BATCH_KEY.key
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_ceremonys_key_gives_the_verification_key_that_snarkjs_exported_from_it():
    folder = ROOT / "examples"
    vk, of_zkey = read_verification_key(folder / "own_circuit" / "invoice.zkey")
    same, of_json = read_verification_key(folder / "own_verifier" / "verification_key.json")
    assert vk == same
    assert of_zkey != of_json


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


@pytest.mark.parametrize("name", ["own_circuit/invoice.zkey", "own_verifier/verification_key.json"])
def test_a_file_is_read_once_for_its_key_and_its_digest(tmp_path, monkeypatch, name):
    original = ROOT / "examples" / name
    path = tmp_path / f"key{original.suffix}"
    path.write_bytes(original.read_bytes())
    read, opened = Path.read_bytes, []
    monkeypatch.setattr(Path, "read_bytes", lambda self: opened.append(self) or read(self))
    monkeypatch.setattr(Path, "read_text", lambda self, **_: pytest.fail(f"{self} is opened once more"))
    read_verification_key(path)
    assert opened == [path]
