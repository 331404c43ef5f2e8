"""Errors of a store have its path and a remedy, and lose nothing that was saved. Real files, real faults."""

import shutil
import subprocess
import sys
from contextlib import closing

import pytest
from tests.devnet import faults
from tests.devnet.operator.ledgers import deposit
from tests.devnet.operator.store.working import Working, batches, load, opened, remembered, with_everything

from zkrollup.errors import ZkRollupError
from zkrollup.operator.store import BrokenStore, OperatorStore, StoreError, StoreInUse, StoreUnavailable

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from being deleted")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "operator.sqlite"


def names(folder):
    return [path.name for path in folder.iterdir()]


def assert_unavailable(refusal, path, reason, remedy):
    assert (refusal.value.path, type(refusal.value)) == (path, StoreUnavailable)
    assert reason in refusal.value.reason
    assert remedy in refusal.value.remedy
    assert str(path) in str(refusal.value)


def test_all_errors_of_a_store_have_one_root():
    for error in (BrokenStore, StoreInUse, StoreUnavailable):
        assert issubclass(error, StoreError)
    assert issubclass(StoreError, ZkRollupError)


# Where there can be none


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreUnavailable) as refusal:
        OperatorStore(tmp_path)
    assert_unavailable(refusal, tmp_path, "a folder", "operator.sqlite")


def test_a_store_in_a_missing_folder_is_not_made(tmp_path):
    path = tmp_path / "missing" / "operator.sqlite"
    with pytest.raises(StoreUnavailable) as refusal:
        OperatorStore(path)
    assert_unavailable(refusal, path, str(path.parent), "make it first")
    assert not path.parent.exists()


def test_a_store_below_a_file_is_not_made(file):
    file.write_text("no folder")
    with pytest.raises(StoreUnavailable) as refusal:
        OperatorStore(file / "operator.sqlite")
    assert_unavailable(refusal, file / "operator.sqlite", "no folder", "make it first")


def test_a_store_makes_one_file_and_leaves_no_other(file):
    OperatorStore(file).close()
    assert names(file.parent) == [file.name]


@pytest.mark.parametrize("name", ["with blanks", "per%20cent", "question?mode=ro", "hash#tag", "ümlaut"])
@posix
def test_a_store_may_have_any_name(tmp_path, name):
    with closing(OperatorStore(tmp_path / name)) as store:
        state = opened(store).state
    assert remembered(load(tmp_path / name)) == remembered(state)
    assert names(tmp_path) == [name]


# Another user, another process

OPEN = """
import sys
from zkrollup.operator.store import OperatorStore, StoreError
try:
    OperatorStore(sys.argv[1]).close()
except StoreError as error:
    print(type(error).__name__, error)
else:
    print("opened")
"""


def opened_elsewhere(path, *, under=()):
    """What another process, or another user, meets at a path."""
    command = [*under, sys.executable, "-c", OPEN, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout


def test_a_store_that_another_process_has_open_is_in_use(file):
    with closing(OperatorStore(file)):
        assert opened_elsewhere(file).startswith(f"StoreInUse {file} is in use")
    assert opened_elsewhere(file) == "opened\n"


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_store_that_another_program_has_locked_is_in_use(file):
    OperatorStore(file).close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreInUse) as refusal:
            OperatorStore(file)
        holder.communicate("\n")
    assert refusal.value.path == file
    OperatorStore(file).close()


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_store_that_this_user_may_not_write_says_so(open_path, nobody, place):
    path = open_path / "operator.sqlite"
    OperatorStore(path).close()
    path.chmod(0o444 if place == "file" else 0o666)
    open_path.chmod(0o777 if place == "file" else 0o555)
    told = opened_elsewhere(path, under=nobody)
    assert told.startswith(f"StoreUnavailable the store {path} cannot be used: the {place} ")
    assert "write access" in told


# Full disks


def test_a_full_disk_keeps_what_was_saved_and_the_next_try_goes_on(file):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        before, connection = life.state, store._database._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable) as refusal:
            batches(life, 8)
        assert_unavailable(refusal, file, "disk is full", "free some space")
        before = life.state
        connection.execute("PRAGMA max_page_count = 100000")
        life.queued(deposit(1, 307))
        after = life.state
    assert before != after
    assert remembered(load(file)) == remembered(after)


FILL = """
import sys
from dataclasses import replace
from zkrollup.ledger.operations import Withdrawal
from zkrollup.operator.mempool import Pooled, Unsealable
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.state import OperatorState
from zkrollup.operator.store import OperatorStore, StoreError

fresh = OperatorState(Sequencer.genesis(slots=3, levels=4, domain=424243))
try:
    store = OperatorStore(sys.argv[1])
    state = store.load(fresh)
    if state is None:
        store.save(None, fresh)
        state = fresh
    print(len(state.sequencer.evicted), "at first", flush=True)
    for number in range(int(sys.argv[2])):
        lost = Unsealable(Pooled(Withdrawal(3, 5, 7, number), number), "nonce", "x" * 2000)
        sequencer = replace(state.sequencer, evicted=(*state.sequencer.evicted, lost))
        after = replace(state, sequencer=sequencer)
        store.save(state, after)
        state = after
except StoreError as error:
    print(type(error).__name__, error.path, error.reason)
    print(number if "number" in vars() else "none", "saved")
"""


def filled(path, count, *, room=None):
    """What a program tells that saves so many transitions where no file may grow beyond ``room`` bytes."""
    limited = None if room is None else lambda: faults.fill_the_disk(room)
    command = [sys.executable, "-c", FILL, str(path), str(count)]
    done = subprocess.run(command, preexec_fn=limited, capture_output=True, text=True, cwd="/", timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@posix
@pytest.mark.parametrize("room", [100_000, 150_000])
def test_a_disk_that_takes_no_more_loses_nothing_that_was_saved(file, room):
    began, error, saved = filled(file, 100, room=room)
    assert began == "0 at first"
    assert error.startswith(f"StoreUnavailable {file} the disk ")
    count = int(saved.removesuffix(" saved"))
    assert 0 < count < 100
    assert filled(file, 3) == [f"{count} at first"]
    assert filled(file, 0) == [f"{count + 3} at first"]


@posix
def test_a_store_that_does_not_fit_is_not_begun(file):
    error, _ = filled(file, 1, room=5000)
    assert error.startswith(f"StoreUnavailable {file} the disk ")
    assert names(file.parent) == []


# A file that goes away under its operator


@posix
def test_a_store_that_is_deleted_is_noticed_at_the_next_save_and_can_be_saved_elsewhere(file, tmp_path):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        with_everything(life)
        before = life.state
        file.unlink()
        with pytest.raises(StoreUnavailable) as refusal:
            life.queued(deposit(1, 307))
        assert_unavailable(refusal, file, "deleted", "store.backup")
        assert life.state is before
        store.backup(file)
    assert remembered(load(file)) == remembered(before)


@posix
def test_a_store_that_is_replaced_is_noticed_at_the_next_save(file, tmp_path):
    other = tmp_path / "other.sqlite"
    OperatorStore(other).close()
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        before = life.state
        other.replace(file)
        with pytest.raises(StoreUnavailable) as refusal:
            life.queued(deposit(1, 307))
        assert_unavailable(refusal, file, "replaced by another file", "store.backup")
        store.backup(other)
    assert remembered(load(other)) == remembered(before)


@posix
def test_a_store_that_is_moved_away_and_back_goes_on(file):
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        aside = file.with_name("aside.sqlite")
        file.rename(aside)
        with pytest.raises(StoreUnavailable, match="deleted"):
            life.queued(deposit(1, 307))
        aside.rename(file)
        life.queued(deposit(1, 311))
        state = life.state
    assert remembered(load(file)) == remembered(state)


def test_a_store_that_was_closed_says_so(file):
    store = OperatorStore(file)
    life = opened(store)
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        life.queued(deposit(1, 307))


# Backups


def test_a_backup_has_what_was_saved_when_it_was_made(file, tmp_path):
    copy = tmp_path / "copy.sqlite"
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        with_everything(life)
        store.backup(copy)
        saved = life.state
        life.queued(deposit(1, 307))
        state = life.state
    assert remembered(load(copy)) == remembered(saved)
    assert remembered(load(file)) == remembered(state)
    with closing(OperatorStore(copy)) as store:  # and is a store as any other
        batches(Working(store), 1)


def test_a_backup_overwrites_nothing(file, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with closing(OperatorStore(file)) as store:
        for taken in (notes, file):
            with pytest.raises(StoreUnavailable) as refusal:
                store.backup(taken)
            assert_unavailable(refusal, taken, "already", "another name")
    assert notes.read_text() == "mine"


def test_a_backup_into_a_missing_folder_is_refused(file, tmp_path):
    with closing(OperatorStore(file)) as store, pytest.raises(StoreUnavailable, match="make it first"):
        store.backup(tmp_path / "missing" / "copy.sqlite")


def test_a_store_that_was_altered_gives_no_backup(file, tmp_path):
    with closing(OperatorStore(file)) as store:
        opened(store)
        store._database._connection.execute("UPDATE memory SET value = '7' WHERE name = 'arrivals'")
        with pytest.raises(BrokenStore) as refusal:
            store.backup(tmp_path / "copy.sqlite")
    assert (refusal.value.path, refusal.value.table) == (file, "memory")
    assert names(tmp_path) == [file.name]


def test_between_two_transitions_the_one_file_has_everything(file, tmp_path):
    copy = tmp_path / "copy.sqlite"
    with closing(OperatorStore(file)) as store:
        life = opened(store)
        with_everything(life)
        shutil.copyfile(file, copy)  # while it is open, without any other file beside it
        state = life.state
    assert remembered(load(copy)) == remembered(state)
