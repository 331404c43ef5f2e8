"""Bytecode from names and numbers: `asm("PUSH0", 5, "ADD")` pushes numbers."""

from eth.vm import opcode_values

_NAMES = {name: value for name, value in vars(opcode_values).items() if name.isupper()}
_NAMES |= {"KECCAK256": 0x20, "PREVRANDAO": 0x44}


def push(word: int) -> bytes:
    """Return the shortest PUSH of a word."""
    size = (word.bit_length() + 7) // 8
    return bytes([0x5F + size]) + word.to_bytes(size, "big")


def asm(*items) -> bytes:
    """Assemble opcode names, numbers to push, and raw bytes."""
    parts = []
    for item in items:
        if isinstance(item, bytes):
            parts.append(item)
        else:
            parts.append(push(item) if isinstance(item, int) else bytes([_NAMES[item]]))
    return b"".join(parts)


RETURN_TOP = asm(0, "MSTORE", 32, 0, "RETURN")
"""Returns the word on top of the stack."""


def init(runtime: bytes) -> bytes:
    """Return init code that deploys the runtime."""
    # PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
    return bytes.fromhex(f"61{len(runtime):04x}80600a5f395ff3") + runtime


def call(kind: str, to: bytes, *, value: int = 0, gas: int = 100_000, size: int = 0, room: int = 32) -> bytes:
    """Call with memory from 0 as data, and `room` bytes of output at 0."""
    amount = (value,) if kind in ("CALL", "CALLCODE") else ()
    return asm(room, 0, size, 0, *amount, int.from_bytes(to, "big"), gas, kind)
