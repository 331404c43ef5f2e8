"""An operator's life as states, one transition after the other, each saved. No chain and no prover."""

from contextlib import closing
from dataclasses import replace
from types import MappingProxyType

from tests.devnet.operator.ledgers import DOMAIN, KEYS, deposit, entries, forced, genesis

from zkrollup.ledger.operations import Transfer, Withdrawal
from zkrollup.operator.grown import Grown
from zkrollup.operator.mempool import Pooled, Unsealable
from zkrollup.operator.stages import ProvenBatch, SealedBatch, SettledBatch
from zkrollup.operator.state import L1Cursor, OperatorState
from zkrollup.operator.store import OperatorStore
from zkrollup.snark.mock import mock_proof
from zkrollup.snark.modes import ProofOrigin


def fresh() -> OperatorState:
    """What an operator starts with."""
    return OperatorState(genesis())


class Working:
    """States of one operator, and the store that has them."""

    def __init__(self, store: OperatorStore) -> None:
        self.store = store
        self.state = store.load(fresh())
        if self.state is None:
            self.state = fresh()
            store.save(None, self.state)

    def become(self, **changes) -> None:
        after = replace(self.state, **changes)
        self.store.save(self.state, after)
        self.state = after

    def resequence(self, **changes) -> None:
        self.become(sequencer=replace(self.state.sequencer, **changes))

    def queued(self, *operations) -> None:
        start = self.state.sequencer.queue_seen
        self.become(sequencer=self.state.sequencer.queued(entries(*operations, start=start)))

    def submitted(self, operation) -> None:
        """Signatures are made once and checked never: what is stored of them is what counts here."""
        self.resequence(pool=self.state.sequencer.pool.added(operation))

    def sealed(self) -> SealedBatch:
        start = self.state.sequencer.queue_next
        sequencer, trace, queued = self.state.sequencer.seal(allow_empty=True)
        batch = SealedBatch.seal(trace, queued, queue_start=start, domain=DOMAIN)
        self.become(sequencer=sequencer, sealed=(*self.state.sealed, batch))
        return batch

    def used_gas(self, number: int, function: str, used: int) -> None:
        of_batch = MappingProxyType({**self.state.gas.get(number, {}), function: used})
        block = (0 if self.state.cursor is None else self.state.cursor.number) + 1
        cursor = L1Cursor(block, block.to_bytes(32, "big"), block - 1)
        self.become(gas=Grown(self.state.gas, number, of_batch), cursor=cursor)

    def proved(self, batch: SealedBatch) -> ProvenBatch:
        proof = mock_proof(batch.instance.as_tuple())
        proven = ProvenBatch(batch, proof, 0.25 * batch.number, ProofOrigin.MOCKED)
        self.become(proven=Grown(self.state.proven, batch.number, proven))
        return proven

    def settled(self, batch: SealedBatch) -> None:
        """All that happens between the commit of a batch and the end of its settlement."""
        self.used_gas(batch.number, "commitBatch", 70_000 + batch.number)
        proven = self.proved(batch)
        self.used_gas(batch.number, "proveBatch", 300_000 + batch.number)
        gas = self.state.gas[batch.number]
        done = SettledBatch(batch, proven.seconds, gas, proven.origin)
        self.become(sealed=self.state.sealed[1:], settled=(*self.state.settled, done))


def opened(store: OperatorStore) -> Working:
    """An operator with two accounts; batch 1 is settled."""
    life = Working(store)
    life.queued(deposit(0, 10**9), deposit(1, 10**8 + 7))
    life.settled(life.sealed())
    return life


def batches(life: Working, count: int) -> None:
    """So many more settled batches of the same size: a deposit and a transfer each."""
    for _ in range(count):
        nonce = life.state.sequencer.pending.account(0).nonce
        life.queued(deposit(1, 100 + nonce))
        life.submitted(Transfer(0, 1, 3 + nonce, nonce, SIGNATURE))
        life.settled(life.sealed())


def with_everything(life: Working) -> None:
    """Rows in every table: batches in every stage, and operations that wait or never will be sealed."""
    nonce = life.state.sequencer.pending.account(0).nonce
    life.submitted(Withdrawal(0, 0x5EA, 103, nonce, SIGNATURE))
    life.queued(forced(1, 31))
    batch = life.sealed()
    life.used_gas(batch.number, "commitBatch", 71_003)
    life.proved(batch)
    life.submitted(Transfer(0, 1, 107, nonce + 1, SIGNATURE))
    life.sealed()
    life.queued(deposit(0, 41), forced(0, 43))
    life.submitted(Transfer(0, 1, 109, nonce + 2, SIGNATURE))
    life.submitted(Withdrawal(0, 0xD06, 113, nonce + 3, SIGNATURE))
    lost = Pooled(Transfer(1, 0, 127, 0, SIGNATURE), 5)
    life.resequence(evicted=(Unsealable(lost, "pool_full", "it was not due"),))


SIGNATURE = KEYS[0].sign(271_828)


def remembered(state: OperatorState) -> OperatorState:
    """A state without what is computed from the rest."""
    return replace(state, sequencer=replace(state.sequencer, pending=state.sequencer.sealed))


def load(path) -> OperatorState:
    """What a file has."""
    with closing(OperatorStore(path)) as store:
        return store.load(fresh())
