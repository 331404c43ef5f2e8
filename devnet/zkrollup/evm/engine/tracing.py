"""Traces by executing once more: the tree of calls, single steps, accounts before and after.

Owns the recording computation. Does not own the state, which its callers put back, nor any format.
It runs py-evm's opcodes one by one, whatever the state's own computation does to be fast.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from eth.exceptions import Halt, Revert
from eth.vm.logic.invalid import InvalidOpcode

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.interpreter import step_through
from zkrollup.evm.engine.rules import Execution, execute, execute_watched, failure_of
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.engine.world import World

MOST_STEPS: Final = 200_000
"""That a trace holds: each takes some kilobytes."""
_SLOAD, _SSTORE = 0x54, 0x55
_KINDS: Final[Mapping[int, str]] = {
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFA: "STATICCALL",
}
_BORROWING: Final = frozenset({"CALLCODE", "DELEGATECALL"})
"""Calls that run another's code on the caller's storage."""


class TraceTooLong(ZkRollupError):
    """An execution of more steps than a trace holds."""

    def __init__(self) -> None:
        super().__init__(f"the execution has more than {MOST_STEPS} steps: ask for the callTracer")


@dataclass(frozen=True, slots=True)
class Emitted:
    """A log in a trace.

    Attributes:
        address: of the contract.
        topics: 32 bytes each.
        data: the rest.
        position: how many calls the frame had made before.
    """

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    position: int


@dataclass(slots=True)
class CallTree:
    """A call or creation, with those it made. Filled in while it runs.

    Attributes:
        kind: CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2.
        sender: who called.
        to: whose code ran, or the created address.
        value: wei.
        gas: that it got.
        input: calldata or init code.
        output: returned data, code of a creation, or revert data.
        gas_used: of the gas.
        failure: None, "Revert", or the name of the exceptional halt.
        logs: its own, none if it failed.
        calls: in order.
    """

    kind: str
    sender: bytes
    to: bytes
    value: int
    gas: int
    input: bytes
    output: bytes = b""
    gas_used: int = 0
    failure: str | None = None
    logs: tuple[Emitted, ...] = ()
    calls: list["CallTree"] = field(default_factory=list)

    def frames(self) -> "Iterator[CallTree]":
        """Yield this call and all below it, in order."""
        yield self
        for call in self.calls:
            yield from call.frames()

    def forget_logs(self) -> None:
        """Drop the logs of a failed frame, and of all below."""
        self.logs = ()
        for call in self.calls:
            call.forget_logs()


@dataclass(slots=True)
class Step:
    """An opcode, just before it runs.

    Attributes:
        pc: its place in the code.
        name: of the opcode.
        gas: that is left.
        depth: 1 for the outermost code.
        stack: bottom first.
        memory: all of it.
        storage: slots of this contract that were used so far.
        return_data: that the last call of this code left.
        cost: gas that it took; for a call, all that the call used.
        failure: the exceptional halt that it met, if any.
    """

    pc: int
    name: str
    gas: int
    depth: int
    stack: tuple[int, ...]
    memory: bytes
    storage: Mapping[int, int]
    return_data: bytes
    cost: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """An execution as recorded.

    Attributes:
        execution: what it came to.
        root: the outermost call.
        steps: empty unless asked for.
    """

    execution: Execution
    root: CallTree
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """An account before or after a transaction that touched it.

    Attributes:
        balance: wei.
        nonce: of the account.
        code: b"" where there is none.
        storage: slots that the transaction touched.
    """

    balance: int
    nonce: int
    code: bytes
    storage: Mapping[int, int]


class _Recorder:
    """What a recording computation tells."""

    def __init__(self, steps: bool) -> None:
        self.wants_steps = steps
        self.steps: list[Step] = []
        self.root: CallTree | None = None
        self._open: list[CallTree] = []
        self._storage: dict[bytes, dict[int, int]] = {}

    def enter(self, message: Any, parent: Any) -> None:
        """Open a frame."""
        if parent is None:
            kind = "CREATE" if message.is_create else "CALL"
        else:
            kind = _KINDS[parent.msg.code[parent.code.program_counter - 1]]
        frame = CallTree(
            kind=kind,
            sender=message.storage_address if kind == "DELEGATECALL" else message.sender,
            # Of an account that has delegated (EIP-7702), code_address is where its code comes from.
            to=message.code_address if kind in _BORROWING else message.storage_address,
            value=message.value,
            gas=message.gas,
            input=message.code if message.is_create else bytes(message.data),
        )
        if self._open:
            self._open[-1].calls.append(frame)
        else:
            self.root = frame
        self._open.append(frame)

    def leave(self, computation: Any) -> None:
        """Close the frame."""
        frame = self._open.pop()
        frame.output, frame.failure = bytes(computation.output), failure_of(computation)
        frame.gas_used = frame.gas - computation.get_gas_remaining()
        if frame.failure:
            frame.forget_logs()

    def emitted(self, address: bytes, topics: list[int], data: bytes) -> None:
        """Note a log."""
        frame = self._open[-1]
        words = tuple(topic.to_bytes(32, "big") for topic in topics)
        frame.logs += (Emitted(bytes(address), words, bytes(data), len(frame.calls)),)

    def step(self, computation: Any, opcode: int, name: str) -> Step:
        """Note an opcode before it runs."""
        if len(self.steps) >= MOST_STEPS:
            raise TraceTooLong
        stack = tuple(
            item if isinstance(item, int) else int.from_bytes(item, "big")
            for item in computation._stack.values
        )
        contract = computation.msg.storage_address
        used = self._storage.setdefault(contract, {})
        if opcode == _SLOAD and stack:
            used[stack[-1]] = computation.state.get_storage(contract, stack[-1])
        elif opcode == _SSTORE and len(stack) > 1:
            used[stack[-1]] = stack[-2]
        step = Step(
            pc=computation.code.program_counter - 1,
            name=name,
            gas=computation.get_gas_remaining(),
            depth=computation.msg.depth + 1,
            stack=stack,
            memory=bytes(computation._memory._bytes),
            storage=dict(used) if opcode in (_SLOAD, _SSTORE) else {},
            return_data=bytes(computation.return_data),
        )
        self.steps.append(step)
        return step


class _Recording:
    """Mixed in before the engine's Computation; `recorder` is set by a class of each trace."""

    recorder: _Recorder

    @classmethod
    def apply_message(cls, state: Any, message: Any, context: Any, parent_computation: Any = None) -> Any:
        """Run a message; a creation's frame is opened below."""
        run: Any = super().apply_message  # type: ignore[misc]
        if message.is_create:
            return run(state, message, context, parent_computation)
        return cls._framed(run, state, message, context, parent_computation)

    @classmethod
    def apply_create_message(
        cls, state: Any, message: Any, context: Any, parent_computation: Any = None
    ) -> Any:
        """Run a creation."""
        run: Any = super().apply_create_message  # type: ignore[misc]
        return cls._framed(run, state, message, context, parent_computation)

    @classmethod
    def _framed(cls, run: Any, state: Any, message: Any, context: Any, parent: Any) -> Any:
        cls.recorder.enter(message, parent)
        computation = run(state, message, context, parent)
        cls.recorder.leave(computation)
        return computation

    def run(self: Any) -> None:
        """Run code opcode by opcode: a frame is named by the opcode that opens it."""
        if self.recorder.wants_steps:
            self._record_steps()
        else:
            step_through(self)

    def _record_steps(self: Any) -> None:
        # Not by iterating: at the end of the code that stands still, and without any code it goes below 0.
        recorder, code = self.recorder, self.code
        while len(code):
            opcode = code.peek()
            code.program_counter += 1
            run = self.opcodes.get(opcode) or InvalidOpcode(opcode)
            step = recorder.step(self, opcode, _name(run, opcode))
            try:
                run(computation=self)
            except Halt:
                return
            except Revert:
                raise
            except Exception as halt:
                step.failure = type(halt).__name__
                raise
            finally:
                step.cost = step.gas - self.get_gas_remaining()

    def add_log_entry(self: Any, account: bytes, topics: list[int], data: bytes) -> None:
        """Note a log."""
        self.recorder.emitted(account, topics, data)
        super().add_log_entry(account, topics, data)  # type: ignore[misc]


def _name(run: Any, opcode: int) -> str:
    found = getattr(run, "mnemonic", None) or getattr(getattr(run, "__wrapped__", None), "mnemonic", None)
    return found if isinstance(found, str) else f"0x{opcode:02x}"


def record(state: Any, transaction: Transaction, *, steps: bool = False) -> Trace:
    """Run a transaction like `execute`, recording it.

    Args:
        state: that it runs on; it changes.
        transaction: to run.
        steps: whether to record each opcode too.

    Raises:
        InvalidTransaction: a block cannot hold it. Nothing changed.
        TraceTooLong: it has more steps than a trace holds.
    """
    plain, recorder = state.computation_class, _Recorder(steps)
    state.computation_class = type("Recording", (_Recording, plain), {"recorder": recorder})
    try:
        execution = execute(state, transaction)
    finally:
        state.computation_class = plain
    root = recorder.root
    if root is None:
        raise LookupError(f"transaction 0x{transaction.hash.hex()} ran no message")
    root.gas, root.gas_used = transaction.gas, execution.gas_used
    return Trace(execution, root, tuple(recorder.steps))


def around(state: Any, transaction: Transaction) -> tuple[dict[bytes, Held], dict[bytes, Held]]:
    """Return the accounts that a transaction touches, as they are before it and after it.

    Accounts that are not there are left out. The state is put back.

    Raises:
        InvalidTransaction: a block cannot hold it. Nothing changed.
    """
    world: World = state.world
    mark = world.mark()
    try:
        _, touched = execute_watched(state, transaction)
        addresses = touched.addresses | {transaction.sender, state.coinbase, *(a for a, _ in touched.slots)}
        after = _held(world, addresses, touched.slots)
    finally:
        world.undo_to(mark)
        world.lock_changes()
    return _held(world, addresses, touched.slots), after


def _held(world: World, addresses: Iterable[bytes], slots: Iterable[tuple[bytes, int]]) -> dict[bytes, Held]:
    return {
        address: Held(
            world.get_balance(address),
            world.get_nonce(address),
            world.get_code(address),
            {slot: world.get_storage(address, slot) for of, slot in sorted(slots) if of == address},
        )
        for address in sorted(addresses)
        if world.account_exists(address)
    }
