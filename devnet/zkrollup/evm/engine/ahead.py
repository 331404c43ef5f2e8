"""Blocks that might come: each made on the one before, and never kept.

Owns their order and what their calls become. Does not own the state, which its callers put back, nor the
inside of a block (`sealing`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine import rules, validity
from zkrollup.evm.engine.blocks import Block
from zkrollup.evm.engine.encoding import EMPTY_ROOT
from zkrollup.evm.engine.headers import Header, next_base_fee, next_excess_blob_gas
from zkrollup.evm.engine.roots import StateRoots
from zkrollup.evm.engine.rules import Context
from zkrollup.evm.engine.sealing import Draft
from zkrollup.evm.engine.simulation import Override
from zkrollup.evm.engine.transactions import CallFields, Transaction, build, impersonate
from zkrollup.evm.engine.world import Mark

MOST_BLOCKS: Final = 256
"""That are made at once, gaps between numbers included; geth's limit."""


class OutOfOrder(ZkRollupError):
    """A block whose number or time is not after its parent's, or too far after.

    Attributes:
        name: "number", "time" or "count".
    """

    def __init__(self, name: str, message: str) -> None:
        self.name = name
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Planned:
    """A block to be.

    Attributes:
        calls: transactions, in order.
        overrides: other states of accounts from its beginning on, by address.
        settings: of the block, by the names of `rules.Context`.
    """

    calls: tuple[CallFields, ...] = ()
    overrides: Mapping[bytes, Override] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


class Ahead:
    """The end of a chain that might be.

    Args:
        state: py-evm's, that of the parent; it changes.
        parent: the header that the first block comes after.
        roots: that make state roots.
        hash_of: hashes of blocks that are mined.
        step: seconds from a block to the next, unless it is set.
        validate: whether nonces and fees are checked.
    """

    def __init__(
        self,
        state: Any,
        parent: Header,
        roots: StateRoots,
        hash_of: Callable[[int], bytes],
        step: int,
        validate: bool,
    ) -> None:
        self._state = state
        self._parent = parent
        self._roots = roots
        self._hash_of_mined = hash_of
        self._step = step
        self._validate = validate
        self._since: Mark = 0
        self._hashes = {parent.number: parent.hash}
        self._chain_id = state.execution_context.chain_id

    def extend(self, plan: Sequence[Planned], since: Mark) -> tuple[Block, ...]:
        """Make the blocks.

        Args:
            plan: what they hold.
            since: where in the undo log the parent ended.

        Raises:
            InvalidTransaction: a block cannot hold a call.
            OutOfOrder: number or time of a block is not after its parent's.
        """
        self._since = since
        return tuple(self._make(planned) for planned in self._without_gaps(plan))

    def _without_gaps(self, plan: Sequence[Planned]) -> Iterator[Planned]:
        first = number = self._parent.number
        for planned in plan:
            wanted = planned.settings.get("block_number", number + 1)
            if wanted <= number:
                raise OutOfOrder("number", f"block numbers must be in order: {wanted} <= {number}")
            if wanted - first > MOST_BLOCKS:
                raise OutOfOrder("count", f"too many blocks: {wanted - first}, the most is {MOST_BLOCKS}")
            yield from (Planned() for _ in range(number + 1, wanted))
            yield planned
            number = wanted

    def _make(self, planned: Planned) -> Block:
        world, parent = self._state.world, self._parent
        for address, override in planned.overrides.items():
            override.apply(world, address)
        world.lock_changes()
        self._state.execution_context = context = self._context(planned.settings)
        rules.begin_block(world, context, parent.hash, EMPTY_ROOT)
        draft = Draft(self._state, parent.hash)
        for fields in planned.calls:
            draft.add(self._transaction(fields, draft))
        block = draft.seal(self._roots.after(parent.state_root, world, world.changed_since(self._since)))
        self._since = world.mark()
        self._hashes[block.number] = block.hash
        self._parent = block.header
        return block

    def _context(self, settings: Mapping[str, Any]) -> Context:
        parent = self._parent
        context = Context(
            coinbase=parent.coinbase,
            timestamp=parent.timestamp + self._step,
            block_number=parent.number + 1,
            mix_hash=bytes(32),
            gas_limit=parent.gas_limit,
            chain_id=self._chain_id,
            base_fee_per_gas=next_base_fee(parent) if self._validate else 0,
            excess_blob_gas=next_excess_blob_gas(parent),
            hash_of=lambda number: self._hashes.get(number) or self._hash_of_mined(number),
        )
        context = replace(context, **settings)
        if context.timestamp <= parent.timestamp:
            raise OutOfOrder(
                "time", f"block timestamps must be in order: {context.timestamp} <= {parent.timestamp}"
            )
        return context

    def _transaction(self, fields: CallFields, draft: Draft) -> Transaction:
        transaction = build(
            fields if self._validate else replace(fields, nonce=None),
            chain_id=self._chain_id,
            nonce=self._state.get_nonce(fields.sender),
            gas=draft.context.gas_limit - draft.gas_used,
            max_fee=0,
        )
        if self._validate:
            validity.check_fees(self._state, transaction)
        return impersonate(transaction, fields.sender)
