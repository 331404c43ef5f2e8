"""Keys on disk: made once, read back the same, never trusted when damaged."""

import os
import shutil
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from tests.devnet import faults

from zkrollup import storage
from zkrollup.crypto.pairing import uses_kernels
from zkrollup.kernels import entries as all_kernels
from zkrollup.kernels import jit, limbs
from zkrollup.kernels.jit import fingerprint
from zkrollup.kernels.montgomery import R
from zkrollup.snark import groth16, keyfile, store
from zkrollup.snark.keyfile import DamagedKeyFile, OtherKeyFormat
from zkrollup.snark.keys import ProvingKey
from zkrollup.snark.r1cs import R1CS, SparseMatrix
from zkrollup.snark.store import DamagedKeyWarning

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no users to become and no such limits"
)

ARRAYS = ("a_wires", "b_wires", "a", "b1", "b2", "c")

MAKE_KEY = """
import hashlib, sys
import numpy as np
from zkrollup.kernels import limbs
from zkrollup.kernels.montgomery import R
from zkrollup.snark import store
from zkrollup.snark.r1cs import R1CS, SparseMatrix
rows = [SparseMatrix(np.array([0, 1]), np.array([w], np.uint32), limbs.montgomery([1], R)) for w in (2, 3, 1)]
labels = []
key = store.proving_key("product", R1CS(4, 1, *rows), progress=lambda label, fraction: labels.append(label))
print(hashlib.sha256(repr(key.vk).encode()).hexdigest(), "make" if "make keys" in labels else "read")
"""


def product(n_public: int) -> R1CS:
    rows = [
        SparseMatrix(np.array([0, 1]), np.array([w], np.uint32), limbs.montgomery([1], R)) for w in (2, 3, 1)
    ]
    return R1CS(4, n_public, *rows)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path))
    return tmp_path / "keys"


@pytest.fixture
def circuit():
    return product(1)


def same(first: ProvingKey, second: ProvingKey) -> bool:
    arrays = all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ARRAYS)
    return arrays and (first.vk, first.n_wires, first.log_size) == (
        second.vk,
        second.n_wires,
        second.log_size,
    )


def test_a_stored_key_is_read_back_the_same_and_proves(folder, circuit):
    made = store.proving_key("product", circuit)
    read = store.proving_key("product", circuit, progress=lambda label, fraction: pytest.fail("made again"))
    assert same(made, read)
    proof = groth16.prove(read, circuit, limbs.from_ints([1, 143, 11, 13]))
    assert groth16.verify(made.vk, [143], proof)


def test_each_circuit_has_a_key_of_its_own(folder, circuit):
    first, second = (store.proving_key(digest, circuit) for digest in ("one", "other"))
    assert first.vk != second.vk
    assert len(list(folder.glob("*.key"))) == 2


def test_a_read_keys_arrays_are_memory_mapped(folder, circuit):
    store.proving_key("product", circuit)
    base = store.proving_key("product", circuit).c
    while not isinstance(base, np.memmap):
        base = base.base
    assert base.mode == "c"


@pytest.mark.parametrize(
    "position", [0, 40, 99, 1000, -1], ids=["magic", "digest", "near", "header", "last byte"]
)
def test_an_altered_key_file_is_noticed_and_made_anew(folder, circuit, position):
    before = store.proving_key("product", circuit)
    (path,) = folder.glob("*.key")
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.warns(DamagedKeyWarning, match="new key"):
        after = store.proving_key("product", circuit)
    assert after.vk != before.vk
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(after, store.proving_key("product", circuit))


@pytest.mark.parametrize("size", [0, 10, 50, 101, 2000])
def test_a_truncated_key_file_is_noticed_and_made_anew(folder, circuit, size):
    store.proving_key("product", circuit)
    (path,) = folder.glob("*.key")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.warns(DamagedKeyWarning):
        assert same(store.proving_key("product", circuit), keyfile.read(path))


def test_a_key_stored_for_a_circuit_of_other_sizes_is_not_used(folder, circuit):
    store.proving_key("product", circuit)
    with pytest.warns(DamagedKeyWarning, match="the circuit has"):
        assert store.proving_key("product", product(2)).vk.n_public == 2


def test_the_key_of_another_circuit_of_the_same_sizes_is_not_used(folder, circuit):
    mine, other = store.proving_key("product", circuit), store.proving_key("quotient", circuit)
    assert mine.vk != other.vk
    shutil.copyfile(store.key_path("quotient"), store.key_path("product"))
    with pytest.warns(DamagedKeyWarning, match="checksum"):
        assert store.proving_key("product", circuit).vk not in (mine.vk, other.vk)


def test_reading_names_what_is_wrong_with_a_file(tmp_path):
    path = tmp_path / "some.key"
    path.write_bytes(b"x" * 200)
    with pytest.raises(DamagedKeyFile, match="another format") as caught:
        keyfile.read(path)
    assert caught.value.path == path
    assert type(caught.value) is DamagedKeyFile


def test_a_key_that_another_version_wrote_is_told_from_a_file_that_is_no_key(tmp_path):
    path = tmp_path / "some.key"
    path.write_bytes(keyfile.MAGIC.replace(b"format 3", b"format 2") + bytes(200))
    with pytest.raises(OtherKeyFormat, match="of another version of pytest-zkrollup"):
        keyfile.read(path)


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_writable_cache_a_key_is_made_each_time(tmp_path, monkeypatch, circuit):
    (tmp_path / "file").write_text("occupied")
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file"))
    assert store.proving_key("product", circuit).vk != store.proving_key("product", circuit).vk


@pytest.mark.slow
def test_processes_that_need_the_same_key_make_it_once(tmp_path):
    # Kernels come from this process's cache: the test is about keys.
    kernels = storage.cache_dir("kernels")
    assert kernels is not None
    (tmp_path / "kernels").symlink_to(kernels)
    environment = {**os.environ, storage.ENVIRONMENT_VARIABLE: str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", MAKE_KEY], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    results = [process.communicate(timeout=300)[0].split() for process in processes]
    assert len({digest for digest, _ in results}) == 1
    assert sorted(how for _, how in results) == ["make", "read", "read", "read"]


# Faults


@pytest.fixture
def own_kernels(open_path):
    """A cache with this machine's kernels, which the tests here are not about."""
    kernels = storage.cache_dir("kernels", fingerprint())
    assert kernels is not None
    jit.prepare(all_kernels(pairing=uses_kernels()))
    shutil.copytree(kernels, open_path / "kernels" / kernels.name)
    return open_path


@posix
@pytest.mark.slow
def test_a_full_disk_is_one_warning_and_the_key_is_used(own_kernels):
    done = faults.run(MAKE_KEY, own_kernels, before=lambda: faults.fill_the_disk(1000))
    (warning,) = faults.warnings_of(done)
    assert str(own_kernels / "keys") in warning
    assert done.stdout.split()[1] == "make"
    assert list((own_kernels / "keys").iterdir()) == []


@posix
@pytest.mark.slow
def test_a_key_of_another_user_is_read(own_kernels, nobody):
    first = faults.run(MAKE_KEY, own_kernels)
    second = faults.run(MAKE_KEY, own_kernels, under=nobody)
    assert faults.warnings_of(second) == []
    assert second.stdout.split() == [first.stdout.split()[0], "read"]


def test_what_is_no_file_is_no_key(folder, circuit):
    store.proving_key("product", circuit)
    (path,) = folder.glob("*.key")
    path.unlink()
    path.mkdir()
    with (
        pytest.warns(DamagedKeyWarning, match=path.name),
        pytest.warns(storage.UncachedWarning, match=path.name),
    ):
        assert store.proving_key("product", circuit).vk.n_public == 1


def test_damaged_keys_can_be_asked_for(folder, circuit):
    for digest in ("one", "other"):
        store.proving_key(digest, circuit)
    assert store.examined()[0] == []
    (path, _) = sorted(folder.glob("*.key"))
    path.write_bytes(path.read_bytes()[:-1])
    (found,) = store.examined()[0]
    assert str(path) in found


INTERRUPTED = """
import numpy as np
from zkrollup.kernels import limbs
from zkrollup.kernels.montgomery import R
from zkrollup.snark import store
from zkrollup.snark.r1cs import R1CS, SparseMatrix
n = 1 << 14
ones = np.repeat(limbs.montgomery([1], R), n, 0)
wires = np.arange(n, dtype=np.uint32) % (n - 4)
rows = [SparseMatrix(np.arange(n + 1), wires + np.uint32(w), ones) for w in (2, 3, 1)]
def told(label, fraction):
    print(label, fraction, flush=True)
store.proving_key("large", R1CS(n, 1, *rows), progress=told)
"""


@posix
@pytest.mark.slow
def test_ctrl_c_while_a_key_is_made_leaves_no_key_and_no_half_of_one(own_kernels):
    process = faults.start_interruptible("-c", INTERRUPTED, ZK_CACHE_DIR=str(own_kernels))
    assert "make keys 0.1\n" in iter(process.stdout.readline, "")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGINT
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert list((own_kernels / "keys").iterdir()) == []
    assert faults.run(MAKE_KEY, own_kernels).stdout.split()[1] == "make"


def test_damage_that_is_made_an_error_ends_one_run_and_not_the_next(folder, circuit):
    store.proving_key("product", circuit)
    (path,) = folder.glob("*.key")
    path.write_bytes(path.read_bytes()[:-1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DamagedKeyWarning):
            store.proving_key("product", circuit)
        assert same(store.proving_key("product", circuit), keyfile.read(path))


@posix
@pytest.mark.parametrize(
    ("damage", "rule"),
    [(os.mkfifo, "no regular file"), (lambda path: large(path, 200 * 2**30), "of at most")],
    ids=["pipe", "large"],
)
def test_what_can_be_no_key_is_not_read_and_is_replaced(folder, circuit, damage, rule):
    store.proving_key("product", circuit)
    (path,) = folder.glob("*.key")
    path.unlink()
    damage(path)
    assert len(store.examined()[0]) == 1
    with pytest.warns(DamagedKeyWarning, match=rule):
        made = store.proving_key("product", circuit)
    assert same(made, keyfile.read(path))


def large(path, size):
    with path.open("wb") as file:
        file.truncate(size)
