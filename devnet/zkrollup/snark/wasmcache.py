"""WebAssembly compiled to machine code, kept from run to run: MACI's largest calculator takes a minute.

Owns what a kept module is of, and the room that all of them take. Does not own the form of a file, which is
that of kernels (``kernels.codefile``), nor who may write to the cache (``permissions``).

The file .wasm is not trusted, and its machine code stays in its sandbox. What is kept is trusted like code of
this package, since wasmtime runs it as it is: so it is read from a folder and file that nobody else may
write, and only if its digest is right.
"""

import hashlib
import warnings
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from zkrollup import storage
from zkrollup.expectations import Progress, ignore_progress
from zkrollup.kernels import codefile
from zkrollup.kernels.codefile import DamagedCodeFile

MOST_BYTES: Final = 512 * 2**20
"""Machine code takes about twice as much as the .wasm file."""

_IN_USE_SECONDS: Final = 60
_WORTH_TELLING: Final = 2**20
"""Bytes of .wasm from which compiling takes a second or more."""
_SETTINGS: Final = "Engine()"
"""How the engine is made; another setting gives other machine code."""


class DamagedModuleWarning(UserWarning):
    """A kept module could not be used, so it was compiled again."""


def compiled(wasmtime: ModuleType, source: Path, *, progress: Progress = ignore_progress) -> tuple[Any, Any]:
    """An engine, and the module of a .wasm file for it, from the cache where it is there.

    Args:
        wasmtime: The package.
        source: The .wasm file.
        progress: Called with "compile WebAssembly" if the file is large and has to be compiled.

    Raises:
        FileNotFoundError: There is no such file.
        WasmtimeError: It is no WebAssembly.
    """
    code = source.read_bytes()
    engine = wasmtime.Engine()
    parts = (version("wasmtime"), _SETTINGS, hashlib.sha256(code).hexdigest())
    identity = "\n".join(parts).encode()
    folder = storage.cache_dir("wasm")
    path = None if folder is None else folder / f"{hashlib.sha256(identity).hexdigest()[:32]}.module"
    module, problem = (None, "") if path is None else _kept(wasmtime, engine, path, identity)
    if module is None:
        module = _made(wasmtime, engine, code, progress)
        if path is not None and storage.keep(
            path, lambda file: codefile.write(file, identity, bytes(module.serialize()))
        ):
            storage.make_room(path.parent, MOST_BYTES, idle=_IN_USE_SECONDS)
    if problem:  # told once it is mended, since a warning may be made an error
        warnings.warn(f"compiling WebAssembly again: {path}: {problem}", DamagedModuleWarning, stacklevel=2)
    return engine, module


def _kept(wasmtime: ModuleType, engine: Any, path: Path, identity: bytes) -> tuple[Any, str]:
    """The kept module; None where there is none that can be used, and what is wrong with another."""
    try:
        storage.mark_used(path)
        code = codefile.read(path, identity, most=MOST_BYTES)
        return wasmtime.Module.deserialize(engine, code), ""
    except FileNotFoundError:
        return None, ""
    except DamagedCodeFile as error:
        return None, error.rule
    except wasmtime.WasmtimeError as error:  # such as of a processor with more instructions than this one
        return None, f"wasmtime cannot use it ({error})"


def _made(wasmtime: ModuleType, engine: Any, code: bytes, progress: Progress) -> Any:
    tell = progress if len(code) >= _WORTH_TELLING else ignore_progress
    tell("compile WebAssembly", 0.0)
    module = wasmtime.Module(engine, code)
    tell("compile WebAssembly", 1.0)
    return module
