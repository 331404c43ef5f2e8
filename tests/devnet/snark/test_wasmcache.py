"""Compiled WebAssembly in the cache: compiled once, used again, and never where it is not what was kept."""

import os
import sys
import warnings

import pytest
import wasmtime

from zkrollup import storage
from zkrollup.notices import Notices
from zkrollup.snark import wasmcache
from zkrollup.snark.wasmcache import DamagedModuleWarning, compiled

ADDS = '(module (func (export "run") (result i32) (i32.add (i32.const 5) (i32.const {}))))'


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path):
    return written(tmp_path / "adds.wasm", 7)


def written(path, addend, *, size=0):
    path.write_bytes(bytes(wasmtime.wat2wasm(ADDS.format(addend))) + custom_section(size))
    return path


def custom_section(size):
    """A section without meaning, as names for debuggers are: it makes a file large."""
    if not size:
        return b""
    length = b"".join(bytes([size >> 7 * i & 127 | (128 if i < 3 else 0)]) for i in range(4))
    return b"\0" + length + b"\1x" + bytes(size - 2)


def result(engine, module):
    store = wasmtime.Store(engine)
    return wasmtime.Instance(store, module, []).exports(store)["run"](store)


def kept(own_cache):
    return sorted(own_cache.glob("wasm/*.module"))


@pytest.fixture
def never(monkeypatch):
    """Compiling is an error."""
    monkeypatch.setattr(wasmcache, "_made", lambda *arguments: pytest.fail("compiled again"))


def test_what_was_compiled_once_runs_again_without_being_compiled(source, request):
    assert result(*compiled(wasmtime, source)) == 12
    request.getfixturevalue("never")
    assert result(*compiled(wasmtime, source)) == 12


def test_another_file_of_the_same_name_is_compiled(source, own_cache):
    compiled(wasmtime, source)
    assert result(*compiled(wasmtime, written(source, 11))) == 16
    assert len(kept(own_cache)) == 2


@pytest.mark.parametrize("name", ["version", "_SETTINGS"])
def test_another_version_or_setting_of_wasmtime_is_compiled_for(source, own_cache, monkeypatch, name):
    compiled(wasmtime, source)
    monkeypatch.setattr(wasmcache, name, (lambda package: "0.0.1") if name == "version" else "other")
    assert result(*compiled(wasmtime, source)) == 12
    assert len(kept(own_cache)) == 2


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda content: content[:-40], "checksum"),
        (lambda content: content[:90] + bytes([content[90] ^ 1]) + content[91:], "checksum"),
        (lambda content: b"", "empty"),
    ],
    ids=["truncated", "one bit", "empty"],
)
def test_damaged_code_is_never_run_and_one_warning_says_so(source, own_cache, damage, problem):
    compiled(wasmtime, source)
    (path,) = kept(own_cache)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(DamagedModuleWarning, match=problem) as caught:
        assert result(*compiled(wasmtime, source)) == 12
    assert len(caught) == 1


def test_the_code_of_another_module_under_the_name_is_never_run(source, own_cache, tmp_path):
    compiled(wasmtime, source)
    (first,) = kept(own_cache)
    compiled(wasmtime, written(tmp_path / "other.wasm", 13))
    (second,) = set(kept(own_cache)) - {first}
    first.write_bytes(second.read_bytes())
    with pytest.warns(DamagedModuleWarning, match="checksum"):
        assert result(*compiled(wasmtime, source)) == 12


def test_code_that_wasmtime_does_not_take_is_compiled_again(source, own_cache):
    compiled(wasmtime, source)
    (path,) = kept(own_cache)
    identity = "\n".join(
        (wasmcache.version("wasmtime"), "Engine()", wasmcache.hashlib.sha256(source.read_bytes()).hexdigest())
    )
    with path.open("wb") as file:
        wasmcache.codefile.write(file, identity.encode(), b"of another processor")
    with pytest.warns(DamagedModuleWarning, match="wasmtime cannot use it"):
        assert result(*compiled(wasmtime, source)) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of others")
def test_code_that_others_may_write_is_never_run(source, own_cache):
    compiled(wasmtime, source)
    (path,) = kept(own_cache)
    os.chmod(path, 0o666)  # noqa: PTH101
    with pytest.warns(DamagedModuleWarning, match="others"):
        assert result(*compiled(wasmtime, source)) == 12


def test_without_a_cache_it_is_compiled_each_time(source, monkeypatch):
    monkeypatch.setattr(storage, "cache_dir", lambda *parts: None)
    assert [result(*compiled(wasmtime, source)) for _ in range(2)] == [12, 12]


def test_compiling_a_large_file_is_told_and_a_small_one_or_a_kept_one_is_not(source, tmp_path):
    told = []
    large = written(tmp_path / "large.wasm", 17, size=2**20)
    for path in (source, large, large):
        assert result(*compiled(wasmtime, path, progress=lambda *each: told.append(each))) in (12, 22)
    assert told == [("compile WebAssembly", 0.0), ("compile WebAssembly", 1.0)]
    lines = []
    notices = Notices(lines.append, size=0)  # as the fixture zk has them
    for each in told:
        notices(*each)
    assert lines[0] == "compile WebAssembly, once a file ..."


def test_what_was_used_longest_ago_makes_room(source, own_cache, tmp_path, monkeypatch):
    compiled(wasmtime, source)
    (first,) = kept(own_cache)
    os.utime(first, (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(wasmcache, "MOST_BYTES", storage.BLOCK)
    compiled(wasmtime, written(tmp_path / "other.wasm", 19))
    assert first not in kept(own_cache)
    assert len(kept(own_cache)) == 1


def test_damage_that_is_made_an_error_ends_one_run_and_not_the_next(source, own_cache, request):
    compiled(wasmtime, source)
    (path,) = kept(own_cache)
    path.write_bytes(b"")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DamagedModuleWarning):
            compiled(wasmtime, source)
        request.getfixturevalue("never")
        assert result(*compiled(wasmtime, source)) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among files")
def test_a_pipe_in_a_modules_place_is_replaced(source, own_cache):
    compiled(wasmtime, source)
    (path,) = kept(own_cache)
    path.unlink()
    os.mkfifo(path)
    with pytest.warns(DamagedModuleWarning, match="no regular file"):
        assert result(*compiled(wasmtime, source)) == 12
    assert path.is_file()
