"""Executing without keeping: calls, gas estimates, access lists.

Owns the search. Does not own the state, which its callers put back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zkrollup.evm.engine.blocks import Log
from zkrollup.evm.engine.rules import Execution, created_address, execute, execute_watched
from zkrollup.evm.engine.transactions import (
    AccessList,
    CallFields,
    InvalidTransaction,
    Transaction,
    build,
    impersonate,
)
from zkrollup.evm.engine.world import World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an execution came to.

    Attributes:
        output: returned data, or revert data.
        failure: None, "Revert", or the name of the exceptional halt ("OutOfGas").
        gas_used: after refunds, at least the calldata floor (EIP-7623).
        logs: of no transaction and no block: their hashes are zero.
    """

    output: bytes
    failure: str | None
    gas_used: int
    logs: tuple[Log, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """Another state of one account, for the time of a call.

    Attributes:
        balance: wei.
        nonce: of the account.
        code: to run there.
        storage: replaces all slots.
        storage_diff: replaces single slots.
    """

    balance: int | None = None
    nonce: int | None = None
    code: bytes | None = None
    storage: Mapping[int, int] | None = None
    storage_diff: Mapping[int, int] = field(default_factory=dict)

    def apply(self, world: World, address: bytes) -> None:
        """Write to the world."""
        if self.balance is not None:
            world.set_balance(address, self.balance)
        if self.nonce is not None:
            world.set_nonce(address, self.nonce)
        if self.code is not None:
            world.set_code(address, self.code)
        if self.storage is not None:
            world.delete_storage(address)
        for slot, value in {**(self.storage or {}), **self.storage_diff}.items():
            world.set_storage(address, slot, value)


def unsigned(state: Any, fields: CallFields, *, gas: int | None = None) -> Transaction:
    """Build the transaction of a call: no key, the next nonce, and no fee unless the fields name one.

    A nonce is checked where a transaction is sent, not where one is tried: clients fill in every field
    before they ask for the gas of a second transaction while the first one waits.
    """
    context = state.execution_context
    transaction = build(
        replace(fields, nonce=None),
        chain_id=context.chain_id,
        nonce=state.get_nonce(fields.sender),
        gas=context.gas_limit if gas is None else gas,
        max_fee=0,
    )
    return impersonate(transaction, fields.sender)


def call(state: Any, fields: CallFields) -> Outcome:
    """Execute on a state, which changes.

    Raises:
        InvalidTransaction: it could not be in a block.
    """
    return outcome(state, execute(state, unsigned(state, fields)))


def outcome(state: Any, done: Execution) -> Outcome:
    """Return an execution as a call's outcome."""
    context, none = state.execution_context, bytes(32)
    logs = tuple(
        Log(*log, context.block_number, none, none, 0, index, block_timestamp=context.timestamp)
        for index, log in enumerate(done.logs)
    )
    return Outcome(done.output, done.failure, done.gas_used, logs)


def estimate(state: Any, fields: CallFields) -> tuple[Outcome, int]:
    """Find a gas limit that suffices, within 1 %; returns the outcome with all gas too.

    Raises:
        InvalidTransaction: it could not be in a block, whatever its gas.
    """
    limit = _affordable(
        state, fields, state.execution_context.gas_limit if fields.gas is None else fields.gas
    )

    def run(gas: int) -> Execution:
        mark = state.world.mark()
        try:
            return execute(state, unsigned(state, fields, gas=gas))
        finally:
            state.world.undo_to(mark)
            state.world.lock_changes()

    fields = replace(fields, gas=None)
    done = run(limit)
    if done.failure:
        return outcome(state, done), limit
    return outcome(state, done), _search(run, done.gas_used, limit)


def _affordable(state: Any, fields: CallFields, limit: int) -> int:
    """The gas that the sender can pay for at the fee it names, as a node counts."""
    price = fields.max_fee_per_gas if fields.gas_price is None else fields.gas_price
    if not price:
        return limit
    return min(limit, max(int(state.get_balance(fields.sender)) - fields.value, 0) // price)


def _search(run: Callable[[int], Execution], used: int, limit: int) -> int:
    low, high, guess = used - 1, limit, used
    while high - low > max(1, low // 100):
        try:
            enough = run(guess).failure is None
        except InvalidTransaction:
            enough = False
        low, high = (low, guess) if enough else (guess, high)
        guess = min((low + high) // 2, low * 5 // 4)
    return high


def access_list(state: Any, fields: CallFields) -> tuple[AccessList, Outcome]:
    """Return what the execution touches beside sender, target and precompiles, and its outcome with it.

    Raises:
        InvalidTransaction: it could not be in a block.
    """
    known: AccessList = ()
    while True:
        touched, done = _touched(state, replace(fields, access_list=known))
        if touched == known:
            return known, done
        known = touched


def _touched(state: Any, fields: CallFields) -> tuple[AccessList, Outcome]:
    world: World = state.world
    nonce, mark = state.get_nonce(fields.sender), world.mark()
    plain = {fields.sender, fields.to or created_address(fields.sender, nonce), state.coinbase}
    plain |= set(state.computation_class.get_precompiles())
    try:
        done, touched = execute_watched(state, unsigned(state, fields))
    finally:
        world.undo_to(mark)
        world.lock_changes()
    # What the execution creates is warm by that.
    listed = touched.addresses - plain - touched.created
    by_address: dict[bytes, list[int]] = {address: [] for address in sorted(listed)}
    for address, slot in sorted(touched.slots):
        if address not in touched.created:
            by_address.setdefault(address, []).append(slot)
    return tuple((address, tuple(keys)) for address, keys in by_address.items()), outcome(state, done)
