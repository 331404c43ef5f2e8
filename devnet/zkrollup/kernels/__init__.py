"""Machine code for fields, curves, NTT and Poseidon, compiled by Numba. Knows no protocol.

Importing this package or its modules compiles nothing. A kernel compiles on its first call, or ahead of
it through :func:`load`, and is then read from the cache by later processes.

Data: a field element in an array is four little-endian uint64 limbs, a row of an array of shape (n, 4).
Inside a kernel it is one scalar of type Fp, Fr or Fp2 (see ``fields``). Arguments say which of these
forms their rows have:

    canonical    the number itself, < modulus
    Montgomery   times 2^256 modulo the modulus; < modulus where it is stored for good,
                 else anything below twice the modulus ("loose")

How to add a kernel:

    from zkrollup.kernels.fields import Element, canonical, fr_zero, load, store
    from zkrollup.kernels.jit import Words, inner, kernel

    @inner                                               # a helper: compiled into each kernel that calls it
    def cube(x: Element) -> Element:
        return x * x * x

    @kernel("void(uint64[:, ::1], uint64[:, ::1])")      # an entry: one explicit signature, cached on disk
    def cubes(values: Words, out: Words) -> None:
        '''Montgomery in, Montgomery out.'''
        fr = fr_zero()                                   # names the field wherever a type is needed
        for i in range(values.shape[0]):
            store(out, i, 0, canonical(cube(load(values, i, 0, fr))))

Rules: numpy 2-d arrays of uint64, C-contiguous, for elements; a kernel never calls another kernel, both call
an inner function; never mix uint64 with int64 in arithmetic (it becomes float64); kernels release the GIL, so
callers may run them in a thread pool (``threads``). Few kernels compile faster than many.
"""

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zkrollup.kernels.jit import Kernel


PAIRING = frozenset({"multiples", "pairing"})
"""Modules that serve only where no other library pairs points."""


def entries(*, pairing: bool) -> "tuple[Kernel, ...]":
    """All kernels of this package, those of `PAIRING` if wanted; compiles none."""
    from zkrollup.kernels import jit  # Numba takes a quarter of a second to import

    names = (module.name for module in pkgutil.iter_modules(__path__))
    wanted = [name for name in names if pairing or name not in PAIRING]
    return jit.kernels_of(*(import_module(f"{__name__}.{name}") for name in wanted))


def load(*, pairing: bool, progress: Callable[[str, float], None], waiting: Callable[[str], None]) -> None:
    """Make all kernels ready, so that no later call has to compile.

    One process compiles, others that share the cache wait for it and then read what it made.

    Args:
        pairing: whether those of `PAIRING` too; they compile when called otherwise.
        progress: called with "load kernels" or "compile kernels" and the fraction that is done.
        waiting: called once, with a sentence, if another process is compiling.
    """
    from zkrollup.kernels import jit

    jit.prepare(entries(pairing=pairing), progress=progress, waiting=waiting)
