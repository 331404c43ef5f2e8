"""When kernels compile, where, and which process does it."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from zkrollup import kernels, storage
from zkrollup.kernels import jit, vectors
from zkrollup.kernels.jit import kernel

SQUARES = """
import sys
from zkrollup.kernels import jit, limbs, vectors
from zkrollup.kernels.montgomery import R
said = []
jit.prepare([vectors._fill_powers], waiting=said.append)
powers = limbs.from_montgomery(vectors.powers(3, 40), R)
assert powers == [3**i for i in range(40)], powers
hits = sum(vectors._fill_powers._code.stats.cache_hits.values())
print(hits, len(said))
"""

EVERYTHING = """
import hashlib, random
from concurrent.futures import ThreadPoolExecutor
from zkrollup.crypto.pairing import G2_GENERATOR
from zkrollup.kernels import fixed_base, limbs, msm, ntt, vectors
from zkrollup.kernels.montgomery import CALLING_CONVENTION, P, R
rng = random.Random(5)
scalars = [limbs.from_ints([rng.randrange(R) for _ in range(600)]) for _ in range(2)]
out = hashlib.sha256()
with ThreadPoolExecutor(2) as pool:
    for group, base in (msm.G1, [1, 2]), (msm.G2, [c for x in G2_GENERATOR for c in x]):
        rows = fixed_base.multiples(pool, group, limbs.montgomery(base, P).reshape(1, -1), scalars[0])
        out.update(rows.tobytes())
        out.update(msm.start_sum(pool, group, rows, scalars[1]).result().tobytes())
values = scalars[0][:512].copy()
ntt.domain(9).inverse(values)
vectors.leave_montgomery(values, values)
out.update(values.tobytes())
print(CALLING_CONVENTION, out.hexdigest())
"""


def run(program: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> list[str]:
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return out.split()


@kernel("int64(int64)")
def one_more(x):
    return x + 1


def test_a_kernel_compiles_at_its_first_call():
    fresh = kernel("int64(int64)")(lambda x: x * 3)
    assert not fresh.ready
    assert fresh(501) == 1503
    assert fresh.ready


def test_a_kernel_refuses_other_types_than_its_signature():
    assert one_more(6) == 7
    with pytest.raises(TypeError, match="No matching definition"):
        one_more(np.zeros(3))


def test_importing_kernels_compiles_nothing():
    program = (
        "from zkrollup.kernels import jit, msm, ntt, vectors\n"
        "print(any(kernel.ready for kernel in jit.kernels_of(msm, ntt, vectors)), bool(jit.kernels_of(msm)))"
    )
    assert output(run(program)) == ["False", "True"]


def test_importing_the_package_does_not_import_numba():
    program = "import sys, zkrollup, zkrollup.kernels; print('numba' in sys.modules)"
    assert output(run(program)) == ["False"]


def test_numbas_own_cache_folder_is_left_to_the_user(monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "users"))
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "ours"))
    fresh = kernel("int64(int64)")(one_more._function)
    jit.prepare([fresh])
    assert str(tmp_path / "users") == numba.config.CACHE_DIR
    assert not (tmp_path / "users").exists()
    assert list((tmp_path / "ours").rglob("*.nbc"))


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_writable_cache_kernels_still_run(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("occupied")
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file"))
    fresh = kernel("int64(int64)")(one_more._function)
    assert fresh(206) == 207


def test_a_home_that_does_not_exist_runs_uncached_with_one_warning():
    environment = dict.fromkeys(("HOME", "XDG_CACHE_HOME", storage.ENVIRONMENT_VARIABLE), "/proc/nonexistent")
    process = run(SQUARES, **environment)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert out.split() == ["0", "0"]
    assert error.count("UncachedWarning") == 1


def test_the_cache_folders_name_changes_with_the_sources(monkeypatch, tmp_path):
    before = jit.fingerprint.__wrapped__()
    assert before == jit.fingerprint()
    copy = tmp_path / "kernels"
    copy.mkdir()
    for source in Path(jit.__file__).parent.glob("*.py"):
        (copy / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(jit, "__file__", str(copy / "jit.py"))
    assert jit.fingerprint.__wrapped__() == before
    with (copy / "curve.py").open("a") as file:
        file.write("# edited\n")
    assert jit.fingerprint.__wrapped__() != before


def test_progress_names_the_work_and_ends_at_one():
    seen: list[tuple[str, float]] = []
    jit.prepare([vectors.multiply], progress=lambda label, fraction: seen.append((label, fraction)))
    assert {label for label, _ in seen} <= {"load kernels", "compile kernels"}
    assert [fraction for _, fraction in seen] == sorted(fraction for _, fraction in seen)
    assert seen[-1][1] == 1.0


@pytest.mark.slow
def test_six_cold_processes_compile_once(tmp_path):
    processes = [run(SQUARES, ZK_CACHE_DIR=str(tmp_path)) for _ in range(6)]
    results = [output(process) for process in processes]
    assert sorted(hits for hits, _ in results) == ["0", *["1"] * 5]
    assert len(list(tmp_path.rglob("*.nbc"))) == 1


@pytest.mark.slow
def test_the_portable_path_gives_the_same_bits():
    native, portable = (output(run(EVERYTHING, ZK_KERNELS=path)) for path in ("", "portable"))
    assert portable[0] == "ccc"
    assert native[1] == portable[1]


@pytest.mark.slow
def test_everything_can_be_loaded_ahead():
    messages: list[str] = []
    kernels.load(progress=lambda label, fraction: None, waiting=messages.append)
    assert vectors.combine.ready
