"""Runs bytecode: frequent opcodes in one loop, all others by py-evm's functions.

Owns: the loop, and the computation class of Prague. Does not own gas prices or rules of calls,
creation and storage: those are py-evm's.

The loop keeps integers only on the stack, where py-evm mixes them with bytes, and the gas in a
local variable; both are put right around a call of py-evm's opcodes. On an exceptional halt
py-evm takes all gas, so the local one may be lost.
"""

from collections.abc import Iterator
from typing import Any, Final

from eth.exceptions import Halt, InvalidInstruction, InvalidJumpDestination, OutOfGas
from eth.vm.computation import NO_RESULT
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.spurious_dragon.constants import EIP170_CODE_SIZE_LIMIT
from eth.vm.logic.invalid import InvalidOpcode
from eth_hash.auto import keccak

from zkrollup.evm.engine.precompiles import PRECOMPILES
from zkrollup.evm.engine.programs import (
    BINARY,
    BRANCH,
    CALL,
    DUP,
    GO,
    JUMP_TO,
    JUMPDEST,
    JUMPI_TO,
    PUSH,
    SWAP,
    program,
)

_MASK: Final = (1 << 256) - 1
_KECCAK_WORD_GAS: Final = 6
_RIPEMD160: Final = (3).to_bytes(20, "big")

# py-evm is untyped: its classes reach mypy as Any.
_Computation: Any = PragueComputation


class Quiet:
    """A logger that drops all: py-evm formats its debug lines before it asks whether anybody listens."""

    show_debug2 = False

    def debug2(self, *_: Any, **__: Any) -> None:
        """Drop a line."""


class MaxCodeSizeExceeded(OutOfGas):
    """A creation leaves more code than EIP-170 allows, and takes all gas; py-evm calls it out of gas."""


class Computation(_Computation):  # type: ignore[misc]
    """Prague's execution of a message, with the loop above and the native precompiles."""

    _precompiles = {**_Computation._precompiles, **PRECOMPILES}  # noqa: RUF012  # py-evm's declaration
    logger = Quiet()

    @classmethod
    def validate_contract_code(cls, contract_code: bytes) -> None:
        """Pass code that a creation may leave.

        Raises:
            MaxCodeSizeExceeded: it is larger than 24,576 bytes (EIP-170).
            ReservedBytesInCode: it begins with 0xef (EIP-3541).
        """
        if len(contract_code) > EIP170_CODE_SIZE_LIMIT:
            raise MaxCodeSizeExceeded(f"{len(contract_code)} bytes, the most is {EIP170_CODE_SIZE_LIMIT}")
        super().validate_contract_code(contract_code)

    @classmethod
    def apply_computation(
        cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None
    ) -> Any:
        """Run a message's code or precompile; errors of the EVM end up in the computation."""
        with cls(state, message, transaction_context) as computation:
            computation._begin(parent_computation)
            precompile = cls._precompiles.get(message.code_address, NO_RESULT)
            if precompile is NO_RESULT:
                computation.run()
            elif not message.is_delegation:
                precompile(computation)
        return computation

    def _begin(self, parent: Any) -> None:
        # As in py-evm: one list of created contracts a transaction; its init code is paid for here.
        if self.is_origin_computation:
            self.contracts_created = []
            if self.msg.is_create:
                self.consume_initcode_gas_cost(self)
        if parent is not None:
            self.contracts_created = parent.contracts_created
        if self.msg.is_create:
            self.contracts_created.append(self.msg.storage_address)

    def run(self) -> None:
        """Run the message's code to its end."""
        if self.msg.code:
            _run(self)

    # --- what the whole tree of calls came to: each frame is looked at once, by py-evm once for each above

    def frames(self) -> Iterator[tuple[Any, bool]]:
        """Yield this frame and all below, each with whether its effects stay."""
        waiting = [(self, True)]
        while waiting:
            frame, above_stays = waiting.pop()
            stays = above_stays and not frame.is_error
            yield frame, stays
            waiting.extend((child, stays) for child in frame.children)

    def _staying(self) -> Iterator[Any]:
        return (frame for frame, stays in self.frames() if stays)

    def get_gas_refund(self) -> int:
        """Return the refunds of storage, and that of the message, which stays if all else fails."""
        return int(self.msg.refund + sum(frame._gas_meter.gas_refunded for frame in self._staying()))

    def get_accounts_for_deletion(self) -> list[bytes]:
        """Return the accounts that destroyed themselves."""
        return list({account for frame in self._staying() for account in frame.accounts_to_delete})

    def get_raw_log_entries(self) -> tuple[Any, ...]:
        """Return the logs in order, each with its number."""
        return tuple(sorted(entry for frame in self._staying() for entry in frame._log_entries))

    @property
    def created_addresses(self) -> set[bytes]:
        """The addresses that contracts were created at, or tried to be."""
        return {frame.msg.storage_address for frame, _ in self.frames() if frame.msg.is_create}

    def touched_accounts(self) -> set[bytes]:
        """Return the accounts that EIP-161 clears if they are empty, the coinbase apart.

        Of frames whose effects are gone only RIPEMD-160 counts (https://github.com/ethereum/EIPs/issues/716).
        """
        touched: set[bytes] = set()
        for frame, stays in self.frames():
            accounts = {frame.msg.to} if frame.is_error else {frame.msg.to, *frame.beneficiaries}
            touched |= accounts if stays else accounts & {_RIPEMD160}
        return touched - {b""}


def step_through(computation: Any) -> None:
    """Run the code by py-evm's opcodes alone, from its program counter to its end.

    Raises:
        VMError: the execution failed.
    """
    opcodes = computation.opcodes
    for opcode in computation.code:
        run = opcodes.get(opcode) or InvalidOpcode(opcode)
        try:
            run(computation=computation)
        except Halt:
            return


def _run(computation: Any) -> None:  # noqa: C901  # a call costs more than most opcodes
    known = program(computation.msg.code)
    segments, destinations = known.segments, known.destinations
    meter, code, memory = computation._gas_meter, computation.code, computation._memory
    stack, data, calldata = computation._stack.values, memory._bytes, computation.msg.data_as_bytes
    push, pop, from_bytes = stack.append, stack.pop, int.from_bytes
    gas, at = meter.gas_remaining, 0
    while True:
        segment = segments.get(at) or known.segment(at)
        cost, low, high, steps, end, target, following = segment
        if cost > gas or not low <= len(stack) <= high:
            # It will fail: find out where and how.
            meter.gas_remaining, code.program_counter = gas, at
            return step_through(computation)
        gas -= cost
        for kind, argument in steps:
            if kind == PUSH:
                push(argument)
            elif kind == DUP:
                push(stack[argument])
            elif kind == SWAP:
                stack[-1], stack[argument] = stack[argument], stack[-1]
            elif kind == 0x01:  # ADD
                stack[-1] = (pop() + stack[-1]) & _MASK
            elif kind == 0x50:  # POP
                pop()
            elif kind == 0x51:  # MLOAD
                start = stack[-1]
                if start + 32 > len(data):
                    meter.gas_remaining = gas
                    computation.extend_memory(start, 32)
                    gas, data = meter.gas_remaining, memory._bytes
                stack[-1] = from_bytes(data[start : start + 32], "big")
            elif kind == 0x52:  # MSTORE
                start = pop()
                if start + 32 > len(data):
                    meter.gas_remaining = gas
                    computation.extend_memory(start, 32)
                    gas, data = meter.gas_remaining, memory._bytes
                data[start : start + 32] = pop().to_bytes(32, "big")
            elif kind == 0x15:  # ISZERO
                stack[-1] = 0 if stack[-1] else 1
            elif kind == 0x16:  # AND
                stack[-1] = pop() & stack[-1]
            elif kind == 0x03:  # SUB
                stack[-1] = (pop() - stack[-1]) & _MASK
            elif kind == 0x10:  # LT
                stack[-1] = 1 if pop() < stack[-1] else 0
            elif kind == 0x11:  # GT
                stack[-1] = 1 if pop() > stack[-1] else 0
            elif kind == 0x14:  # EQ
                stack[-1] = 1 if pop() == stack[-1] else 0
            elif kind == 0x1B:  # SHL
                shift = pop()
                stack[-1] = stack[-1] << shift & _MASK if shift < 256 else 0
            elif kind == 0x1C:  # SHR
                shift = pop()
                stack[-1] = stack[-1] >> shift if shift < 256 else 0
            elif kind == 0x02:  # MUL
                stack[-1] = (pop() * stack[-1]) & _MASK
            elif kind == 0x09:  # MULMOD
                product = pop() * pop()
                stack[-1] = product % stack[-1] if stack[-1] else 0
            elif kind == 0x08:  # ADDMOD
                total = pop() + pop()
                stack[-1] = total % stack[-1] if stack[-1] else 0
            elif kind == BINARY:
                stack[-1] = argument(pop(), stack[-1])
            elif kind == 0x20:  # KECCAK256
                start, size = pop(), stack[-1]
                if size and start + size > len(data):
                    meter.gas_remaining = gas
                    computation.extend_memory(start, size)
                    gas, data = meter.gas_remaining, memory._bytes
                gas -= _KECCAK_WORD_GAS * ((size + 31) // 32)
                if gas < 0:
                    raise OutOfGas("KECCAK256: words")
                # An empty slice whatever the start, which no memory need hold.
                stack[-1] = from_bytes(keccak(bytes(data[start : start + size])), "big")
            elif kind == 0x35:  # CALLDATALOAD
                start = stack[-1]
                stack[-1] = from_bytes(calldata[start : start + 32].ljust(32, b"\0"), "big")
            elif kind == 0x17:  # OR
                stack[-1] = pop() | stack[-1]
            elif kind == 0x19:  # NOT
                stack[-1] = _MASK - stack[-1]
            elif kind == 0x53:  # MSTORE8
                start = pop()
                if start >= len(data):
                    meter.gas_remaining = gas
                    computation.extend_memory(start, 1)
                    gas, data = meter.gas_remaining, memory._bytes
                data[start] = pop() & 0xFF
            elif kind == 0x59:  # MSIZE
                push(len(data))
            else:  # CONTEXT
                argument(computation)
                if stack[-1].__class__ is not int:
                    stack[-1] = from_bytes(stack[-1], "big")
        if end == GO:
            at = following
        elif end == BRANCH:
            at = target if pop() else following
        elif end == JUMP_TO:
            at = pop()
            if at not in destinations:
                raise _bad_jump(code, at)
        elif end == JUMPI_TO:
            destination = pop()
            if pop():
                if destination not in destinations:
                    raise _bad_jump(code, destination)
                at = destination
            else:
                at = following
        elif end == CALL:
            meter.gas_remaining, code.program_counter = gas, following
            try:
                target(computation=computation)
            except Halt:
                return None
            gas, data, at = meter.gas_remaining, memory._bytes, following
            if stack and stack[-1].__class__ is not int:
                stack[-1] = from_bytes(stack[-1], "big")
        else:
            meter.gas_remaining = gas
            return None


def _bad_jump(code: Any, destination: int) -> Exception:
    if destination < len(code) and code[destination] == JUMPDEST:
        return InvalidInstruction("Jump resulted in invalid instruction")
    return InvalidJumpDestination("Invalid Jump Destination")
