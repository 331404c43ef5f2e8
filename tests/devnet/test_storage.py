import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from zkrollup import storage

HOLDER = """
import sys
from zkrollup import storage
with storage.exclusive("shared"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # A file in the folder's place: no permission bit stops root, this does.
    (tmp_path / "file").write_text("occupied")
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file" / "cache"))
    return tmp_path / "file" / "cache"


def test_the_environment_variable_names_the_cache_root(cache):
    assert storage.cache_dir("keys", "v7") == cache / "keys" / "v7"
    assert (cache / "keys" / "v7").is_dir()


def test_without_the_variable_the_platform_names_the_cache_root(monkeypatch, tmp_path):
    monkeypatch.delenv(storage.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, appauthor: tmp_path / name)
    assert storage.cache_dir("keys") == tmp_path / "zkrollup" / "keys"


def test_without_a_writable_cache_there_is_no_folder_and_one_warning(unwritable):
    with pytest.warns(storage.UncachedWarning, match=storage.ENVIRONMENT_VARIABLE) as caught:
        folders = [storage.cache_dir("keys"), storage.cache_dir("kernels")]
    assert folders == [None, None]
    assert len(caught) == 1
    assert str(unwritable) in str(caught[0].message)


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_writable_cache_a_lock_holds_nothing(unwritable):
    with storage.exclusive("keys"), storage.exclusive("keys"):
        pass
    assert not unwritable.exists()


def test_a_home_that_does_not_exist_only_warns():
    environment = {**os.environ, "HOME": "/proc/nonexistent", "XDG_CACHE_HOME": "/proc/nonexistent"}
    environment.pop(storage.ENVIRONMENT_VARIABLE, None)
    program = "from zkrollup import storage; print(storage.cache_dir('keys'))"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stdout == "None\n"
    assert done.stderr.count("UncachedWarning") == 1


def test_a_free_lock_is_taken_without_waiting(cache):
    messages: list[str] = []
    with storage.exclusive("free", messages.append):
        pass
    assert messages == []


def test_a_lock_held_by_another_process_is_waited_for_and_said_so(cache):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    messages: list[str] = []

    def release(message: str) -> None:
        messages.append(message)
        assert holder.poll() is None
        holder.communicate("go\n", timeout=30)

    with storage.exclusive("shared", release):
        assert holder.returncode == 0
    assert messages == ["waiting for another process: shared"]


def test_a_finished_write_replaces_the_file(tmp_path):
    target = tmp_path / "key"
    target.write_bytes(b"old")
    with storage.atomic_write(target) as file:
        file.write(b"new contents")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new contents"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "key"
    target.write_bytes(b"old")

    def fail_halfway() -> None:
        with storage.atomic_write(target) as file:
            file.write(b"half")
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        fail_halfway()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_single_unwritable_folder_is_the_only_one_that_goes_uncached(cache):
    cache.mkdir()
    (cache / "keys").write_text("occupied")
    with pytest.warns(storage.UncachedWarning, match="keys"):
        assert storage.cache_dir("keys", "v7") is None
    assert storage.cache_dir("kernels") == cache / "kernels"


def test_a_folder_that_was_deleted_is_made_again(cache):
    folder = storage.cache_dir("keys")
    assert folder is not None
    folder.rmdir()
    assert storage.cache_dir("keys") == folder
    assert folder.is_dir()


def test_a_writable_cache_warns_of_nothing(cache):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert storage.cache_dir("keys") is not None
