"""Bytecode read ahead: straight runs of opcodes whose gas and stack needs are known before they run.

Owns: cutting code into segments, jump destinations. Does not own what opcodes do, or when py-evm's
own are called: `interpreter`.

No opcode of a segment's steps can leave it. So the gas of all of them is paid on entry, and the
stack is checked once: whoever cannot pay the whole, or lacks the items, would fail within it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from eth.vm.forks.prague import opcodes
from eth.vm.logic.invalid import InvalidOpcode

STACK_LIMIT: Final = 1024

# py-evm is untyped: its opcodes reach mypy as Any.
_OPCODES: Final[dict[int, Any]] = opcodes.PRAGUE_OPCODES

STOP, JUMP, JUMPI, PC, JUMPDEST, PUSH0 = 0x00, 0x56, 0x57, 0x58, 0x5B, 0x5F
PUSH, DUP, SWAP, BINARY, CONTEXT = 0x60, 0x80, 0x90, 0x100, 0x101
"""Step kinds: opcodes of a family share one; two stand for opcodes that carry a function."""

_PUSHED: Final = re.compile(b"|".join(rb"\x%x.{0,%d}" % (PUSH + n - 1, n) for n in range(1, 33)), re.DOTALL)

_HALF: Final = 1 << 255
_FULL: Final = 1 << 256
_MASK: Final = _FULL - 1


GO, BRANCH, JUMP_TO, JUMPI_TO, CALL, HALT = range(6)
"""How a segment ends: on at `following`; at `target` if the popped word is not zero, else at
`following`; at the popped destination; there if the word below is not zero, else at `following`;
by py-evm's opcode `target` and then at `following`; not at all. Integers: an enum's members are slow."""


class Segment(NamedTuple):
    """A run of steps.

    Attributes:
        cost: gas of all steps and of a jump at the end.
        low: items that the stack needs on entry.
        high: the most that it may hold on entry.
        steps: kind and argument of each: a word to push, a (negative) stack index, or a function.
        end: what comes after.
        target: destination of a branch, or py-evm's opcode.
        following: position of the opcode after the segment, or of the jump's destination.
    """

    cost: int
    low: int
    high: int
    steps: tuple[tuple[int, Any], ...]
    end: int
    target: Any
    following: int


def _signed(word: int) -> int:
    return word - _FULL if word & _HALF else word


def _signed_divide(left: int, right: int) -> int:
    left, right = _signed(left), _signed(right)
    if not right:
        return 0
    quotient = abs(left) // abs(right)
    return (quotient if (left < 0) == (right < 0) else -quotient) & _MASK


def _signed_modulo(left: int, right: int) -> int:
    left, right = _signed(left), _signed(right)
    if not right:
        return 0
    rest = abs(left) % abs(right)
    return (-rest if left < 0 else rest) & _MASK


def _sign_extend(last: int, word: int) -> int:
    if last > 30:
        return word
    sign = 1 << (8 * last + 7)
    low = word & (2 * sign - 1)
    return low | (_FULL - 2 * sign) if low & sign else low


_BINARY: Final[dict[int, Callable[[int, int], int]]] = {
    0x04: lambda x, y: x // y if y else 0,
    0x05: _signed_divide,
    0x06: lambda x, y: x % y if y else 0,
    0x07: _signed_modulo,
    0x0B: _sign_extend,
    0x12: lambda x, y: int(_signed(x) < _signed(y)),
    0x13: lambda x, y: int(_signed(x) > _signed(y)),
    0x18: lambda x, y: x ^ y,
    0x1A: lambda x, y: y >> (8 * (31 - x)) & 0xFF if x < 32 else 0,
    0x1D: lambda x, y: _signed(y) >> min(x, 256) & _MASK,
}
"""By opcode; the first argument is the top of the stack."""

# Opcodes that the interpreter runs itself: items popped and pushed.
_INLINE: Final[dict[int, tuple[int, int]]] = {
    **dict.fromkeys((0x01, 0x02, 0x03, 0x10, 0x11, 0x14, 0x16, 0x17, 0x1B, 0x1C), (2, 1)),
    **dict.fromkeys((0x08, 0x09), (3, 1)),
    **dict.fromkeys((0x15, 0x19, 0x35, 0x51), (1, 1)),
    0x20: (2, 1),
    0x50: (1, 0),
    **dict.fromkeys((0x52, 0x53), (2, 0)),
    0x59: (0, 1),
    JUMPDEST: (0, 0),
}

# Opcodes that only push something of the context, at a fixed price, by py-evm's functions.
_CONTEXT: Final = frozenset(
    (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x47), 0x47, 0x48, 0x4A)
)


class Program:
    """Code, cut into segments where execution enters it.

    Args:
        code: bytes of a contract, or init code.
    """

    def __init__(self, code: bytes) -> None:
        self._code = code
        # Data of pushes is blanked by bytes that are no destination.
        blanked = _PUSHED.sub(lambda push: bytes(len(push[0])), code)
        self.destinations = frozenset(i for i, opcode in enumerate(blanked) if opcode == JUMPDEST)
        self.segments: dict[int, Segment] = {}

    def segment(self, start: int) -> Segment:
        """Read the segment at a position, and keep it."""
        segment = self.segments[start] = _read(self._code, start, self.destinations)
        return segment


@lru_cache(maxsize=512)
def program(code: bytes) -> Program:
    """Return the code's program; the last ones are kept."""
    return Program(code)


def _step(code: bytes, at: int) -> tuple[int, Any, int, int, int] | None:
    # Kind, argument, popped, pushed, length; None for what ends a segment.
    opcode = code[at]
    if PUSH0 <= opcode < DUP:
        length = opcode - PUSH0
        word = int.from_bytes(code[at + 1 : at + 1 + length].ljust(length, b"\0"), "big")
        return PUSH, word, 0, 1, 1 + length
    if DUP <= opcode < SWAP:
        depth = opcode - DUP + 1
        return DUP, -depth, depth, depth + 1, 1
    if SWAP <= opcode < 0xA0:
        depth = opcode - SWAP + 2
        return SWAP, -depth, depth, depth, 1
    if opcode in _INLINE:
        return opcode, None, *_INLINE[opcode], 1
    if opcode in _BINARY:
        return BINARY, _BINARY[opcode], 2, 1, 1
    if opcode in _CONTEXT:
        return CONTEXT, _OPCODES[opcode].logic_fn, 0, 1, 1
    return (PUSH, at, 0, 1, 1) if opcode == PC else None


def _read(code: bytes, start: int, destinations: frozenset[int]) -> Segment:
    steps: list[tuple[int, Any]] = []
    cost = low = height = peak = 0
    at = start
    while at < len(code) and not (at in destinations and at > start):
        step = _step(code, at)
        if step is None:
            break
        kind, argument, popped, pushed, length = step
        low = max(low, popped - height)
        height += pushed - popped
        peak = max(peak, height)
        cost += _OPCODES[code[at]].gas_cost
        if kind != JUMPDEST:
            steps.append((kind, argument))
        at += length
    extra, popped, end, target, following = _ending(code, at, steps, destinations)
    low = max(low, popped - height)
    return Segment(cost + extra, low, STACK_LIMIT - peak, tuple(steps), end, target, following)


def _ending(
    code: bytes, at: int, steps: list[tuple[int, Any]], destinations: frozenset[int]
) -> tuple[int, int, int, Any, int]:
    # Gas, items popped, end, target, following. A pushed valid destination is taken off the steps.
    opcode = code[at] if at < len(code) else STOP
    if at in destinations:
        return 0, 0, GO, None, at
    if opcode == STOP:
        return 0, 0, HALT, None, at
    if opcode not in (JUMP, JUMPI):
        run = _OPCODES.get(opcode) or InvalidOpcode(opcode)
        return 0, 0, CALL, run, at + 1
    gas, popped = _OPCODES[opcode].gas_cost, opcode - JUMP + 1
    known = steps[-1][1] if steps and steps[-1][0] == PUSH and steps[-1][1] in destinations else None
    if known is None:
        return gas, popped, JUMP_TO + opcode - JUMP, None, at + 1
    steps.pop()
    if opcode == JUMP:
        return gas, popped, GO, None, known
    return gas, popped, BRANCH, known, at + 1
