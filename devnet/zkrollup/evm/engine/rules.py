"""Prague's rules over our state: py-evm's transaction executor, and what it leaves to others.

Owns: the subclasses of py-evm's state and executor, contracts of genesis. Does not own: opcodes and
precompiles, which transactions a block may hold (`validity`), the order of a block, who signs.

An impersonated transaction whose fee cap is zero pays no gas: a contract seldom has ether.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from eth.exceptions import Revert as VMRevert
from eth.exceptions import VMError
from eth.vm.forks.cancun.constants import BEACON_ROOTS_ADDRESS as BEACON_ROOTS_ADDRESS
from eth.vm.forks.cancun.constants import BEACON_ROOTS_CONTRACT_CODE, HISTORY_BUFFER_LENGTH
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.homestead.state import HomesteadTransactionExecutor
from eth.vm.forks.prague.constants import HISTORY_SERVE_WINDOW, HISTORY_STORAGE_CONTRACT_CODE
from eth.vm.forks.prague.constants import HISTORY_STORAGE_ADDRESS as HISTORY_STORAGE_ADDRESS
from eth.vm.forks.prague.state import PragueState, PragueTransactionExecutor
from eth.vm.message import Message as VMMessage
from eth_hash.auto import keccak

from zkrollup.evm.engine.encoding import rlp
from zkrollup.evm.engine.headers import blob_fee
from zkrollup.evm.engine.interpreter import Computation, Quiet
from zkrollup.evm.engine.transactions import Transaction
from zkrollup.evm.engine.validity import check
from zkrollup.evm.engine.world import Mark, World

HISTORY_DEPTH: Final = 256
"""How far back BLOCKHASH sees."""

# py-evm is untyped: its classes reach mypy as Any.
_State: Any = PragueState
_Executor: Any = PragueTransactionExecutor
_BeforeClearing: Any = HomesteadTransactionExecutor
_Message: Any = VMMessage


class Touched(NamedTuple):
    """What a transaction accessed.

    Attributes:
        addresses: of accounts.
        slots: addresses with storage slots.
        created: addresses that contracts were created at, or tried to be.
    """

    addresses: frozenset[bytes]
    slots: frozenset[tuple[bytes, int]]
    created: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Context:
    """What a transaction sees of its block; named as py-evm's ExecutionContext.

    Attributes:
        coinbase: gets the tips.
        timestamp: seconds.
        block_number: of the block.
        mix_hash: PREVRANDAO.
        gas_limit: of the block.
        chain_id: of the chain.
        base_fee_per_gas: wei.
        excess_blob_gas: sets the blob fee.
        hash_of: a block's hash by number, for BLOCKHASH.
        difficulty: 0.
    """

    coinbase: bytes
    timestamp: int
    block_number: int
    mix_hash: bytes
    gas_limit: int
    chain_id: int
    base_fee_per_gas: int
    excess_blob_gas: int
    hash_of: Callable[[int], bytes]
    difficulty: int = 0


@dataclass(frozen=True, slots=True)
class Execution:
    """What a transaction did.

    Attributes:
        output: returned data, or revert data.
        failure: None, "Revert", or the name of the exceptional halt.
        gas_used: after refunds, at least the calldata floor (EIP-7623).
        logs: address, topics and data of each.
        created: address that a creation is for, also of one that failed; None for a call.
    """

    output: bytes
    failure: str | None
    gas_used: int
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]
    created: bytes | None


class Executor(_Executor):  # type: ignore[misc]
    """Prague's executor, which checks a transaction by our rules and logs nothing."""

    def validate_transaction(self, transaction: Transaction) -> None:
        """Check that a block can hold it."""
        check(self.vm_state, transaction)

    def build_evm_message(self, transaction: Transaction) -> Any:
        """Buy gas, count the nonce, and make the outermost message; Cancun's without its debug line."""
        state, sender = self.vm_state, transaction.sender
        fee = transaction.gas * state.get_gas_price(transaction) + self.calc_data_fee(transaction)
        nonce = state.get_nonce(sender)
        state.delta_balance(sender, -fee)
        state.increment_nonce(sender)
        refund = self.calc_message_refund(transaction)
        gas = transaction.gas - transaction.intrinsic_gas
        common = {"gas": gas, "to": transaction.to, "sender": sender, "value": transaction.value}
        if not transaction.to:
            address = created_address(sender, nonce)
            return _Message(**common, data=b"", code=transaction.data, create_address=address, refund=refund)
        code, delegate = self.get_code_at_address(transaction.to)
        delegated = delegate is not None
        return _Message(**common, data=transaction.data, code=code, refund=refund, is_delegation=delegated)

    def finalize_computation(self, transaction: Transaction, computation: Any) -> Any:
        """Pay out what is left, and clear what the transaction touched and left empty (EIP-161)."""
        # Spurious Dragon's looks at each frame once for every frame above it.
        computation = _BeforeClearing.finalize_computation(self, transaction, computation)
        world: World = self.vm_state.world
        for account in computation.touched_accounts() | {self.vm_state.coinbase}:
            if world.account_exists(account) and world.account_is_empty(account):
                world.delete_account(account)
        return computation

    def calc_data_fee(self, transaction: Transaction) -> int:
        """Return the fee for blobs."""
        return transaction.blob_gas * self.vm_state.blob_base_fee if transaction.blob_gas else 0


class State(_State):  # type: ignore[misc]
    """Prague's state over a world, which all blocks share.

    Args:
        world: that it reads and writes.
        computation: runs messages.
    """

    transaction_executor_class = Executor
    transaction_context_class = CancunTransactionContext
    logger = Quiet()

    def __init__(self, world: World, computation: Any = Computation) -> None:
        # Not py-evm's: it would make an account database of its own.
        self._account_db = world
        self.computation_class = computation
        self.execution_context: Any = None

    @property
    def world(self) -> World:
        """Where it reads and writes."""
        world: World = self._account_db
        return world

    def snapshot(self) -> Mark:
        """Return the position in the undo log."""
        return self.world.mark()

    def revert(self, snapshot: Mark) -> None:
        """Go back to a position."""
        self.world.undo_to(snapshot)

    def commit(self, snapshot: Mark) -> None:
        """Nothing: the log is kept."""

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        """Return a word (EIP-1153)."""
        return self.world.get_transient(address, slot)

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        """Set a word (EIP-1153)."""
        self.world.set_transient(address, slot, value)

    def clear_transient_storage(self) -> None:
        """Nothing: the end of the transaction clears it."""

    def get_ancestor_hash(self, block_number: int) -> bytes:
        """Return what BLOCKHASH does: nothing but for the last 256 blocks."""
        context = self.execution_context
        if not max(context.block_number - HISTORY_DEPTH, 0) <= block_number < context.block_number:
            return b""
        return bytes(context.hash_of(block_number))

    def get_gas_price(self, transaction: Transaction) -> int:
        """Return the price that the sender pays."""
        return transaction.effective_gas_price(self.execution_context.base_fee_per_gas)

    def get_tip(self, transaction: Transaction) -> int:
        """Return what the coinbase gets a unit of gas."""
        return max(self.get_gas_price(transaction) - int(self.execution_context.base_fee_per_gas), 0)

    @property
    def blob_base_fee(self) -> int:
        """Wei a unit of blob gas."""
        return blob_fee(self.execution_context.excess_blob_gas)


def created_address(sender: bytes, nonce: int) -> bytes:
    """Return where a contract of that sender and nonce will stand (CREATE)."""
    return bytes(keccak(rlp([sender, nonce]))[12:])


def execute(state: Any, transaction: Transaction) -> Execution:
    """Run a transaction and end it; its effects stay.

    Raises:
        InvalidTransaction: a block cannot hold it. Nothing changed.
    """
    computation = state.apply_transaction(transaction)
    state.lock_changes()
    return _execution(transaction, computation)


def execute_watched(state: Any, transaction: Transaction) -> tuple[Execution, Touched]:
    """Run a transaction like `execute`; returns also what it accessed.

    Raises:
        InvalidTransaction: a block cannot hold it. Nothing changed.
    """
    computation = state.apply_transaction(transaction)
    addresses, slots = state.world.warm
    touched = Touched(addresses, slots, frozenset(computation.created_addresses))
    state.lock_changes()
    return _execution(transaction, computation), touched


def _execution(transaction: Transaction, computation: Any) -> Execution:
    spent = transaction.gas - computation.get_gas_remaining()
    refund = Executor.calculate_gas_refund(computation, spent)
    return Execution(
        output=bytes(computation.output),
        failure=failure_of(computation),
        gas_used=spent - refund + computation.data_floor_gas,
        logs=tuple(
            (bytes(address), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
            for address, topics, data in computation.get_log_entries()
        ),
        created=bytes(computation.msg.storage_address) if computation.msg.is_create else None,
    )


def failure_of(computation: Any) -> str | None:
    """Return None for success, "Revert", or py-evm's name of the exceptional halt."""
    if computation.is_success:
        return None
    return "Revert" if isinstance(computation.error, VMRevert) else type(computation.error).__name__


def halts() -> frozenset[str]:
    """Return the names of all exceptional halts."""

    def names(kind: type) -> set[str]:
        return {kind.__name__}.union(*map(names, kind.__subclasses__()))

    return frozenset(names(VMError))


# --- contracts of genesis

CREATE2_DEPLOYER: Final = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
"""Where tools expect a contract that creates what they send it: a salt, then init code."""
CREATE2_DEPLOYER_CODE: Final = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
"""As on mainnet (https://github.com/Arachnid/deterministic-deployment-proxy)."""


def install_contracts(world: World) -> None:
    """Put the contracts of EIP-4788, EIP-2935 and the deployer into genesis, with nonce 1 as on mainnet."""
    for address, code in (
        (BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CONTRACT_CODE),
        (HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CONTRACT_CODE),
        (CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE),
    ):
        world.set_nonce(address, 1)
        world.set_code(address, code)


def begin_block(world: World, context: Context, parent_hash: bytes, beacon_root: bytes) -> None:
    """Do what the system calls before a block's transactions do: both contracts only store words.

    A contract whose code was replaced is left alone.
    """
    if world.get_code(BEACON_ROOTS_ADDRESS) == BEACON_ROOTS_CONTRACT_CODE:
        slot = context.timestamp % HISTORY_BUFFER_LENGTH
        world.set_storage(BEACON_ROOTS_ADDRESS, slot, context.timestamp)
        world.set_storage(
            BEACON_ROOTS_ADDRESS, slot + HISTORY_BUFFER_LENGTH, int.from_bytes(beacon_root, "big")
        )
    if world.get_code(HISTORY_STORAGE_ADDRESS) == HISTORY_STORAGE_CONTRACT_CODE:
        slot = (context.block_number - 1) % HISTORY_SERVE_WINDOW
        world.set_storage(HISTORY_STORAGE_ADDRESS, slot, int.from_bytes(parent_hash, "big"))
    world.lock_changes()
