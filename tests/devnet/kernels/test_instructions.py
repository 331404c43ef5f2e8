"""Which instructions kernels contain: never those of a processor that was not asked about.

LLVM ends the process when it meets one that it does not know, so each case compiles in a process of its own.
Numba's settings choose the processor to compile for. All x86-64 processors run what is made for an older one.
"""

import json
import os
import platform
import subprocess
import sys

import numba
import pytest
from tests.devnet.kernels.compiling import MNEMONICS, kernels_of_set

from zkrollup.kernels import ifma, msm, ntt
from zkrollup.kernels.jit import Kernel
from zkrollup.kernels.processor import SCALAR_SETS, KernelSet, UnsupportedKernels

IFMA_FEATURES = "+avx512f,+avx512dq,+avx512vl,+avx512ifma"

PROOF = """
from zkrollup import kernels
from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import ETH, Devnet
from zkrollup.kernels.processor import kernel_set
from zkrollup.snark.modes import ProofMode
kernels.load(pairing=True, progress=lambda label, fraction: None, waiting=print)
devnet = Devnet.start(BatchSize(1, 1), mode=ProofMode.FRESH)
alice = devnet.user("alice")
devnet.rollup.deposit(ETH, 501, sender=alice)
devnet.rollup.settle()
print(kernel_set(), alice.l2_balance(ETH))
"""

only_x86 = pytest.mark.skipif(
    platform.machine() not in {"x86_64", "AMD64"},
    reason="Numba compiles for this kind of processor; run it on x86-64",
)


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def compiled(kernels: KernelSet, **environment: str) -> dict:
    return json.loads(run("-m", "tests.devnet.kernels.compiling", kernels, **environment))


@pytest.mark.slow
def test_portable_kernels_are_emitted_without_any_x86_instruction_by_name():
    assert compiled(KernelSet.PORTABLE, ZK_KERNELS="portable") == {
        "kernels": len(kernels_of_set(KernelSet.PORTABLE)),
        "intrinsics": [],
        "instructions": [],
    }


@only_x86
@pytest.mark.slow
def test_scalar_kernels_are_emitted_without_any_avx512_instruction_by_name():
    found = compiled(KernelSet.SCALAR, ZK_KERNELS="scalar", NUMBA_CPU_NAME="znver3", NUMBA_CPU_FEATURES="")
    assert found["kernels"] == len(kernels_of_set(KernelSet.SCALAR))
    assert not [name for name in found["intrinsics"] if "avx512" in name]
    assert found["instructions"] == []


@only_x86
@pytest.mark.slow
def test_lane_kernels_compile_for_a_processor_that_has_them_wherever_that_is_tried():
    target = {"NUMBA_CPU_NAME": "icelake-server", "NUMBA_CPU_FEATURES": IFMA_FEATURES}
    found = compiled(KernelSet.IFMA, ZK_KERNELS="scalar", **target)
    assert found["kernels"] == len(kernels_of_set(KernelSet.IFMA))
    assert {f"llvm.x86.avx512.vpmadd52{half}.uq.512" for half in "lh"} <= set(found["intrinsics"])
    assert found["instructions"] == sorted(MNEMONICS)


@only_x86
@pytest.mark.slow
@pytest.mark.parametrize("kernels", SCALAR_SETS)
@pytest.mark.parametrize("processor", ["x86-64", "haswell", "znver3"])
def test_a_processor_without_avx512_compiles_all_its_kernels_and_proves_a_batch(processor, kernels, tmp_path):
    target = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "ZK_CACHE_DIR": str(tmp_path)}
    assert run("-c", PROOF, ZK_KERNELS=kernels, **target).split() == [kernels, "501"]


@only_x86
def test_processors_without_avx512_are_offered_the_scalar_set():
    say = "from zkrollup.kernels.processor import compilable, kernel_set; print(kernel_set(), *compilable())"
    target = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "ZK_KERNELS": ""}
    assert run("-c", say, **target).split() == ["scalar", "portable", "scalar"]


@pytest.fixture
def without_lanes(monkeypatch):
    """A processor without AVX-512."""
    for module in ("zkrollup.kernels.jit", "zkrollup.kernels.ifma"):
        monkeypatch.setattr(f"{module}.supported", lambda: SCALAR_SETS)
    monkeypatch.setattr("zkrollup.kernels.ifma.compilable", lambda: SCALAR_SETS)


@pytest.mark.parametrize("of_lanes", [msm.LANES_G1.window, msm.LANES_G2.enter, ntt._transform_lanes])
def test_a_kernel_of_lanes_is_refused_by_name_where_there_are_none(of_lanes, without_lanes):
    fresh = Kernel(of_lanes._function, of_lanes.signature, of_lanes.sets)
    with pytest.raises(UnsupportedKernels, match=rf"{fresh.name} needs 'ifma'.*portable, scalar"):
        fresh.compile()
    assert not fresh.ready


def test_lanes_in_a_kernel_of_another_set_are_refused_before_llvm_sees_them(without_lanes):
    from zkrollup.kernels.lanes import fr_lanes, square_lanes

    mistaken = numba.njit(lambda: bool(fr_lanes() is square_lanes(fr_lanes())))
    with pytest.raises(Exception, match=r"lanes need 'ifma'"):
        mistaken.compile("boolean()")


def test_the_guard_of_lanes_does_not_stand_in_the_way_of_those_who_have_them(monkeypatch):
    monkeypatch.setattr(ifma, "compilable", lambda: tuple(KernelSet))
    from llvmlite import ir

    function = ir.Function(ir.Module(), ir.FunctionType(ifma.VECTOR, [ifma.VECTOR] * 3), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    builder.ret(ifma._multiply_add(builder, "l", *function.args))
    assert "vpmadd52l" in str(function)
