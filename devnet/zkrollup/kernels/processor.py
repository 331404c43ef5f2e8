"""Which instructions kernels are made of, chosen once a process by the processor and ``ZK_KERNELS``.

    portable    plain LLVM IR in the platform's calling convention
    scalar      the same, with limbs in registers (x86-64)
    ifma        scalar, and eight lanes of AVX-512 IFMA where many values are alike

All give the same results bit for bit. Owns the choice; knows no kernel.

LLVM ends the process when it meets an instruction that it does not know for the processor that it compiles
for. So nothing of a set reaches LLVM before :func:`supported` or :func:`compilable` has named the set.
"""

import os
import platform
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from llvmlite import binding
from numba.core import config
from numba.core.codegen import get_host_cpu_features

from zkrollup.errors import ZkRollupError

ENVIRONMENT_VARIABLE = "ZK_KERNELS"


class KernelSet(StrEnum):
    """A set of instructions, each a superset of the one before it."""

    PORTABLE = "portable"
    SCALAR = "scalar"
    IFMA = "ifma"


SCALAR_SETS = (KernelSet.PORTABLE, KernelSet.SCALAR)
"""Those that work on one value at a time."""
LANE_SETS = (KernelSet.IFMA,)
"""Those that work on eight."""

_NEEDED: Mapping[KernelSet, tuple[str, ...]] = {
    KernelSet.PORTABLE: (),
    KernelSet.SCALAR: (),
    KernelSet.IFMA: ("avx512f", "avx512dq", "avx512vl", "avx512ifma"),
}
"""The processor features that a set's instructions need, as LLVM names them."""


class UnsupportedKernels(ZkRollupError):
    """Kernels were asked for that this processor cannot run, or that do not exist.

    Attributes:
        asked: The name of the set.
        supported: The sets that this processor runs.
    """

    def __init__(
        self, asked: str, supported: tuple[KernelSet, ...], *, by: str = f"{ENVIRONMENT_VARIABLE} ="
    ) -> None:
        """``by`` says what asked, in words that the set's name follows."""
        self.asked, self.supported = asked, supported
        super().__init__(
            f"{by} {asked!r}: this processor runs {', '.join(supported)}; "
            f"set {ENVIRONMENT_VARIABLE} to one of them, or unset it for the fastest"
        )


class CompilerDisabled(ZkRollupError):
    """Numba was told to compile nothing, so that there are no kernels."""

    def __init__(self) -> None:
        super().__init__(
            "NUMBA_DISABLE_JIT is set, or DISABLE_JIT in .numba_config.yaml: Numba compiles nothing in this "
            "process, and the kernels that make proofs are what it compiles; unset it"
        )


def require_compiler() -> None:
    """Nothing can be said of kernels without Numba's compiler, nor of the files that keep them.

    Raises:
        CompilerDisabled: ``NUMBA_DISABLE_JIT`` is set.
    """
    if config.DISABLE_JIT:
        raise CompilerDisabled


@cache
def supported() -> tuple[KernelSet, ...]:
    """The sets that this processor runs and that Numba compiles for, the fastest last."""
    host = binding.get_host_cpu_features()
    return tuple(each for each in compilable() if all(host.get(name) for name in _NEEDED[each]))


@cache
def compilable() -> tuple[KernelSet, ...]:
    """The sets that LLVM can compile with Numba's settings, whether or not they run here; the fastest last.

    Numba compiles for this processor unless NUMBA_CPU_FEATURES or NUMBA_ENABLE_AVX say otherwise.
    """
    if platform.machine() not in {"x86_64", "AMD64"}:
        return (KernelSet.PORTABLE,)
    features = config.CPU_FEATURES if config.CPU_FEATURES is not None else get_host_cpu_features()
    enabled = {name.removeprefix("+") for name in features.split(",") if name.startswith("+")}
    return tuple(each for each in KernelSet if enabled >= set(_NEEDED[each]))


@cache
def kernel_set() -> KernelSet:
    """The set that this process uses.

    Raises:
        CompilerDisabled: ``NUMBA_DISABLE_JIT`` is set.
        UnsupportedKernels: ``ZK_KERNELS`` names another one than those of :func:`supported`.
    """
    require_compiler()
    asked = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not asked:
        return supported()[-1]
    if asked not in supported():
        raise UnsupportedKernels(asked, supported())
    return KernelSet(asked)
