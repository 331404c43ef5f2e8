"""Which kernels a process uses, and that all give the same proofs' parts."""

import os
import subprocess
import sys

import pytest
from tests.devnet import faults

from zkrollup.kernels import jit, msm, processor
from zkrollup.kernels.processor import (
    ENVIRONMENT_VARIABLE,
    LANE_SETS,
    CompilerDisabled,
    KernelSet,
    UnsupportedKernels,
    kernel_set,
    supported,
)

SAY = "from zkrollup.kernels.processor import kernel_set; print(kernel_set())"


def asked(value: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, ENVIRONMENT_VARIABLE: value}
    return subprocess.run([sys.executable, "-c", SAY], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("kernels", supported())
def test_each_supported_set_can_be_asked_for(kernels):
    assert asked(kernels).stdout.strip() == kernels


def test_the_fastest_supported_set_is_the_default():
    assert asked("").stdout.strip() == supported()[-1]


def test_an_unknown_set_is_refused_with_those_that_run_here():
    run = asked("avx1024")
    assert run.returncode != 0
    assert f"{ENVIRONMENT_VARIABLE} = 'avx1024'" in run.stderr
    assert supported()[-1] in run.stderr


def test_a_set_that_this_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "ifma")
    monkeypatch.setattr("zkrollup.kernels.processor.supported", lambda: (KernelSet.PORTABLE,))
    with pytest.raises(UnsupportedKernels, match=r"'ifma'.*portable") as caught:
        kernel_set.__wrapped__()
    assert caught.value.asked == "ifma"


def test_only_kernels_of_the_set_in_use_are_made_ready_ahead():
    wanted = set(jit.kernels_of(msm))
    in_lanes = kernel_set() in LANE_SETS
    assert (msm.LANES_G1.window in wanted) == in_lanes
    assert (msm.SCALAR_G1.window in wanted) != in_lanes
    assert msm.G1 is (msm.LANES_G1 if in_lanes else msm.SCALAR_G1)


LANE_FEATURES = ("avx512f", "avx512dq", "avx512vl", "avx512ifma")


@pytest.fixture
def x86(monkeypatch):
    """Sets the features that LLVM finds on this machine, which Numba compiles for."""

    def has(features):
        monkeypatch.setattr(processor.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(processor.binding, "get_host_cpu_features", lambda: dict.fromkeys(features, True))
        enabled = ",".join(f"+{name}" for name in features)
        monkeypatch.setattr(processor.config, "CPU_FEATURES", enabled)
        processor.compilable.cache_clear()

    yield has
    processor.compilable.cache_clear()


@pytest.mark.parametrize("lacking", LANE_FEATURES)
def test_lanes_need_each_of_their_features(x86, lacking):
    x86(LANE_FEATURES)
    assert processor.supported.__wrapped__() == tuple(KernelSet)
    x86([name for name in LANE_FEATURES if name != lacking])
    assert processor.supported.__wrapped__() == (KernelSet.PORTABLE, KernelSet.SCALAR)


ASK = """
from zkrollup.errors import ZkRollupError
try:
    from zkrollup import kernels
    kernels.entries(pairing=False)
except ZkRollupError as error:
    print(type(error).__name__, error)
"""


def test_without_numbas_compiler_kernels_are_refused_before_anything(tmp_path):
    refused = faults.run(ASK, tmp_path, NUMBA_DISABLE_JIT="1")
    assert refused.stdout.startswith("CompilerDisabled NUMBA_DISABLE_JIT is set")
    assert list(tmp_path.iterdir()) == []
    assert faults.run(ASK, tmp_path, NUMBA_DISABLE_JIT="0").stdout == ""


def test_kept_kernels_are_not_called_damaged_where_numba_compiles_nothing(monkeypatch):
    fresh = jit.kernel("int64(int64)")(lambda x: x + 3)
    monkeypatch.setattr(processor.config, "DISABLE_JIT", 1)
    for ask in (jit.kept, jit.prepare):
        with pytest.raises(CompilerDisabled, match="unset it"):
            ask([fresh])
    monkeypatch.setattr(processor.config, "DISABLE_JIT", 0)
    assert fresh(4) == 7
