"""Which instructions kernels are made of, chosen once a process by the processor and ``ZK_KERNELS``.

    portable    plain LLVM IR in the platform's calling convention
    scalar      the same, with limbs in registers (x86-64)
    ifma        scalar, and eight lanes of AVX-512 IFMA where many values are alike

All give the same results bit for bit. Owns the choice; knows no kernel.
"""

import os
import platform
from enum import StrEnum
from functools import cache

from llvmlite import binding

from zkrollup.errors import ZkRollupError

ENVIRONMENT_VARIABLE = "ZK_KERNELS"

_IFMA_FEATURES = ("avx512f", "avx512dq", "avx512vl", "avx512ifma")


class KernelSet(StrEnum):
    """A set of instructions, each a superset of the one before it."""

    PORTABLE = "portable"
    SCALAR = "scalar"
    IFMA = "ifma"


SCALAR_SETS = (KernelSet.PORTABLE, KernelSet.SCALAR)
"""Those that work on one value at a time."""
LANE_SETS = (KernelSet.IFMA,)
"""Those that work on eight."""


class UnsupportedKernels(ZkRollupError):
    """Kernels were asked for that this processor cannot run, or that do not exist."""

    def __init__(self, asked: str, supported: tuple[KernelSet, ...]) -> None:
        """``supported`` is what runs here."""
        self.asked, self.supported = asked, supported
        super().__init__(
            f"{ENVIRONMENT_VARIABLE} = {asked!r}: this processor runs {', '.join(supported)}; "
            f"set one of them, or unset {ENVIRONMENT_VARIABLE} for the fastest"
        )


@cache
def supported() -> tuple[KernelSet, ...]:
    """What this processor runs, the fastest last."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return (KernelSet.PORTABLE,)
    features = binding.get_host_cpu_features()
    if all(features.get(name) for name in _IFMA_FEATURES):
        return (KernelSet.PORTABLE, KernelSet.SCALAR, KernelSet.IFMA)
    return (KernelSet.PORTABLE, KernelSet.SCALAR)


@cache
def kernel_set() -> KernelSet:
    """What this process uses.

    Raises:
        UnsupportedKernels: ``ZK_KERNELS`` names another one than those of :func:`supported`.
    """
    asked = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not asked:
        return supported()[-1]
    if asked not in supported():
        raise UnsupportedKernels(asked, supported())
    return KernelSet(asked)
