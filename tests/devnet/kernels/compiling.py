"""Compiles all kernels of a set in a process of its own and prints what LLVM was given and what it made.

Run as ``python -m tests.devnet.kernels.compiling SET``. NUMBA_CPU_NAME and NUMBA_CPU_FEATURES choose the
processor that is compiled for. Kernels are not called, so that they compile where they cannot run.

Prints a JSON object: "kernels", how many; "intrinsics", the names ``llvm.x86...`` in the IR given to LLVM;
"instructions", those of ``MNEMONICS`` that stand in the machine code.
"""

import json
import pkgutil
import re
import sys
from importlib import import_module
from typing import Any

import numba
from numba.core.codegen import CPUCodeLibrary

from zkrollup import kernels
from zkrollup.kernels.jit import Kernel
from zkrollup.kernels.processor import KernelSet

MNEMONICS = ("vpmadd52luq", "vpmadd52huq")


def kernels_of_set(wanted: KernelSet) -> list[Kernel]:
    """All kernels of a set, whether or not this process uses it."""
    modules = [
        import_module(f"{kernels.__name__}.{each.name}") for each in pkgutil.iter_modules(kernels.__path__)
    ]
    values = {
        id(each): each for module in modules for each in vars(module).values() if isinstance(each, Kernel)
    }
    return sorted((each for each in values.values() if wanted in each.sets), key=lambda each: each.name)


def main(wanted: KernelSet) -> None:
    intrinsics: set[str] = set()
    instructions: set[str] = set()
    given = CPUCodeLibrary.add_ir_module

    def add_ir_module(library: Any, module: Any) -> None:
        intrinsics.update(re.findall(r"llvm\.x86[\w.]*", str(module)))
        given(library, module)

    CPUCodeLibrary.add_ir_module = add_ir_module
    known = kernels_of_set(wanted)
    for kernel in known:
        dispatcher = numba.njit(nogil=True, no_cfunc_wrapper=True)(kernel._function)
        dispatcher.compile(kernel.signature)
        (code,) = dispatcher.inspect_asm().values()
        instructions.update(each for each in MNEMONICS if each in code)
    found = {"intrinsics": sorted(intrinsics), "instructions": sorted(instructions)}
    sys.stdout.write(json.dumps({"kernels": len(known), **found}))


if __name__ == "__main__":
    main(KernelSet(sys.argv[1]))
