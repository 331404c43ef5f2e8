"""The cache of described circuits: used when it can be, never when it is stale or broken."""

import os
import shutil
import subprocess
import sys
import warnings

import pytest
from tests.devnet import faults

from zkrollup import storage
from zkrollup.circuits import cache
from zkrollup.circuits.cache import DamagedCircuitWarning
from zkrollup.snark.builder import Builder
from zkrollup.storage import UncachedWarning


def code():
    """What all circuits of this page depend on."""


def cached_circuit(name, describe):
    """The cached circuit, whatever describes it."""
    return cache.cached_circuit(name, describe, code=code)


def circuit_path(name):
    return cache.circuit_path(name, code)


def describe(factor):
    b = Builder("scaled")
    b.enforce_equal(b.private("x") * factor, b.private("y"), "scaled")
    return b.build()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    return tmp_path


def never():
    raise AssertionError("described again")


def test_a_kept_circuit_is_not_described_again():
    first = cached_circuit("scaled", lambda: describe(5))
    assert cached_circuit("scaled", never).digest == first.digest


def test_another_name_is_another_circuit():
    first = cached_circuit("scaled-5", lambda: describe(5))
    assert cached_circuit("scaled-7", lambda: describe(7)).digest != first.digest


def test_changed_sources_describe_anew(monkeypatch):
    cached_circuit("scaled", lambda: describe(5))
    monkeypatch.setattr(cache, "sources_fingerprint", lambda: "changed")
    assert cached_circuit("scaled", lambda: describe(7)).digest == describe(7).digest


def test_a_damaged_circuit_is_described_again_with_a_warning(own_cache):
    first = cached_circuit("scaled", lambda: describe(5))
    (file,) = own_cache.glob("circuits/scaled-*.circuit")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.warns(DamagedCircuitWarning, match="describing a circuit again"):
        again = cached_circuit("scaled", lambda: describe(5))
    assert again.digest == first.digest
    assert cached_circuit("scaled", never).digest == first.digest


def test_without_a_writable_cache_the_circuit_is_described_each_time(monkeypatch):
    monkeypatch.setattr(cache.storage, "cache_dir", lambda *parts: None)
    calls = []
    for _ in range(2):
        cached_circuit("scaled", lambda: calls.append(1) or describe(5))
    assert len(calls) == 2


# Room


def age(path, seconds):
    known = path.stat().st_mtime
    os.utime(path, (known - seconds, known - seconds))


def kept(own_cache):
    """What is kept, in the order of names, without the sources' fingerprint."""
    return sorted(path.name.partition("-")[0] for path in (own_cache / "circuits").iterdir())


def keep_three(own_cache, monkeypatch):
    """Circuits a, b, c, used in this order; there is room for three."""
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * storage.BLOCK)
    for number, name in enumerate("abc"):
        cached_circuit(name, lambda number=number: describe(5 + number))
        age(circuit_path(name), 1000 - number)


def test_the_circuit_used_longest_ago_makes_room(own_cache, monkeypatch):
    keep_three(own_cache, monkeypatch)
    cached_circuit("a", never)  # used now
    cached_circuit("d", lambda: describe(11))
    assert kept(own_cache) == ["a", "d"]


def test_circuits_of_former_sources_make_room_for_those_of_the_present_ones(own_cache, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 2 * storage.BLOCK)
    former = []
    for version in ("first", "second", "third"):
        monkeypatch.setattr(cache, "sources_fingerprint", lambda version=version: version)
        cached_circuit("a", lambda: describe(5))
        former.append(circuit_path("a"))
        age(former[-1], 1000 - len(former))
    cached_circuit("b", lambda: describe(7))
    assert [path.exists() for path in former] == [False, False, True]
    assert cached_circuit("a", never).digest == describe(5).digest


def test_a_circuit_that_alone_is_too_large_stays_while_it_is_in_use(own_cache, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 1)
    cached_circuit("a", lambda: describe(5))
    cached_circuit("b", lambda: describe(7))
    cached_circuit("a", never)
    cached_circuit("b", never)
    age(circuit_path("a"), 1000)
    cached_circuit("c", lambda: describe(11))
    assert kept(own_cache) == ["b", "c"]


def test_folders_of_the_former_layout_go_first(own_cache, monkeypatch):
    former = own_cache / "circuits" / "8773e078030aac2812b5de3b"
    former.mkdir(parents=True)
    for name in ("batch-3x4.npz", "claim.npz"):
        (former / name).write_bytes(bytes(2 * storage.BLOCK))
    age(former, 2000)
    keep_three(own_cache, monkeypatch)
    assert kept(own_cache) == ["a", "b", "c"]


def test_a_circuit_that_another_process_removes_while_it_is_wanted_is_described_again(monkeypatch):
    first = cached_circuit("scaled", lambda: describe(5))
    with monkeypatch.context() as patched:
        patched.setattr(storage, "mark_used", lambda path: path.unlink())
        again = cached_circuit("scaled", lambda: describe(5))
    assert again.digest == first.digest
    assert cached_circuit("scaled", never).digest == first.digest


# Faults

DESCRIBE = """
import time
from zkrollup.circuits.cache import cached_circuit
from zkrollup.snark.builder import Builder
def describe():
    print("described", flush=True)
    time.sleep(0.5)  # so that another process comes upon the lock
    b = Builder("scaled")
    b.enforce_equal(b.private("x") * 5, b.private("y"), "scaled")
    return b.build()
print(cached_circuit("scaled", describe, waiting=lambda message: print("waited")).n_constraints)
"""

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no users to become and no such limits"
)


def kept_in(folder):
    (file,) = folder.rglob("scaled-*.circuit")
    return file


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: bytes(len(content))])
def test_a_file_without_its_content_is_one_warning(own_cache, damage):
    first = cached_circuit("scaled", lambda: describe(5))
    file = kept_in(own_cache)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(DamagedCircuitWarning, match=file.name) as caught:
        assert cached_circuit("scaled", lambda: describe(5)).digest == first.digest
    assert len(caught) == 1


def test_another_circuit_under_the_name_is_one_warning(own_cache):
    first, other = cached_circuit("scaled", lambda: describe(5)), cached_circuit("other", lambda: describe(7))
    assert first.digest != other.digest
    shutil.copyfile(circuit_path("other"), circuit_path("scaled"))
    with pytest.warns(DamagedCircuitWarning, match="checksum"):
        assert cached_circuit("scaled", lambda: describe(5)).digest == first.digest


def test_a_circuit_of_former_sources_under_the_present_name_is_one_warning(own_cache, monkeypatch):
    with monkeypatch.context() as former:
        former.setattr(cache, "sources_fingerprint", lambda: "former")
        cached_circuit("scaled", lambda: describe(7))
        old = circuit_path("scaled")
    old.rename(circuit_path("scaled"))
    with pytest.warns(DamagedCircuitWarning, match="checksum"):
        assert cached_circuit("scaled", lambda: describe(5)).digest == describe(5).digest


def test_processes_that_need_the_same_circuit_describe_it_once(tmp_path):
    environment = {**os.environ, "ZK_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", DESCRIBE]
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [each[-1] for each in told] == ["1"] * 3
    assert [each[0] for each in told].count("described") == 1


@posix
def test_a_full_disk_is_one_warning_and_the_circuit_is_used(open_path):
    done = faults.run(DESCRIBE, open_path, before=lambda: faults.fill_the_disk(100))
    (warning,) = faults.warnings_of(done)
    assert str(open_path / "circuits") in warning
    assert done.stdout == "described\n1\n"
    assert not [path for path in (open_path / "circuits").rglob("*") if path.is_file()]


@posix
def test_a_circuit_of_another_user_is_read(open_path, nobody):
    assert faults.run(DESCRIBE, open_path).stdout == "described\n1\n"
    done = faults.run(DESCRIBE, open_path, under=nobody)
    assert (done.stdout, faults.warnings_of(done)) == ("1\n", [])


def test_what_is_no_file_is_one_warning_and_stays(own_cache):
    circuit_path("scaled").mkdir()
    with pytest.warns(DamagedCircuitWarning, match="scaled"), pytest.warns(UncachedWarning, match="scaled"):
        assert cached_circuit("scaled", lambda: describe(5)).digest == describe(5).digest


def test_damage_that_is_made_an_error_ends_one_run_and_not_the_next(own_cache):
    first = cached_circuit("scaled", lambda: describe(5))
    kept_in(own_cache).write_bytes(b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DamagedCircuitWarning):
            cached_circuit("scaled", lambda: describe(5))
        assert cached_circuit("scaled", never).digest == first.digest


@posix
def test_a_pipe_in_its_place_is_described_again_and_replaced(own_cache):
    os.mkfifo(circuit_path("scaled"))
    with pytest.warns(DamagedCircuitWarning, match="no regular file"):
        first = cached_circuit("scaled", lambda: describe(5))
    assert cached_circuit("scaled", never).digest == first.digest


def test_a_file_that_grew_beyond_memory_is_described_again_and_replaced(own_cache):
    first = cached_circuit("scaled", lambda: describe(5))
    os.truncate(kept_in(own_cache), 200 * 2**30)
    with pytest.warns(DamagedCircuitWarning, match="of at most"):
        cached_circuit("scaled", lambda: describe(5))
    assert cached_circuit("scaled", never).digest == first.digest
