"""Witness calculators that circom 2 compiles to WebAssembly, run by wasmtime.

Owns their interface. Knows no constraints: see ``circom``. The code comes from a file and is not trusted: it
gets no files, no network and no clock, but as much time as it takes. What was compiled is kept, and trusted
like code of this package: see ``wasmcache``.

Source: circom, code_producers/src/wasm_elements; circom_runtime, js/witness_calculator.js.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.expectations import Progress, ignore_progress
from zkrollup.kernels.limbs import Limbs
from zkrollup.snark import wasmcache
from zkrollup.snark.formats.origins import COMPILE_FOR_BN254, curve_of
from zkrollup.snark.satisfaction import short

_LOG = logging.getLogger(__name__)
_FUNCTIONS = (
    "getVersion",
    "readSharedRWMemory",
    "writeSharedRWMemory",
    "init",
    "setInputSignal",
    "getInputSignalSize",
    "getRawPrime",
    "getFieldNumLen32",
    "getWitnessSize",
    "getInputSize",
    "getWitness",
    "getMessageChar",
)
_SHOWN = 8
"""Inputs, and values of each, that an error shows."""
_WORDS = 8
"""32-bit words of a field element, the least significant first."""
_COLLECTOR = """
(module
  (import "calculator" "getWitness" (func $get (param i32)))
  (import "calculator" "readSharedRWMemory" (func $read (param i32) (result i32)))
  (memory (export "memory") 0)
  (func (export "collect") (param $wires i32)
    (local $wire i32) (local $word i32) (local $at i32)
    (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $wires) (i32.const 11)))))
    (loop $next
      (call $get (local.get $wire))
      (local.set $word (i32.const 0))
      (loop $words
        (i32.store (local.get $at) (call $read (local.get $word)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $word (i32.add (local.get $word) (i32.const 1)))
        (br_if $words (i32.lt_u (local.get $word) (i32.const 8))))
      (local.set $wire (i32.add (local.get $wire) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $wire) (local.get $wires))))))
"""
"""Reads all wires in one call: the interface takes nine a value, slow from Python. 2^11 fill a page."""
_REASONS = {
    1: "a signal was not found",
    2: "too many signals were set",
    3: "a signal was set twice",
    4: "an assertion does not hold",
    5: "the memory does not suffice",
    6: "an input array is too long",
}


class MissingWasmtime(ZkRollupError):
    """The package that runs WebAssembly is not installed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"circom's witness calculators need wasmtime ({reason}): pip install 'pytest-zkrollup[circom]'"
        )


class InvalidCalculator(ZkRollupError):
    """A file that is no witness calculator of circom 2 over BN254, or not the one of its constraints.

    Attributes:
        path: The file.
        rule: What it breaks.
    """

    def __init__(
        self, path: Path, rule: str, remedy: str = "compile the circuit again: circom --r1cs --wasm --sym"
    ) -> None:
        self.path, self.rule = path, rule
        super().__init__(f"{path}: {rule}; {remedy}")


class RefusedInputs(ZkRollupError):
    """A calculator made no witness, because the inputs break what the circuit asserts.

    The calculator is the prover's own program: circom's ``assert`` adds no constraint, and a failing ``===``
    looks the same here. So this says nothing of the constraints, and a thief would leave it out.

    Attributes:
        path: The calculator's file.
        code: Circom's number for the reason.
        messages: Where it happened, innermost template first.
        inputs: The values that were given, by input signal.
    """

    def __init__(
        self, path: Path, code: int, messages: Sequence[str], inputs: Mapping[str, Sequence[int]]
    ) -> None:
        self.path, self.code, self.messages, self.inputs = path, code, tuple(messages), dict(inputs)
        reason = _REASONS.get(code, f"error {code}")
        place = f" ({'; '.join(messages)})" if messages else ""
        given = f", with {_shown(inputs)}" if inputs else ""
        super().__init__(f"{path.name} refuses the inputs: {reason}{place}{given}; it makes no witness")


@dataclass(frozen=True, slots=True)
class _Program:
    """A calculator's machine code.

    Attributes:
        path: Of the file.
        wasmtime: The package.
        engine: That compiled both modules.
        module: The calculator.
        collector: ``_COLLECTOR``.
    """

    path: Path
    wasmtime: ModuleType
    engine: Any
    module: Any
    collector: Any

    @classmethod
    def compile(cls, path: Path, progress: Progress) -> "_Program":
        wasmtime = _wasmtime()
        try:
            engine, module = wasmcache.compiled(wasmtime, path, progress=progress)
        except wasmtime.WasmtimeError as error:
            raise InvalidCalculator(path, f"it is no WebAssembly ({error})") from error
        return cls(path, wasmtime, engine, module, wasmtime.Module(engine, _COLLECTOR))


class Calculator:
    """A compiled calculator; each run has a memory of its own.

    Attributes:
        path: Of the file.
        n_wires: How many values a run computes.
        n_inputs: How many it needs.
    """

    def __init__(self, path: Path, *, progress: Progress = ignore_progress) -> None:
        """Compiles a .wasm file, or takes what is kept of it.

        ``progress`` is called with "compile WebAssembly" before and after a large one is compiled.

        Raises:
            MissingWasmtime: The extra ``circom`` is not installed.
            FileNotFoundError: There is no such file.
            InvalidCalculator: It is no calculator of circom 2 over BN254.
        """
        self.path = path
        self._program = _Program.compile(path, progress)
        self._sizes = run = _Run(self._program)
        if (version := run.call("getVersion")) != 2:
            raise InvalidCalculator(path, f"it is of circom {version}, only 2 is supported")
        run.call("getRawPrime")
        words = run.call("getFieldNumLen32")
        prime = run.shared(words)
        if (words, prime) != (_WORDS, R):
            curve = curve_of(prime)
            of = f"{curve}'s, " if curve else ""
            rule = f"its field is {of}{prime} in {words} words, only BN254's is supported: {R} in {_WORDS}"
            raise InvalidCalculator(path, rule, COMPILE_FOR_BN254)
        self.n_wires = int(run.call("getWitnessSize"))
        self.n_inputs = int(run.call("getInputSize"))

    def size_of(self, signal: str) -> int | None:
        """How many values an input signal takes; None if there is none of this name."""
        size = int(self._sizes.call("getInputSignalSize", *_hashed(signal)))
        return size if size > 0 else None

    def witness(self, signals: Mapping[str, Sequence[int]]) -> Limbs:
        """Every wire's value, uint64 (n_wires, 4), canonical.

        Args:
            signals: Values in [0, r) for each input signal, as many as ``size_of`` says.

        Raises:
            RefusedInputs: The circuit asserts what they break.
        """
        run = _Run(self._program, signals)
        run.call("init", 1)
        for name, values in signals.items():
            for i, value in enumerate(values):
                run.share(value)
                run.call("setInputSignal", *_hashed(name), i)
        return np.frombuffer(run.wires(self.n_wires), "<u8").astype(np.uint64).reshape(-1, 4)


class _Run:
    """One instance: its memory, and what it said so far."""

    def __init__(self, program: _Program, inputs: Mapping[str, Sequence[int]] = MappingProxyType({})) -> None:
        """``inputs`` are what errors show."""
        self._program, self._inputs = program, inputs
        self._store = program.wasmtime.Store(program.engine)
        self._said: list[str] = []
        self._logged: list[str] = []
        imports = [self._import(wanted) for wanted in program.module.imports]
        exports = self._instance(program.module, imports)
        missing = [name for name in _FUNCTIONS if name not in exports]
        if missing:
            raise InvalidCalculator(program.path, f"it does not export {missing[0]}, as circom 2 does")
        self._functions = {name: exports[name] for name in _FUNCTIONS}

    def call(self, name: str, *arguments: int) -> Any:
        """The result of an exported function.

        Raises:
            RefusedInputs: The calculator gave up.
            InvalidCalculator: It broke down.
        """
        try:
            return self._functions[name](self._store, *arguments)
        except self._program.wasmtime.Trap as trap:
            raise InvalidCalculator(self._program.path, f"{name} broke down ({trap.message})") from trap

    def shared(self, count: int = _WORDS) -> int:
        """The value of ``count`` words that the calculator hands over."""
        words = (self.call("readSharedRWMemory", i) % 2**32 << 32 * i for i in range(count))
        return sum(words)

    def share(self, value: int) -> None:
        """Hands a value over."""
        for i in range(_WORDS):
            self.call("writeSharedRWMemory", i, _signed(value >> 32 * i))

    def wires(self, count: int) -> bytes:
        """The values of all wires, 32 bytes each, little-endian."""
        wanted = [self._functions["getWitness"], self._functions["readSharedRWMemory"]]
        exports = self._instance(self._program.collector, wanted)
        exports["collect"](self._store, count)
        return bytes(exports["memory"].read(self._store, 0, 4 * _WORDS * count))

    def _instance(self, module: Any, imports: Sequence[Any]) -> Any:
        """A module's exports, its imports being given in order."""
        return self._program.wasmtime.Instance(self._store, module, imports).exports(self._store)

    def _import(self, wanted: Any) -> Any:
        handlers = {
            "exceptionHandler": self._fail,
            "printErrorMessage": lambda: self._said.append(self._message().strip()),
            "writeBufferMessage": self._log_message,
            "showSharedRWMemory": lambda: self._logged.append(str(self.shared())),
        }
        if wanted.module != "runtime" or wanted.name not in handlers:
            name = f"{wanted.module}.{wanted.name}"
            raise InvalidCalculator(self._program.path, f"it imports {name}, as nothing of circom 2 does")
        return self._program.wasmtime.Func(self._store, wanted.type, handlers[wanted.name])

    def _fail(self, code: int) -> None:
        raise RefusedInputs(self._program.path, code, self._said, self._inputs)

    def _log_message(self) -> None:
        """What ``log`` in the circuit says: parts, then a line's end."""
        message = self._message()
        if message != "\n":
            self._logged.append(message)
        else:
            _LOG.info("%s: %s", self._program.path.name, " ".join(self._logged))
            self._logged.clear()

    def _message(self) -> str:
        characters = iter(lambda: int(self.call("getMessageChar")), 0)
        return "".join(map(chr, characters))


def _shown(inputs: Mapping[str, Sequence[int]]) -> str:
    """The first inputs with their first values, for a message."""
    shown = []
    for name, values in list(inputs.items())[:_SHOWN]:
        more = ", ..." if len(values) > _SHOWN else ""
        numbers = ", ".join(map(short, values[:_SHOWN])) + more
        shown.append(f"{name} = {numbers}" if len(values) == 1 else f"{name} = [{numbers}]")
    return ", ".join(shown) + (f" and {len(inputs) - _SHOWN} more inputs" if len(inputs) > _SHOWN else "")


def _wasmtime() -> ModuleType:
    try:
        import wasmtime
    except ImportError as error:
        raise MissingWasmtime(str(error)) from error
    return wasmtime


def _hashed(name: str) -> tuple[int, int]:
    """FNV-1a of 64 bits, the upper and the lower half as signed numbers."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return _signed(value >> 32), _signed(value)


def _signed(value: int) -> int:
    """The lower 32 bits as WebAssembly's i32."""
    return (value + 2**31) % 2**32 - 2**31
