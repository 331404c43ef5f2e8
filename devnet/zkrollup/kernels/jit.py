"""Compiling kernels once a machine: when, where they are cached, which process does it.

Owns the cache of machine code and the decorators. Owns no arithmetic.

The cache folder is named by everything that the code depends on and Numba does not track across
files: all sources of this package, the versions, the CPU, the calling convention. Numba's own cache
folder, which the user's code may use, is left alone.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache, update_wrapper
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, cast

import llvmlite
import numba
import numba.extending
import numpy as np
from numpy.typing import NDArray

from zkrollup import storage
from zkrollup.expectations import Progress as Progress
from zkrollup.expectations import ignore_progress as ignore_progress
from zkrollup.kernels.montgomery import CALLING_CONVENTION
from zkrollup.kernels.processor import KernelSet, UnsupportedKernels, kernel_set, supported

Words: TypeAlias = NDArray[np.uint64]
"""Rows of limbs: (n, 4) field elements, (n, 8) points of G1, (n, 16) points of G2."""

_COMPILING = threading.RLock()


@cache
def fingerprint() -> str:
    """Names all that machine code depends on."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    # Numba's own names for the platform, the processor and its features that it compiles for.
    target = numba.core.registry.cpu_target.target_context.codegen().magic_tuple()
    for part in (numba.__version__, llvmlite.__version__, *target, CALLING_CONVENTION):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:24]


class Kernel:
    """A function that Python calls and Numba compiles, at the first call or through :func:`prepare`.

    It has one signature: two in one Numba dispatcher were seen to cache wrong code for good.
    """

    def __init__(
        self, function: Callable[..., Any], signature: str, sets: Sequence[KernelSet] = tuple(KernelSet)
    ) -> None:
        self.signature = signature
        self.sets = sets
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        self._function = function
        self._code: Callable[..., Any] | None = None
        update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        """Run the machine code."""
        if self._code is None:
            prepare([self])
        return cast("Callable[..., Any]", self._code)(*arguments)

    @property
    def wanted(self) -> bool:
        """Whether this process uses it. Others compile when called, where this processor runs them."""
        return kernel_set() in self.sets

    @property
    def ready(self) -> bool:
        """Whether this process has the machine code."""
        return self._code is not None

    def compile(self, folder: Path | None) -> None:
        """Compile, or read from ``folder``; None compiles without a cache.

        Raises:
            UnsupportedKernels: The kernel belongs to no set that this processor runs.
        """
        if not set(self.sets) & set(supported()):
            raise UnsupportedKernels(", ".join(self.sets), supported(), by=f"kernel {self.name} needs")
        with _numba_cache(folder):
            dispatcher = numba.njit(cache=folder is not None, nogil=True, no_cfunc_wrapper=True)(
                self._function
            )
        dispatcher.compile(self.signature)
        dispatcher.disable_compile()
        self._code = dispatcher
        if folder is not None:
            self.mark(folder).touch()

    def mark(self, folder: Path) -> Path:
        """The file that says: this kernel was compiled into ``folder``."""
        return folder / f"{self.name}.compiled"


@contextmanager
def _numba_cache(folder: Path | None) -> Iterator[None]:
    """Numba picks a function's folder when it decorates it; at all other times the user's choice holds."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or "")
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def prepare(
    kernels: Sequence[Kernel],
    *,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> None:
    """Make kernels ready to call: from the cache, else compiled by one process while the others wait.

    Args:
        kernels: see :func:`kernels_of`.
        progress: called with "load kernels", or with "compile kernels" if the cache lacks one.
        waiting: called once if another process is compiling.
    """
    with _COMPILING:
        pending = [each for each in kernels if not each.ready]
        folder = storage.cache_dir("kernels", fingerprint()) if pending else None
        cold = folder is not None and not all(each.mark(folder).exists() for each in pending)
        label = "load kernels" if not cold and (folder is not None or not pending) else "compile kernels"
        with storage.exclusive(f"compile-kernels-{fingerprint()}", waiting) if cold else nullcontext():
            for done, each in enumerate(pending):
                progress(label, done / len(pending))
                each.compile(folder)
        progress(label, 1.0)


def kernels_of(*modules: ModuleType) -> tuple[Kernel, ...]:
    """All kernels that the modules define or import and this process uses, each once."""
    values = [value for module in modules for value in vars(module).values()]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, Kernel) and value.wanted))


def kernel(
    signature: str, *, sets: Sequence[KernelSet] = tuple(KernelSet)
) -> Callable[[Callable[..., Any]], Kernel]:
    """Decorate an entry point: called from Python, compiled for one signature, cached, without the GIL.

    ``sets`` are those that it belongs to, where another kernel does the same in the others.
    """
    return lambda function: Kernel(function, signature, sets)


def inner(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a helper that only kernels call: compiled into each of them, never cached by itself."""
    return cast("Callable[..., Any]", numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def source_of(helper: Callable[..., Any]) -> Callable[..., Any]:
    """An inner function as Numba takes it from an overload: the Python function that was decorated."""
    return cast("Callable[..., Any]", helper.py_func)  # type: ignore[attr-defined]


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that types and emits one operation as LLVM IR."""
    return cast("Callable[..., Any]", numba.extending.intrinsic(function))
