"""Addresses without code: whether one is, and whether a contract reverted without data because it called one.

Owns the search in recorded steps. solc's callers check the size of the code before a call, or call and then
find the result too short to be decoded; both revert without a word.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.tracing import Step

_CALLS: Final = frozenset({"CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"})
_ADDRESS: Final = 2**160 - 1
_PRECOMPILES: Final = 0xFFFF
"""Addresses up to here may be precompiles', which have no code either."""


def is_codeless(engine: Engine, address: bytes) -> bool:
    """Tell whether a call of an address would do nothing: no code, no precompile and no mock is there."""
    if _may_be_precompile(address) or address in engine.mocks.by_address:
        return False
    return not engine.code(address)


def codeless(steps: Sequence[Step], has_code: Callable[[bytes], bool]) -> bytes | None:
    """Return the address without code that a reverted execution turned to last; None if there is none such.

    Args:
        steps: of the execution.
        has_code: tells whether there is code at an address.
    """
    depth = steps[0].depth if steps else 0
    own = [position for position, step in enumerate(steps) if step.depth == depth]
    for position, after in reversed(list(pairwise(own))):
        step, inside = steps[position], steps[position + 1 : after]
        answer = steps[after].stack[-1] if steps[after].stack else 0
        if step.name == "EXTCODESIZE" and not answer:
            return _address(step.stack[-1])
        if step.name not in _CALLS:
            continue
        if not answer:
            # The call failed, and its caller after it: the reason is there.
            return codeless([each for each in inside if each.pc >= 0], has_code)
        called = _address(step.stack[-2])
        return None if _may_be_precompile(called) or has_code(called) else called
    return None


def _may_be_precompile(address: bytes) -> bool:
    return int.from_bytes(address) <= _PRECOMPILES


def _address(word: int) -> bytes:
    return (word & _ADDRESS).to_bytes(20)
