"""The demo as data: what was done, what L1 saw of it, what it cost, and who held what before and after.

Owns the steps of the main job and the record of each. Owns neither how a record looks in a terminal
(``render``) nor its JSON form (``document``).

Transactions are read back from L1's blocks instead of being reported by whoever sent them, so a step that L1
knows nothing of shows that it does.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from zkrollup.cli.views import Holding, Observer, Transaction, View
from zkrollup.devnet import ETH, Devnet, ExitHandle
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Reverted
from zkrollup.operator.stages import ProvenClaim, SealedBatch
from zkrollup.snark.modes import Assurance, ProofMode, ProofOrigin
from zkrollup.snark.satisfaction import Provable

DECIMALS = 18
UNIT = 10**DECIMALS

# Pairwise distinct, so that two amounts that were swapped would show.
LOCKED_ETH, LOCKED_TEST = 501 * UNIT // 100, 907 * UNIT // 100
PAID_ETH, PAID_TEST = 207 * UNIT // 100, 311 * UNIT // 100
BURNED_ETH, BURNED_TEST = 103 * UNIT // 100, 151 * UNIT // 100

PROVED: Final[Mapping[ProofMode, str]] = {
    ProofMode.REAL: "A Groth16 proof is verified on L1",
    ProofMode.FRESH: "A Groth16 proof is made and verified on L1",
    ProofMode.MOCK: "A MOCK stands in for the proof, and L1's mock verifier takes it",
}


class DemoFailed(ZkRollupError):
    """The rollup did something that it must never do.

    Attributes:
        what: In a sentence.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}, which must never happen; please report it")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as far as this step brought it.

    Attributes:
        number: 1 for the first.
        stage: "sealed", "committed" or "proven".
        deposits: Queue entries that it takes.
        operations: Signed L2 operations in it.
        data: What is posted to L1 beside header and commitment.
    """

    number: int
    stage: str
    deposits: int
    operations: int
    data: bytes

    @classmethod
    def of(cls, batch: SealedBatch, stage: str) -> "Batch":
        """The record of ``batch``."""
        data = batch.data
        # The queue posts nothing, so what is left of the slots beside noops are signed operations.
        used = sum(slot.words.op != 0 for slot in batch.trace.slots)
        return cls(batch.number, stage, len(batch.queued), used - len(batch.queued), data)


@dataclass(frozen=True, slots=True)
class Proven:
    """One Groth16 proof that this step used, or a mock in its place.

    Attributes:
        circuit: Its name.
        of: What it is about.
        constraints: Of the circuit.
        seconds: For witness and proof, and its check before it was handed out.
        origin: Made, from the store, or mocked.
    """

    circuit: str
    of: str
    constraints: int
    seconds: float
    origin: ProofOrigin


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Attributes:
        name: A short fixed name.
        title: What happened, in a sentence.
        lesson: What to see in it.
        before: Both layers before.
        after: Both layers after.
        transactions: All that L1 mined meanwhile, in order.
        batches: Batches that moved to a later stage.
        proofs: Proofs that were used.
        refusal: What L1 refused with, where that is what the step shows.
    """

    name: str
    title: str
    lesson: str
    before: View
    after: View
    transactions: tuple[Transaction, ...]
    batches: tuple[Batch, ...]
    proofs: tuple[Proven, ...]
    refusal: str | None

    def change(self, holder: str) -> Holding:
        """What the step added to a holding; negative where it took away."""
        return self.after.holdings[holder] - self.before.holdings[holder]


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands before the first step.

    Attributes:
        mode: How proofs come about.
        assurance: What they attest.
        slots: Operations a batch.
        accounts: Accounts that the tree holds.
        constraints: By circuit.
        addresses: By name.
        deployment: The transactions that put the contracts on L1.
    """

    mode: ProofMode
    assurance: Assurance
    slots: int
    accounts: int
    constraints: dict[str, int]
    addresses: dict[str, str]
    deployment: tuple[Transaction, ...]


@dataclass(slots=True)
class _Notes:
    """What a step's work tells that cannot be read from the chains."""

    batches: list[Batch] = field(default_factory=list)
    proofs: list[Proven] = field(default_factory=list)
    refusal: str | None = None


class Story:
    """Runs the main job on a fresh devnet. Iterate over ``steps`` once: each happens when it is asked for."""

    def __init__(self, devnet: Devnet) -> None:
        """Nothing happens yet, except that alice and bob get their accounts on L1."""
        self._devnet = devnet
        self._rollup = devnet.rollup
        self._token = devnet.token
        self._alice, self._bob = devnet.user("alice"), devnet.user("bob")
        self._observer = Observer(devnet, (self._alice, self._bob))
        self._exits: list[ExitHandle] = []
        self._claims: list[ProvenClaim] = []
        self._steps: list[Step] = []

    @property
    def opening(self) -> Opening:
        """Sizes, addresses, and what deployment cost."""
        prover = self._rollup.prover
        circuits = (prover.batch.circuit, prover.claim.circuit)
        return Opening(
            mode=prover.mode,
            assurance=self._rollup.operator.bridge.contracts.assurance,
            slots=prover.size.slots,
            accounts=prover.size.accounts,
            constraints={circuit.name: circuit.n_constraints for circuit in circuits},
            addresses=dict(self._observer.addresses),
            deployment=self._observer.deployment(),
        )

    def steps(self) -> Iterator[Step]:
        """The main job.

        Raises:
            DemoFailed: L1 or the proofs allowed what they must not allow.
        """
        for act in (
            self._lock,
            self._settle_deposits,
            self._transfer,
            self._commit,
            self._prove,
            self._burn,
            self._settle_burns,
            self._prove_claims,
            self._unlock,
            self._claim_again,
        ):
            act()
            yield self._steps[-1]

    # The steps

    def _lock(self) -> None:
        with self._step(
            "lock",
            "Alice locks 5.01 ETH and 9.07 TEST on L1; Bob opens accounts with deposits of 0",
            "The Lock holds the money. The sequencer has seen the deposits; no batch has them on L1 yet.",
        ):
            self._rollup.deposit(ETH, LOCKED_ETH, sender=self._alice)
            self._rollup.deposit(self._token, LOCKED_TEST, sender=self._alice)
            self._rollup.open_account(ETH, self._bob)
            self._rollup.open_account(self._token, self._bob)

    def _settle_deposits(self) -> None:
        with self._step(
            "mint",
            "The operator batches the deposits, commits, proves; L2's Mints mint what is locked",
            "Deposits come from L1's own queue, so their batches post no data. Proofs moved L1's root.",
        ) as notes:
            self._seal_all(notes)
            self._commit_all(notes)
            self._prove_all(notes)

    def _transfer(self) -> None:
        with self._step(
            "transfer",
            "Alice signs transfers of 2.07 ETH and 3.11 TEST to Bob on L2; the sequencer seals them",
            "L1 knows nothing of it: no transaction, no block, the same root, and no Mint has moved.",
        ) as notes:
            self._rollup.transfer(ETH, PAID_ETH, sender=self._alice, to=self._bob)
            self._rollup.transfer(self._token, PAID_TEST, sender=self._alice, to=self._bob)
            self._seal_all(notes)
        _require_unnoticed(self._steps[-1])

    def _commit(self) -> None:
        with self._step(
            "commit",
            "The operator commits the transfers to L1 as data",
            "27 bytes a transfer, enough to rebuild L2. Only the committed root moves: nothing is proven.",
        ) as notes:
            self._commit_all(notes)

    def _prove(self) -> None:
        with self._step(
            "prove",
            f"{PROVED[self._rollup.prover.mode]}; now the state root moves",
            "L1's root is L2's root again, and the Mints follow.",
        ) as notes:
            self._prove_all(notes)
        after = self._steps[-1].after.roots
        _require(after.l1_proven == after.l2, "a verified proof left L1's root behind L2's")

    def _burn(self) -> None:
        with self._step(
            "burn",
            "Bob signs withdrawals of 1.03 ETH and 1.51 TEST on L2, which burns them there",
            "Burned for the sequencer, unknown to L1 and to the Mints.",
        ) as notes:
            self._exits.append(self._rollup.withdraw(ETH, BURNED_ETH, sender=self._bob))
            self._exits.append(self._rollup.withdraw(self._token, BURNED_TEST, sender=self._bob))
            self._seal_all(notes)
        _require_unnoticed(self._steps[-1])

    def _settle_burns(self) -> None:
        with self._step(
            "settle",
            "The burns are committed, proved and verified; their exits can be claimed now",
            "47 bytes a withdrawal, recipient included. The Lock still holds the money.",
        ) as notes:
            self._commit_all(notes)
            self._prove_all(notes)

    def _prove_claims(self) -> None:
        with self._step(
            "claim proof",
            "Anybody proves that the exits stand in a proven batch; here Alice does, off chain",
            "Each proof binds exit root, nullifier, recipient, token, amount and rollup.",
        ) as notes:
            for exit_ in self._exits:
                claim = exit_.prove()
                self._claims.append(claim)
                circuit = self._rollup.prover.claim.circuit
                notes.proofs.append(_proven(circuit, f"exit {exit_.id}", claim.seconds, claim.origin))

    def _unlock(self) -> None:
        with self._step(
            "unlock",
            "Alice sends the claims; L1 verifies the proofs and the Lock pays Bob",
            "Whoever sends a claim pays the gas, and only the recipient named in it is paid.",
        ):
            for claim in self._claims:
                self._rollup.operator.bridge.claim(claim, sender=self._alice)
        paid = self._steps[-1].change("bob, L1")
        _require((paid.eth, paid.test) == (BURNED_ETH, BURNED_TEST), "Bob was not paid what he burned")

    def _claim_again(self) -> None:
        with self._step(
            "claim again",
            "Alice sends the first claim a second time; L1 refuses",
            "Its nullifier is spent.",
        ) as notes:
            try:
                self._rollup.operator.bridge.claim(self._claims[0], sender=self._alice)
            except Reverted as refusal:
                notes.refusal = str(refusal)
                _require(refusal.name == "AlreadyClaimed", f"the second claim was refused with {refusal}")
        _require(notes.refusal is not None, "an exit was paid twice")

    # What steps are made of

    @contextmanager
    def _step(self, name: str, title: str, lesson: str) -> Iterator[_Notes]:
        before, notes = self._observer.view(), _Notes()
        yield notes
        after = self._observer.view()
        transactions = self._observer.transactions(before.l1_block, after.l1_block)
        self._steps.append(
            Step(
                *(name, title, lesson, before, after, transactions),
                *(tuple(notes.batches), tuple(notes.proofs), notes.refusal),
            )
        )

    def _seal_all(self, notes: _Notes) -> None:
        """Seals what waits; the sequencer has sealed full batches by itself already."""
        state = self._rollup.operator.state
        while state.sequencer.waiting:
            self._rollup.seal()
            state = self._rollup.operator.state
        notes.batches += [Batch.of(batch, "sealed") for batch in state.sealed]

    def _commit_all(self, notes: _Notes) -> None:
        for batch in self._rollup.operator.state.sealed:
            self._rollup.commit(batch)
            notes.batches = [known for known in notes.batches if known.number != batch.number]
            notes.batches.append(Batch.of(batch, "committed"))

    def _prove_all(self, notes: _Notes) -> None:
        for batch in self._rollup.operator.state.sealed:
            settled = self._rollup.prove(batch)
            notes.batches = [known for known in notes.batches if known.number != batch.number]
            notes.batches.append(Batch.of(batch, "proven"))
            name = f"batch {settled.number}"
            circuit = self._rollup.prover.batch.circuit
            notes.proofs.append(_proven(circuit, name, settled.proof_seconds, settled.proof_origin))


def _proven(circuit: Provable, of: str, seconds: float, origin: ProofOrigin) -> Proven:
    return Proven(circuit.name, of, circuit.n_constraints, seconds, origin)


def _require_unnoticed(step: Step) -> None:
    """What happens on L2 between batches is seen by the sequencer alone."""
    before, after = step.before, step.after
    _require(not step.transactions, f"L1 mined a transaction for the step {step.name!r} on L2")
    _require(before.roots.l1_proven == after.roots.l1_proven, "L1's state root moved without a proof")
    elsewhere = [holder for holder in after.holdings if not holder.endswith(", L2")]
    moved = [holder for holder in elsewhere if before.holdings[holder] != after.holdings[holder]]
    _require(not moved, f"{', '.join(moved)} moved before a batch was proven")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoFailed(otherwise)
