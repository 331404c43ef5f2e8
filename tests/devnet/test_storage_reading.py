"""Where the cache is, what is read from it, and what is told of its folders."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from tests.devnet import faults

from zkrollup import storage

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and no pipes among files")

MOST = 5000


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


# Where it is


def test_a_relative_folder_does_not_move_with_the_current_one(tmp_path, monkeypatch):
    name = f"relative-{tmp_path.name}"  # that no other test has
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, name)
    monkeypatch.chdir(tmp_path / "first")
    assert storage.cache_dir("keys") == tmp_path / "first" / name / "keys"
    monkeypatch.chdir(tmp_path / "second")
    assert storage.cache_dir("keys") == tmp_path / "first" / name / "keys"
    assert storage.fault() is None
    assert list((tmp_path / "second").iterdir()) == []


def homeless(name, appauthor):
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.parametrize("platform", [homeless, lambda name, appauthor: Path("~/.cache") / name])
def test_without_a_home_no_cache_is_used_and_one_warning_says_what_to_set(monkeypatch, platform, tmp_path):
    monkeypatch.delenv(storage.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", platform)
    monkeypatch.setattr(storage, "_TOLD", set())
    monkeypatch.chdir(tmp_path)
    with pytest.warns(storage.UncachedWarning, match="home.*set ZK_CACHE_DIR") as caught:
        assert [storage.cache_dir("keys"), storage.cache_dir("kernels")] == [None, None]
    with storage.exclusive("keys"):
        pass
    assert len(caught) == 1
    assert "ZK_CACHE_DIR" in storage.fault()
    assert storage.faults() == [storage.fault()]
    assert list(tmp_path.iterdir()) == []


HOMELESS = """
from zkrollup import storage
with storage.exclusive("keys"):
    print(storage.cache_dir("keys"), storage.cache_dir("kernels"), storage.fault())
"""


@posix
def test_a_user_without_a_name_and_a_home_runs_uncached(nobody):
    unknown = [each.replace(str(faults.NOBODY), "54321") for each in nobody]
    without = [f"--unset={name}" for name in ("HOME", "XDG_CACHE_HOME", storage.ENVIRONMENT_VARIABLE)]
    command = ["env", *without, *unknown, sys.executable, "-c", HOMELESS]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=100)
    (warning,) = faults.warnings_of(done)
    assert storage.ENVIRONMENT_VARIABLE in warning
    assert done.stdout.startswith("None None ")


def test_a_fault_that_is_made_an_error_ends_one_call_and_not_the_next(cache):
    cache.write_text("occupied")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(storage.UncachedWarning, match="ZK_CACHE_DIR"):
            storage.cache_dir("keys")
        assert storage.cache_dir("keys") is None


def test_two_processes_that_make_the_same_folder_both_have_it(cache, monkeypatch):
    is_dir = Path.is_dir

    def overtaken(path: Path) -> bool:
        """As the slower one sees it: there was none, and now there is."""
        found = is_dir(path)
        os.makedirs(path, exist_ok=True)  # noqa: PTH103  # pathlib's asks is_dir
        return found

    monkeypatch.setattr(Path, "is_dir", overtaken)
    assert storage.cache_dir("keys") == cache / "keys"


# What is told of it


@posix
def test_each_folder_that_serves_for_nothing_is_told(cache):
    for name in ("circuits", "compilations", "keys", "kernels", "proofs"):
        storage.cache_dir(name)
    assert storage.faults() == []
    (cache / "keys").chmod(0o757)
    (cache / "proofs").chmod(0o757)
    first, second = storage.faults()
    assert first.startswith(f"{cache / 'keys'} can be written by everybody")
    assert second.startswith(f"{cache / 'proofs'} can be written by everybody")
    assert storage.fault() is None


@posix
def test_a_folder_of_another_user_that_cannot_be_written_is_told(open_path, nobody):
    for name in ("keys", "proofs"):
        (open_path / name).mkdir()
    open_path.chmod(0o755)
    os.chown(open_path, faults.NOBODY, faults.NOBODY)
    os.chown(open_path / "proofs", faults.NOBODY, faults.NOBODY)
    program = "from zkrollup import storage; print(storage.faults())"
    unwritable = open_path / "keys"
    done = faults.run(program, open_path, under=nobody)
    assert done.stdout == f"{[f'cannot write to {unwritable}: Permission denied']}\n"


def test_the_fault_of_the_whole_is_told_once(cache):
    cache.write_text("occupied")
    assert storage.faults() == [storage.fault()]
    assert str(cache) in storage.fault()


# What is read


@posix
def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        storage.read(tmp_path / "pipe", MOST)


@posix
def test_neither_a_folder_nor_a_device_is_read(tmp_path):
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(OSError, match="no regular file"):
            storage.read(path, MOST)


@pytest.mark.parametrize("size", [0, MOST])
def test_a_file_is_read_up_to_its_bound(tmp_path, size):
    (tmp_path / "file").write_bytes(b"x" * size)
    assert storage.read(tmp_path / "file", MOST) == b"x" * size


@pytest.mark.parametrize("size", [MOST + 1, 200 * 2**30])
def test_a_file_beyond_its_bound_is_not_read(tmp_path, size):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(size)
    with pytest.raises(OSError, match=f"has {size} bytes, of at most {MOST}") as refusal:
        storage.read(tmp_path / "file", MOST)
    assert refusal.value.filename == str(tmp_path / "file")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
def test_what_is_refused_is_closed(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(OSError, match="no regular file"):
            storage.opened(tmp_path, MOST)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# What writers leave


def test_ctrl_c_in_a_write_leaves_no_half_of_a_file(tmp_path):
    def interrupted(file):
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.keep(tmp_path / "key", interrupted)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_goes_after_a_day_and_nothing_else_does(cache):
    folder = storage.cache_dir("keys")
    names = [".a.key.0123456789abcdef", ".b.key.fedcba9876543210", ".gitignore", "other.key"]
    for name in names:
        (folder / name).write_bytes(b"half")
        age = 3600 if name.startswith(".b") else 25 * 3600
        os.utime(folder / name, (time.time() - age,) * 2)
    assert storage.keep(folder / "c.key", lambda file: file.write(b"whole"))
    assert {path.name for path in folder.iterdir()} == {*names[1:], "c.key"}


def test_an_empty_file_takes_a_block(cache):
    folder = storage.cache_dir("proofs")
    for name in ("first", "second", "third"):
        (folder / name).touch()
    assert storage.taken(folder) == 3 * storage.BLOCK
    storage.make_room(folder, 2 * storage.BLOCK)
    assert len(list(folder.iterdir())) == 1
