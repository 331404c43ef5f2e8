"""Compilers' outputs kept: what is read, what is made anew."""

import os
import sys

import pytest
from tests.devnet import faults

from zkrollup import storage
from zkrollup.compilers import store


def unused():
    raise AssertionError("it was made although it is kept")


def test_what_was_made_once_is_read(own_cache):
    assert store.find_or_make("a3", lambda: "output ä") == "output ä"
    assert store.find("a3") == "output ä"
    assert store.find_or_make("a3", unused) == "output ä"
    assert [file.name for file in own_cache.iterdir()] == ["a3"]


def test_another_key_has_nothing(own_cache):
    store.find_or_make("a3", lambda: "one")
    assert store.find("a7") is None


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"?" + b[41:]])
def test_a_damaged_entry_is_made_anew(own_cache, damage):
    store.find_or_make("a3", lambda: "some output")
    file = own_cache / "a3"
    file.write_bytes(damage(file.read_bytes()))
    assert store.find("a3") is None
    assert store.find_or_make("a3", lambda: "made anew") == "made anew"
    assert store.find("a3") == "made anew"


def test_what_cannot_be_written_is_given_all_the_same_with_a_warning(own_cache):
    (own_cache / "a3").mkdir(parents=True)
    with pytest.warns(storage.UncachedWarning, match="a3"):
        assert store.find_or_make("a3", lambda: "output") == "output"
    assert store.find("a3") is None


def test_nothing_is_kept_of_what_failed(own_cache):
    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.find_or_make("a3", fails)
    assert list(own_cache.iterdir()) == []


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_cache_it_is_made_each_time(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path / "file" / "inside"))
    assert store.find_or_make("a3", lambda: "one") == "one"
    assert store.find_or_make("a3", lambda: "two") == "two"


def test_the_output_used_longest_ago_makes_room(own_cache, monkeypatch):
    monkeypatch.setattr(store, "MOST_BYTES", 3 * 4096)
    for number, key in enumerate(("a3", "b5", "c7")):
        store.find_or_make(key, lambda key=key: f"output {key}")
        _age(own_cache / key, 100 - number)
    assert store.find("a3") == "output a3"  # used now
    store.find_or_make("d9", lambda: "output d9")
    assert {file.name for file in own_cache.iterdir()} == {"a3", "d9"}


def _age(file, seconds):
    known = file.stat().st_mtime
    os.utime(file, (known - seconds, known - seconds))


def test_parts_of_a_key_do_not_run_into_each_other():
    keys = {store.key_of("ab", "c"), store.key_of("a", "bc"), store.key_of("abc"), store.key_of("c", "ab")}
    assert len(keys) == 4


FIND = """
from zkrollup.compilers import store
print(store.find_or_make("a3", lambda: print("compiled") or "output" * 1000)[:6])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits on a file's size")
def test_a_full_disk_is_one_warning_and_the_output_is_used(open_path):
    done = faults.run(FIND, open_path, before=faults.fill_the_disk)
    (warning,) = faults.warnings_of(done)
    assert str(open_path / "compilations" / "a3") in warning
    assert done.stdout == "compiled\noutput\n"
    assert list((open_path / "compilations").iterdir()) == []


def test_an_output_of_another_user_is_read(open_path, nobody):
    faults.run(FIND, open_path)
    done = faults.run(FIND, open_path, under=nobody)
    assert (done.stdout, faults.warnings_of(done)) == ("output\n", [])


def test_the_output_of_another_key_under_the_name_is_made_anew(own_cache):
    for key in ("a3", "b5"):
        store.find_or_make(key, lambda key=key: f"output of {key}")
    (own_cache / "a3").write_bytes((own_cache / "b5").read_bytes())
    assert store.find("a3") is None
    assert store.find_or_make("a3", lambda: "made anew") == "made anew"
    assert store.find("b5") == "output of b5"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among files")
def test_a_pipe_in_an_outputs_place_is_replaced(own_cache):
    own_cache.mkdir(parents=True)
    os.mkfifo(own_cache / "a3")
    assert store.find("a3") is None
    assert store.find_or_make("a3", lambda: "made anew") == "made anew"
    assert store.find("a3") == "made anew"


def test_an_output_that_grew_beyond_all_room_is_made_anew(own_cache):
    store.find_or_make("a3", lambda: "small")
    os.truncate(own_cache / "a3", 200 * 2**30)
    assert store.find_or_make("a3", lambda: "made anew") == "made anew"
    assert store.find("a3") == "made anew"
