"""Compiling kernels once a machine: when, where their code is kept, which process does it.

Owns the cache of machine code and the decorators. Owns no arithmetic, nor the form of a file (``codefile``).

The cache folder is named by everything that the code depends on: all sources of this package, the versions,
the processor, the calling convention. Where the package is installed and when its files were written does not
matter. Numba's own cache, which the user's code may use, is left alone.
"""

import hashlib
import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias, cast

import llvmlite
import numba
import numba.extending
import numpy as np
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numpy.typing import NDArray

from zkrollup import sources, storage
from zkrollup.expectations import Progress as Progress
from zkrollup.expectations import ignore_progress as ignore_progress
from zkrollup.kernels import codefile, workers
from zkrollup.kernels.codefile import DamagedCodeFile
from zkrollup.kernels.montgomery import CALLING_CONVENTION
from zkrollup.kernels.processor import KernelSet, UnsupportedKernels, kernel_set, require_compiler, supported

Words: TypeAlias = NDArray[np.uint64]
"""Rows of limbs: (n, 4) field elements, (n, 8) points of G1, (n, 16) points of G2."""

MOST_BYTES: Final = 256 * 2**20
"""All kernels of one version take 2 to 4 MB; folders of versions that are used no more go first."""

_IN_USE_SECONDS: Final = 3600
_COMPILING = threading.RLock()
"""Held while kernels are compiled or loaded, and across a fork: the child finds Numba's locks free."""


class DamagedKernelWarning(UserWarning):
    """Kept machine code could not be used, so it was compiled again."""


@cache
def fingerprint() -> str:
    """Names all that machine code depends on."""
    digest = hashlib.sha256(sources.digest(sources.KERNELS))
    # Numba's own names for the platform, the processor and its features that it compiles for.
    target = numba.core.registry.cpu_target.target_context.codegen().magic_tuple()
    python = (str(sys.implementation.cache_tag), getattr(sys, "abiflags", ""))
    versions = (numba.__version__, llvmlite.__version__, np.__version__)
    for part in (*python, *versions, *target, CALLING_CONVENTION):
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
        self.module, self.function = function.__module__, function.__name__
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

    def compile(self) -> bytes:
        """Compile in this process.

        Returns:
            The machine code as Numba serialises it; nothing if it holds addresses of this process.

        Raises:
            UnsupportedKernels: The kernel belongs to no set that this processor runs.
        """
        if not set(self.sets) & set(supported()):
            raise UnsupportedKernels(", ".join(self.sets), supported(), by=f"kernel {self.name} needs")
        return self._link(_Serialised())

    def use(self, code: bytes) -> None:
        """Have machine code that :meth:`compile` returned, here or in another process."""
        self._link(_Serialised(code))

    def file(self, folder: Path) -> Path | None:
        """Where the machine code is kept; None if nothing tells when it would be stale."""
        if self.identity is None:
            return None
        name = self.name.replace("<", "").replace(">", "")  # of a lambda, which Windows does not take
        return folder / f"{name}-{self.identity.hex()[:8]}.code"

    @cached_property
    def identity(self) -> bytes | None:
        """Tells apart all kernels, and versions of those outside of this package; None for a closure."""
        function = self._function
        if function.__closure__ is not None:
            return None  # what it closes over is nobody's source
        try:
            source = _digest_of(function.__code__.co_filename)
        except OSError:
            return None
        parts = (fingerprint(), function.__module__, function.__qualname__, self.signature)
        line = str(function.__code__.co_firstlineno)
        return hashlib.sha256("\0".join((*parts, line)).encode() + source).digest()

    def _link(self, serialised: "_Serialised") -> bytes:
        dispatcher = numba.njit(nogil=True, no_cfunc_wrapper=True)(self._function)
        dispatcher._cache = serialised  # as enable_caching() does
        dispatcher.compile(self.signature)
        dispatcher.disable_compile()
        self._code = dispatcher
        return serialised.code


@cache
def _digest_of(file: str) -> bytes:
    return hashlib.sha256(Path(file).read_bytes()).digest()


class _Serialised(NullCache):  # type: ignore[misc]  # Numba is untyped
    """Stands where Numba asks for code before it compiles, and where it leaves what it has compiled."""

    def __init__(self, code: bytes = b"") -> None:
        self.code = code

    def load_overload(self, _signature: Any, target_context: Any) -> Any:
        if not self.code:
            return None
        target_context.refresh()
        return CompileResult._rebuild(target_context, *pickle.loads(self.code))  # noqa: S301  # checked: codefile

    def save_overload(self, _signature: Any, result: Any) -> None:
        if not (result.lifted or result.library.has_dynamic_globals):
            self.code = dumps(result._reduce())


def prepare(
    kernels: Sequence[Kernel],
    *,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> None:
    """Make kernels ready to call: from the cache, else compiled by one process while the others wait.

    Kept code that is damaged is compiled again, with one warning.

    Args:
        kernels: see :func:`kernels_of`.
        progress: called with "load kernels" for those in the cache, with "compile kernels" for the others.
        waiting: called once if another process is compiling.

    Raises:
        CompilerDisabled: ``NUMBA_DISABLE_JIT`` is set.
    """
    require_compiler()
    with _COMPILING:
        pending = [each for each in kernels if not each.ready]
        if not pending:
            return
        folder = storage.cache_dir("kernels", fingerprint())
        if folder is not None:
            storage.mark_used(folder)
        _load(pending, folder, progress)
        if all(each.ready for each in pending):
            return
        with storage.exclusive(f"compile-kernels-{fingerprint()}", waiting, doing="compiles kernels"):
            damaged = _load(pending, folder, progress)  # another process may have compiled meanwhile
            _compile([each for each in pending if not each.ready], folder, progress)
            if folder is not None:
                storage.make_room(folder.parent, MOST_BYTES, idle=_IN_USE_SECONDS)
        _warn_of(damaged)  # once they are mended, since a warning may be made an error


def kept(kernels: Sequence[Kernel]) -> tuple[int, list[DamagedCodeFile]]:
    """How many kernels the cache has code for, and what is wrong with other files. Runs none of it.

    Raises:
        CompilerDisabled: ``NUMBA_DISABLE_JIT`` is set.
    """
    require_compiler()
    whole, damaged = 0, []
    for each, file in _present(kernels, storage.existing("kernels", fingerprint())):
        try:
            codefile.read(file, cast("bytes", each.identity))
        except (FileNotFoundError, DamagedCodeFile) as error:
            damaged += [error] if isinstance(error, DamagedCodeFile) else []
        else:
            whole += 1
    return whole, damaged


def _present(kernels: Sequence[Kernel], folder: Path | None) -> list[tuple[Kernel, Path]]:
    """Those of which the cache has a file, good or bad."""
    if folder is None:
        return []
    try:
        files = set(folder.iterdir())
    except OSError:
        return []
    pairs = ((each, each.file(folder)) for each in kernels)
    return [(each, file) for each, file in pairs if file is not None and file in files]


def _load(kernels: Sequence[Kernel], folder: Path | None, progress: Progress) -> list[DamagedCodeFile]:
    """Make those ready that the cache has; gives what is wrong with the files of others."""
    present = _present([each for each in kernels if not each.ready], folder)
    damaged: list[DamagedCodeFile] = []
    for done, (each, file) in enumerate(present):
        progress("load kernels", done / len(present))
        try:
            each.use(codefile.read(file, cast("bytes", each.identity)))
        except FileNotFoundError:  # removed just now
            continue
        except DamagedCodeFile as error:
            damaged.append(error)
        except Exception as error:  # what was written is there, and Numba does not take it
            damaged.append(DamagedCodeFile(file, f"Numba cannot use it ({type(error).__name__}: {error})"))
    if present:
        progress("load kernels", 1.0)
    return damaged


def _warn_of(damaged: Sequence[DamagedCodeFile]) -> None:
    if damaged:
        others = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
        warnings.warn(f"compiling again: {damaged[0]}{others}", DamagedKernelWarning, stacklevel=3)


def _compile(kernels: Sequence[Kernel], folder: Path | None, progress: Progress) -> None:
    """Compile and keep, each as soon as it is ready, so that nothing is lost when this is interrupted.

    Those that are ready count as done.
    """
    missing = [each for each in kernels if not each.ready]
    if not missing:
        return
    there = len(kernels) - len(missing)
    progress("compile kernels", there / len(kernels))
    with closing(workers.compiled(missing, fingerprint())) as answers:
        for done, (each, found) in enumerate(answers, there + 1):
            code = found or each.compile()
            if found:
                each.use(found)
            _keep(each, code, folder)
            progress("compile kernels", done / len(kernels))


def _keep(kernel: Kernel, code: bytes, folder: Path | None) -> None:
    file = None if folder is None or not code else kernel.file(folder)
    if file is not None:
        identity = cast("bytes", kernel.identity)
        storage.keep(file, lambda opened: codefile.write(opened, identity, code))


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


def _forking() -> None:
    _COMPILING.acquire()


def _forked() -> None:
    _COMPILING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forking, after_in_parent=_forked, after_in_child=_forked)
