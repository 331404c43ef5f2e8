"""The rollup operator: takes operations in, seals, proves, settles. Wires the parts and computes nothing."""

from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from types import MappingProxyType

from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Receipt, Sender
from zkrollup.ledger.operations import Signed
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import Exit
from zkrollup.locking import Lock, locked
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.following import Following
from zkrollup.operator.grown import Grown
from zkrollup.operator.memory import Memory
from zkrollup.operator.mempool import PoolLimits
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.misconduct import Misconduct
from zkrollup.operator.ordering import Ordering
from zkrollup.operator.policies import Policy
from zkrollup.operator.pool import ProverPool
from zkrollup.operator.prover import Prover
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.solvency import proven_state
from zkrollup.operator.stages import ProvenBatch, ProvenClaim, ProvenEscape, SealedBatch, SettledBatch
from zkrollup.operator.state import OperatorState
from zkrollup.operator.store import OperatorStore

__all__ = ["BatchOrder", "ForeignCommit", "NotSettled", "Operator", "OperatorState", "StaleBatch"]


class BatchOrder(ZkRollupError):
    """A step was asked of a batch whose turn it is not."""

    def __init__(self, step: str, number: int, expected: int | None) -> None:
        """``expected`` is the batch whose turn it is, None if there is none."""
        self.step, self.number, self.expected = step, number, expected
        turn = "none is waiting for it" if expected is None else f"batch {expected} comes first"
        super().__init__(f"cannot {step} batch {number}: {turn}")


class StaleBatch(ZkRollupError):
    """A step was asked of a batch that another has replaced: it was sealed before a rollback."""

    def __init__(self, number: int) -> None:
        """``number`` now names another batch, or none."""
        self.number = number
        super().__init__(
            f"this batch {number} is not the one that waits under its number: it was sealed before a "
            "rollback; use what rollup.seal() returned after it"
        )


class NotSettled(ZkRollupError):
    """A claim was asked for before L1 accepted the batch that burned the amount."""

    def __init__(self, batch: int, settled: int) -> None:
        """``settled`` is the last batch that L1 has accepted."""
        self.batch, self.settled = batch, settled
        super().__init__(f"batch {batch} is not proven on L1 (batch {settled} is the last); settle it first")


class ForeignCommit(ZkRollupError):
    """L1 has a batch committed that is not the operator's own."""

    def __init__(self, number: int) -> None:
        """``number`` is the first such batch."""
        self.number = number
        super().__init__(
            f"batch {number} is committed on L1 and is not this operator's: no proof of its own fits it; "
            "operator.bridge.revert() drops all that is unproven, and settle() does so by itself"
        )


class SeparateLocks(ZkRollupError):
    """Two threads could wait for each other: one has L1's chain and wants L2's, the other the reverse."""

    def __init__(self, l1: Chain, l2: Chain) -> None:
        """The chains of one rollup."""
        super().__init__(
            f"{l1} and {l2} have a lock each, and threads that use both could wait for each other for ever; "
            f"make layer 2 as Chain({l2.chain_id}, lock=l1.exclusive)"
        )


class Operator(Ordering, Following, Misconduct, Memory):
    """Runs one rollup, honestly unless told otherwise.

    Any thread may call. Each step holds L1's lock, so that L1 stays what the step was decided on; nobody
    holds it while a proof is made.

    Attributes:
        bridge: L1.
        mirror: Layer 2's chain.
        prover: Circuits and keys.
        pool: Proofs that are being made.
    """

    def __init__(
        self,
        bridge: Bridge,
        mirror: Mirror,
        prover: Prover,
        *,
        policy: Policy | None = None,
        limits: PoolLimits | None = None,
        store: OperatorStore | None = None,
    ) -> None:
        """Starts from the rollup's genesis, or from what ``store`` has kept, compared with what L1 has.

        Each transition is in the store before anybody is told of it. Operations are ordered by arrival unless
        there is a policy.

        Raises:
            SeparateLocks: The chains have a lock each.
            BrokenStore: What it has is of another rollup, or does not fit together.
        """
        if mirror.l2.exclusive is not bridge.l1.exclusive:
            raise SeparateLocks(bridge.l1, mirror.l2)
        super().__init__()
        self.bridge, self.mirror, self.prover = bridge, mirror, prover
        self.pool = ProverPool(prover)
        size = prover.size
        domain = bridge.contracts.rollup.domain()
        sequencer = Sequencer.genesis(
            slots=size.slots, levels=size.levels, domain=domain, policy=policy, limits=limits
        )
        self._state = OperatorState(sequencer)
        if store is not None:
            self._resume(store)

    def __repr__(self) -> str:
        return f"<Operator of {self.bridge!r}>"

    @locked
    def _resume(self, store: OperatorStore) -> None:
        remembered = store.load(self._state)
        if remembered is None:
            store.save(None, self._state)
        self._store = store
        if remembered is not None:
            self._state = remembered
            self._recover()

    # What it sees

    @property
    def exclusive(self) -> Lock:
        """L1's, which layer 2's chain shares."""
        return self.bridge.l1.exclusive

    @property
    def sequencer(self) -> Sequencer:
        """What is sealed and what waits."""
        return self.state.sequencer

    @property
    def ledger(self) -> LedgerState:
        """The state after all that was accepted, sealed or not."""
        return self.state.sequencer.pending

    @property
    def domain(self) -> int:
        """What L2 signatures are for."""
        return self.state.sequencer.domain

    # Taking in

    @locked
    def submit(self, operation: Signed) -> None:
        """Takes in a signed operation, after all that L1's queue shows.

        Raises:
            RefusedOperation: It breaks a rule.
            InvalidSignature: Its signature is not the sender's.
            Censored: The operator does not take this user's.
            OperatorStopped: It takes nobody's.
        """
        self._require_running("take operations in")
        self.sync()
        self._require_uncensored(operation, self.ledger)
        self._sequence(self.sequencer.submitted(operation))

    # Settling

    @locked
    def seal(self, *, allow_empty: bool = False) -> SealedBatch:
        """Orders what waits into a batch and executes it.

        Raises:
            NothingToSeal: Nothing waits and ``allow_empty`` is false.
        """
        self._require_running("seal batches")
        self._recover_from_reorg()
        return self._seal(allow_empty=allow_empty)

    def _seal(self, *, allow_empty: bool = False) -> SealedBatch:
        """The same, on what is known of L1: a recovery seals, too, and must not lead to another one."""
        queue_start = self.sequencer.queue_next
        sequencer, trace, queued = self.sequencer.seal(allow_empty=allow_empty)
        batch = SealedBatch.seal(trace, queued, queue_start=queue_start, domain=self.domain)
        self.state = replace(self.state, sequencer=sequencer, sealed=(*self.state.sealed, batch))
        return batch

    @locked
    def commit(self, batch: SealedBatch) -> Receipt:
        """Posts a sealed batch's data to L1; its root does not move yet.

        Raises:
            BatchOrder: Another batch comes first.
            StaleBatch: It was sealed before a rollback.
            ForeignCommit: Something else is committed before it.
            Reverted: L1 refuses it.
        """
        self._require_running("commit batches")
        self._recover_from_reorg()
        foreign, committed = self._foreign_commit(), self.bridge.committed
        if foreign is not None:
            raise ForeignCommit(foreign)
        expected = next((b.number for b in self.state.sealed if b.number > committed), None)
        if batch.number != expected:
            raise BatchOrder("commit", batch.number, expected)
        receipt = self.bridge.commit(self._current(batch))
        gas = self._gas(batch.number, "commitBatch", receipt)
        self.state = replace(self.state, gas=gas, cursor=self._seen())
        return receipt

    def prove(self, batch: SealedBatch) -> ProvenBatch:
        """The batch's proof, which is made once; waits for it if it is being made already.

        Raises:
            StaleBatch: It was sealed before a rollback.
            ProofFailed: There is none; its cause is UnsatisfiedConstraint where the circuit refuses what the
                ledger executed.
        """
        found = self._proof_of(batch)
        while isinstance(found, Future):
            wait([found])
            found = self._proof_of(batch)
        return found

    @locked
    def _proof_of(self, batch: SealedBatch) -> "ProvenBatch | Future[ProvenBatch]":
        """The batch's proof, or what to wait for before asking again. Raises as ``prove``."""
        self._current(batch)
        if batch.number not in self.state.proven:
            job = self.pool.start(batch)
            if not job.done():
                return job
            proven = self.pool.result(batch)
            self.state = replace(self.state, proven=Grown(self.state.proven, batch.number, proven))
        return self.state.proven[batch.number]

    @locked
    def finalize(self, batch: ProvenBatch, *, sender: Sender | None = None) -> SettledBatch:
        """Sends a committed batch's proof to L1, which moves the root, and takes the batch over on layer 2.

        Anybody may prove a committed batch: where somebody was faster, only the second half is left to do.

        Raises:
            BatchOrder: It is not the oldest batch that was not taken over, or was not committed.
            StaleBatch: It was sealed before a rollback.
            Reverted: L1 refuses it.
        """
        self._require_running("send proofs")
        self._recover_from_reorg()
        number = batch.sealed.number
        oldest = self.state.sealed[0].number if self.state.sealed else None
        if number != oldest or number > self.bridge.committed:
            raise BatchOrder("finalize", number, oldest)
        batch = replace(batch, sealed=self._current(batch.sealed))
        if number > self.bridge.proven:
            receipt = self.bridge.prove(batch, sender=sender)
            gas = self._gas(number, "proveBatch", receipt)
            self.state = replace(self.state, gas=gas, cursor=self._seen())
        return self._confirm(batch)

    def settle(self, *, allow_empty: bool = False) -> SettledBatch:
        """Seals all that waits and brings it through to L1; returns the last batch.

        All proofs begin at once. Batches are committed while they are made, and follow each other to L1. What
        else is committed there without a proof is dropped first.

        Raises:
            NothingToSeal: Nothing waits, no batch is on its way, and ``allow_empty`` is false.
            ProofFailed: A batch has no proof; those before it are settled.
            StaleBatch: Its last batch was rolled back by another thread meanwhile.
        """
        last = self._seal_all(allow_empty=allow_empty)
        found = self._advance(last)
        while isinstance(found, Future):
            wait([found])
            found = self._advance(last)
        return found

    @locked
    def _seal_all(self, *, allow_empty: bool) -> SealedBatch:
        """Seals what waits and has it proved; returns the last batch to settle."""
        self._require_running("settle batches")
        known = len(self.state.settled)
        self.sync()
        if len(self.state.settled) > known and not (self.state.sealed or self.sequencer.waiting):
            return self.state.settled[-1].sealed  # somebody has proved all that there was
        if self._foreign_commit() is not None:
            self.bridge.revert()
        while self.sequencer.waiting or not self.state.sealed:
            self.seal(allow_empty=allow_empty)
        for batch in self.state.sealed:
            if batch.number not in self.state.proven:
                self.pool.start(batch)
        return self.state.sealed[-1]

    @locked
    def _advance(self, last: SealedBatch) -> "SettledBatch | Future[ProvenBatch]":
        """Brings batches up to ``last`` on: that one, settled, or a proof to wait for."""
        self._recover_from_reorg()
        while self.state.sealed and self.state.sealed[0].number <= last.number:
            batch = self.state.sealed[0]
            if batch.number > self.bridge.committed:
                self.commit(batch)
            proof = self._proof_of(batch)
            if isinstance(proof, Future):
                return proof
            self.finalize(proof)
        self._current(last)
        return self.state.settled[last.number - 1]

    # Claims

    def prove_claim(self, burned: Exit) -> ProvenClaim:
        """The proof that unlocks an exit.

        Raises:
            NotSettled: L1 has not accepted its batch, or does so no more.
        """
        with self.exclusive:
            self._recover_from_reorg()
            settled = self.state.settled
        if not 1 <= burned.batch <= len(settled):
            raise NotSettled(burned.batch, len(settled))
        tree = settled[burned.batch - 1].sealed.trace.exit_tree
        return self.prover.prove_claim(burned, tree, self.domain)

    def prove_escape(self, account: int) -> ProvenEscape:
        """The proof that pays an account's owner, after a freeze, all that it held in the last proven state.

        Raises:
            OutOfStep: L1's proven state is none that the operator knows.
            UnsatisfiedConstraint: No such account was open in it.
        """
        with self.exclusive:
            proven = proven_state(self)
        return self.prover.prove_escape(account, proven, self.domain)

    # Going back

    @locked
    def restore(self, state: OperatorState) -> None:
        """Returns to an earlier state of its own; proofs of batches that it does not know are cancelled."""
        self.state = state
        self.pool.retain(state.sealed)

    # Inside

    def _require_running(self, step: str) -> None:
        super()._require_running(step)
        if self._store is not None:
            self._store.require_own()  # before anything is sent to L1 that could not be remembered

    def _sequence(self, sequencer: Sequencer) -> None:
        """Takes over the sequencer's new state, seals what fills batches, and has them proved meanwhile."""
        self.state = replace(self.state, sequencer=sequencer)
        while self.sequencer.is_full and not (self._is_gathering or self._is_stopped):
            self.pool.start(self._seal())

    def _gas(self, number: int, function: str, receipt: Receipt) -> Mapping[int, Mapping[str, int]]:
        of_batch = MappingProxyType({**self.state.gas.get(number, {}), function: receipt.gas_used})
        return Grown(self.state.gas, number, of_batch)

    def _current(self, batch: SealedBatch) -> SealedBatch:
        """The batch as it is known now, with the deadlines that L1's queue has since."""
        for known in self.state.batches[batch.number - 1 : batch.number]:
            if batch.instance == known.instance:
                return known
        raise StaleBatch(batch.number)

    def _foreign_commit(self) -> int | None:
        """The first batch that L1 has committed and not proven, and that is not ours under its number."""
        batches = self.state.batches
        for number in range(self.bridge.proven + 1, self.bridge.committed + 1):
            if number > len(batches) or not self.bridge.has_committed(batches[number - 1]):
                return number
        return None

    def _confirm(self, batch: ProvenBatch) -> SettledBatch:
        sealed = batch.sealed
        gas = self.state.gas.get(sealed.number, {})
        settled = SettledBatch(sealed, batch.seconds, gas, batch.origin)
        self.mirror.apply(sealed.trace)
        self.state = replace(self.state, sealed=self.state.sealed[1:], settled=(*self.state.settled, settled))
        self.pool.retain(self.state.sealed)
        return settled
