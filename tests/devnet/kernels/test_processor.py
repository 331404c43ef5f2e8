"""Which kernels a process uses, and that all give the same proofs' parts."""

import os
import subprocess
import sys

import pytest

from zkrollup.kernels import jit, msm
from zkrollup.kernels.processor import (
    ENVIRONMENT_VARIABLE,
    LANE_SETS,
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
