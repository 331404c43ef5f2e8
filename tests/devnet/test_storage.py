import os
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from tests.devnet import faults

from zkrollup import storage

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes and no limits on a file's size"
)

as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root joins a group that is not its own"
)

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


def test_a_folder_is_looked_for_without_being_made(cache):
    assert storage.existing("keys") is None
    assert storage.fault() is None
    assert not cache.exists()
    made = storage.cache_dir("keys")
    assert storage.existing("keys") == made


@posix
def test_a_folder_that_everybody_may_write_does_not_exist_for_readers(cache):
    storage.cache_dir("keys").chmod(0o777)
    assert storage.existing("keys") is None
    assert storage.existing() == cache


def test_a_relative_root_stays_where_it_was_when_the_process_moves(monkeypatch, tmp_path):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, "relative-601")
    monkeypatch.chdir(tmp_path)
    assert storage.cache_dir("keys") == tmp_path / "relative-601" / "keys"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert storage.root() == tmp_path / "relative-601"


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

    with storage.exclusive("shared", release, doing="shares"):
        assert holder.returncode == 0
    assert messages == ["waiting while another process shares"]


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


# Room


def fill(folder: Path, **ages: int) -> None:
    """Entries of two blocks each, last used so many seconds ago; those called ``folder...`` are folders."""
    for name, age in ages.items():
        path = folder / name
        if name.startswith("folder"):
            (path / "below").mkdir(parents=True)
            (path / "below" / "file").write_bytes(bytes(storage.BLOCK - 3))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(storage.BLOCK + 7))
        used = time.time() - age
        os.utime(path, (used, used))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_and_whole_folders_used_longest_ago_make_room(cache):
    fill(cache / "kept", file_a=100, folder_b=400, file_c=200, folder_d=300)
    storage.make_room(cache / "kept", 6 * storage.BLOCK)
    # Down to seven eighths of six blocks, which two entries fit into.
    assert names(cache / "kept") == {"file_a", "file_c"}


def test_what_has_room_stays(cache):
    fill(cache / "kept", file_a=100, folder_b=400)
    storage.make_room(cache / "kept", 4 * storage.BLOCK)
    assert names(cache / "kept") == {"file_a", "folder_b"}


def test_a_folder_that_was_marked_counts_as_used(cache):
    fill(cache / "kept", file_a=100, folder_b=400, file_c=200)
    storage.mark_used(cache / "kept" / "folder_b")
    storage.make_room(cache / "kept", 4 * storage.BLOCK)
    assert names(cache / "kept") == {"folder_b"}


def test_what_is_in_use_stays_even_where_there_is_no_room(cache):
    fill(cache / "kept", file_a=59, folder_b=30, file_c=400)
    storage.make_room(cache / "kept", 1, idle=90)
    assert names(cache / "kept") == {"file_a", "folder_b"}


def test_what_a_wrong_clock_has_marked_does_not_stay_for_good(cache):
    fill(cache / "kept", file_a=-100_000, file_c=5)
    storage.make_room(cache / "kept", 1, idle=90)
    assert names(cache / "kept") == {"file_c"}


def test_a_link_makes_room_and_what_it_leads_to_stays(cache, tmp_path):
    fill(tmp_path / "elsewhere", file_a=100)
    (cache / "kept").mkdir(parents=True)
    (cache / "kept" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    storage.make_room(cache / "kept", 1)
    assert names(cache / "kept") == set()
    assert names(tmp_path / "elsewhere") == {"file_a"}


def test_what_cannot_be_removed_stays_and_the_next_makes_room(cache, monkeypatch):
    fill(cache / "kept", file_a=300, file_b=200, file_c=100)
    unlink = Path.unlink

    def in_use(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == "file_a":
            raise PermissionError(13, "The process cannot access the file")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", in_use)
    storage.make_room(cache / "kept", 5 * storage.BLOCK)
    assert names(cache / "kept") == {"file_a", "file_c"}


def test_a_folder_that_is_gone_has_room(cache):
    storage.make_room(cache / "kept", 1)
    assert storage.taken(cache / "kept") == 0


def test_what_a_folder_takes_is_counted_in_blocks_and_below_it(cache):
    fill(cache / "kept", file_a=100, folder_b=100)
    assert storage.taken(cache / "kept") == 3 * storage.BLOCK


# Faults


def test_what_cannot_be_written_is_one_warning_for_a_folder(cache):
    folder = storage.cache_dir("keys")
    for name in ("first", "second"):
        (folder / name).mkdir()
    with pytest.warns(storage.UncachedWarning, match="first.*directory") as caught:
        kept = [storage.keep(folder / name, lambda file: file.write(b"x")) for name in ("first", "second")]
    assert kept == [False, False]
    assert len(caught) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["first", "second"]


def test_one_folder_that_cannot_be_written_silences_no_other(cache):
    paths = [storage.cache_dir(name) / "occupied" for name in ("keys", "kernels")]
    for path in paths:
        path.mkdir()
    with pytest.warns(storage.UncachedWarning) as caught:
        assert not any(storage.keep(path, lambda file: file.write(b"x")) for path in (*paths, *paths))
    assert [str(path) in str(each.message) for path, each in zip(paths, caught, strict=True)] == [True, True]


@posix
def test_one_folder_that_others_may_write_silences_no_other(cache):
    folders = [storage.cache_dir(name) for name in ("keys", "kernels")]
    for folder in folders:
        folder.chmod(0o757)
    with pytest.warns(storage.UntrustedCacheWarning) as caught:
        assert [storage.cache_dir(name) for name in ("keys", "kernels", "keys")] == [None] * 3
    assert [str(folder) in str(each.message) for folder, each in zip(folders, caught, strict=True)] == [
        True,
        True,
    ]


def test_what_fails_for_another_reason_than_the_disk_comes_out(cache):
    folder = storage.cache_dir("keys")
    with pytest.raises(ZeroDivisionError):
        storage.keep(folder / "key", lambda file: 1 // 0)
    assert list(folder.iterdir()) == []


def test_a_cache_that_was_emptied_meanwhile_is_no_fault(cache):
    folder = storage.cache_dir("keys")
    folder.rmdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not storage.keep(folder / "key", lambda file: file.write(b"x"))


WRITE = """
from zkrollup import storage
with storage.exclusive("writing"):
    kept = storage.keep(storage.cache_dir("keys") / "key", lambda file: file.write(bytes(%d)))
print(kept, storage.fault())
"""


@posix
@pytest.mark.parametrize("size", [5000, 500_000])
def test_a_full_disk_is_one_warning_with_the_path_and_leaves_nothing(open_path, size):
    program = WRITE % size
    done = faults.run(program, open_path, before=faults.fill_the_disk)
    (warning,) = faults.warnings_of(done)
    assert f"cannot write to the cache, {open_path / 'keys' / 'key'}: File too large" in warning
    assert done.stdout.startswith("False")
    assert list((open_path / "keys").iterdir()) == []


@posix
def test_a_disk_without_room_for_a_block_is_a_fault(open_path):
    program = "from zkrollup import storage; print(storage.fault())"
    whole = faults.run(program, open_path)
    full = faults.run(program, open_path, before=lambda: faults.fill_the_disk(0))
    assert whole.stdout == "None\n"
    assert full.stdout == f"cannot write to {open_path}: File too large\n"


@posix
def test_another_user_reads_a_folder_of_root_and_needs_no_lock_to(open_path, nobody):
    (open_path / "keys").mkdir()
    (open_path / "keys" / "key").write_bytes(b"key")
    program = "from zkrollup import storage\nwith storage.exclusive('x'): print(storage.cache_dir('keys'))"
    done = faults.run(program, open_path, under=nobody)
    assert (faults.warnings_of(done), done.stdout) == ([], f"{open_path / 'keys'}\n")


@posix
def test_a_lock_that_another_user_may_not_write_is_done_without(open_path, nobody):
    (open_path / "locks").mkdir()
    (open_path / "locks" / "writing.lock").touch(0o600)
    (open_path / "keys").mkdir()
    done = faults.run(WRITE % 9, open_path, under=nobody)
    (warning,) = faults.warnings_of(done)
    assert f"cannot write to the cache, {open_path / 'keys' / 'key'}: Permission denied" in warning


@posix
@pytest.mark.parametrize(
    ("umask", "file", "folder"), [(0o022, 0o644, 0o755), (0o002, 0o664, 0o775), (0o077, 0o600, 0o700)]
)
def test_modes_follow_the_umask(open_path, umask, file, folder):
    done = faults.run(WRITE % 9, open_path / "cache", before=lambda: os.umask(umask))
    assert faults.warnings_of(done) == []
    modes = [stat.S_IMODE((open_path / "cache" / name).stat().st_mode) for name in ("keys/key", "keys", ".")]
    assert modes == [file, folder, folder]


UNNAMED = 54321
"""A group that has no name here, so that it is nobody's private one."""


def join_an_unnamed_group():
    faults.share()
    os.setgid(UNNAMED)


def modes_below(cache):
    return {stat.S_IMODE(path.stat().st_mode) for path in (cache, *cache.rglob("*")) if not path.is_symlink()}


@as_root
def test_a_cache_made_in_a_shared_primary_group_is_used_again(open_path):
    cache = open_path / "cache"
    for _ in range(2):
        done = faults.run(WRITE % 9, cache, before=join_an_unnamed_group)
        assert (faults.warnings_of(done), done.stdout) == ([], "True None\n")
    assert (cache / "keys" / "key").stat().st_gid == UNNAMED
    assert modes_below(cache) == {0o755, 0o644}


@as_root
def test_a_cache_whose_folder_hands_down_a_shared_group_is_used_again(open_path):
    cache = open_path / "cache"
    cache.mkdir()
    os.chown(cache, -1, UNNAMED)
    cache.chmod(0o2755)
    for _ in range(2):
        done = faults.run(WRITE % 9, cache, before=faults.share)
        assert (faults.warnings_of(done), done.stdout) == ([], "True None\n")
    assert modes_below(cache) == {0o2755, 0o644}


@as_root
def test_whoever_trusts_the_group_shares_with_it(open_path):
    done = faults.run(WRITE % 9, open_path / "cache", before=join_an_unnamed_group, ZK_CACHE_SHARED="1")
    assert (faults.warnings_of(done), done.stdout) == ([], "True None\n")
    assert modes_below(open_path / "cache") == {0o775, 0o664}


@posix
def test_nothing_is_made_that_everybody_may_write_whatever_the_umask(open_path):
    for _ in range(2):
        done = faults.run(WRITE % 9, open_path / "cache", before=lambda: os.umask(0))
        assert (faults.warnings_of(done), done.stdout) == ([], "True None\n")
    made = [path for path in (open_path / "cache").rglob("*") if not path.is_symlink()]
    assert made
    assert not [path for path in made if path.stat().st_mode & stat.S_IWOTH]


@posix
def test_a_folder_that_everybody_may_write_is_not_used(cache):
    cache.mkdir()
    cache.chmod(0o777)
    with pytest.warns(storage.UntrustedCacheWarning, match="everybody") as caught:
        assert [storage.cache_dir("keys"), storage.cache_dir("kernels")] == [None, None]
    assert len(caught) == 1
    assert str(cache) in str(caught[0].message)
    assert "everybody" in storage.fault()
    with storage.exclusive("keys"):
        pass
    assert list(cache.iterdir()) == []


def test_room_is_made_without_what_cannot_be_removed(tmp_path, monkeypatch, cache):
    folder = tmp_path / "kept"
    folder.mkdir()
    for number in range(4):
        (folder / f"file-{number}").write_bytes(b"x")
    stuck = folder / "file-0"
    unlink = Path.unlink

    def refuse(path, missing_ok=False):
        if path == stuck:
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    storage.make_room(folder, 3 * storage.BLOCK)
    assert sorted(path.name for path in folder.iterdir()) == ["file-0", "file-3"]


def test_room_in_a_folder_that_is_gone_is_no_fault(tmp_path):
    storage.make_room(tmp_path / "gone", 4096)
