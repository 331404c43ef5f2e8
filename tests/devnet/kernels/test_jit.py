"""When kernels compile, where, and which process does it."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from zkrollup import kernels, sources, storage
from zkrollup.kernels import jit, vectors
from zkrollup.kernels.jit import kernel

SQUARES = """
import sys
from zkrollup.kernels import jit, limbs, vectors
from zkrollup.kernels.montgomery import R
said, labels = [], set()
jit.prepare([vectors._fill_powers], progress=lambda label, fraction: labels.add(label), waiting=said.append)
powers = limbs.from_montgomery(vectors.powers(3, 40), R)
assert powers == [3**i for i in range(40)], powers
print(*(label.split()[0] for label in sorted(labels)), len(said))
"""

EVERYTHING = """
import hashlib, random
from concurrent.futures import ThreadPoolExecutor
from zkrollup.crypto.pairing import G2_GENERATOR
from zkrollup.kernels import fixed_base, limbs, msm, ntt, pairing, vectors
from zkrollup.kernels.montgomery import CALLING_CONVENTION, P, R
rng = random.Random(5)
scalars = [limbs.from_ints([rng.randrange(R) for _ in range(600)]) for _ in range(2)]
out = hashlib.sha256()
with ThreadPoolExecutor(2) as pool:
    multiples = []
    for group, base in (msm.G1, [1, 2]), (msm.G2, [c for x in G2_GENERATOR for c in x]):
        rows = fixed_base.multiples(pool, group, limbs.montgomery(base, P).reshape(1, -1), scalars[0])
        out.update(rows.tobytes())
        multiples.append(rows)
        out.update(msm.start_sum(pool, group, rows, scalars[1]).result().tobytes())
out.update(str(pairing.product(*(rows[:3] for rows in multiples))).encode())
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
    assert len(list((tmp_path / "ours").rglob("test_jit.one_more-*.code"))) == 1


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
    assert out.split() == ["compile", "0"]
    assert error.count("UncachedWarning") == 1


def test_the_cache_folders_name_changes_with_the_python(monkeypatch):
    assert jit.fingerprint.__wrapped__() == jit.fingerprint()
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert jit.fingerprint.__wrapped__() != jit.fingerprint()


def test_the_cache_folders_name_changes_with_the_sources(monkeypatch):
    before = jit.fingerprint.__wrapped__()
    assert before == jit.fingerprint()
    monkeypatch.setattr(sources, "digest", lambda packages: f"digest of other {packages}".encode())
    assert jit.fingerprint.__wrapped__() != before


@pytest.mark.slow
def test_six_cold_processes_compile_once(tmp_path):
    processes = [run(SQUARES, ZK_CACHE_DIR=str(tmp_path)) for _ in range(6)]
    results = [output(process) for process in processes]
    assert sorted(how for how, _ in results) == ["compile", *["load"] * 5]
    assert len(list(tmp_path.rglob("*.code"))) == 1


@pytest.mark.slow
def test_the_portable_path_gives_the_same_bits():
    native, portable = (output(run(EVERYTHING, ZK_KERNELS=path)) for path in ("", "portable"))
    assert portable[0] == "ccc"
    assert native[1] == portable[1]


@pytest.mark.slow
def test_everything_can_be_loaded_ahead():
    messages: list[str] = []
    kernels.load(pairing=True, progress=lambda label, fraction: None, waiting=messages.append)
    assert vectors.combine.ready
