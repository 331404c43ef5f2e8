"""A batch on its way to L1: one immutable type a stage. Nothing flows back but confirmed roots."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from zkrollup.circuits.encoding import (
    BatchHeader,
    BatchInstance,
    Op,
    batch_instance,
    decode_fee,
    posted_data,
)
from zkrollup.circuits.inputs import Account, SlotInputs
from zkrollup.ledger.operations import Signed, Transfer, Withdrawal
from zkrollup.ledger.transition import BatchTrace, Exit
from zkrollup.operator.queue import QueueEntry
from zkrollup.snark.keys import Proof
from zkrollup.snark.modes import Assurance, ProofOrigin


def _roots(batch: "SealedBatch") -> str:
    return f"root {_short(batch.root_before)} to {_short(batch.root_after)}"


def _short(root: int) -> str:
    digits = f"{root:064x}"
    return f"0x{digits[:4]}…{digits[-4:]}"


class Attesting:
    """What comes with a proof."""

    __slots__ = ()

    origin: ProofOrigin

    @property
    def assurance(self) -> Assurance:
        """What the proof attests."""
        return self.origin.assurance


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """Ordered and executed; L1 knows nothing of it yet.

    Attributes:
        header: What it says of itself.
        trace: How it was executed.
        queued: The queue entries that it takes, in queue order; they fill its first slots.
        instance: The public inputs of its proof.
    """

    header: BatchHeader
    trace: BatchTrace
    queued: tuple[QueueEntry, ...]
    instance: BatchInstance

    @classmethod
    def seal(
        cls, trace: BatchTrace, queued: tuple[QueueEntry, ...], *, queue_start: int, domain: int
    ) -> "SealedBatch":
        """The batch that ``trace`` executed."""
        header = BatchHeader(
            old_root=trace.before.root,
            new_root=trace.after.root,
            exit_root=trace.exit_tree.root,
            number=trace.number,
            domain=domain,
            queue_start=queue_start,
            queue_count=len(queued),
            fee_account=trace.fees.index,
            slots=len(trace.slots),
        )
        return cls(header, trace, queued, batch_instance(header, [slot.words for slot in trace.slots]))

    def __repr__(self) -> str:
        used = sum(slot.inputs.op != Op.NOOP for slot in self.trace.slots)
        return f"<SealedBatch {self.number}: {used} of {len(self.trace.slots)} slots, {_roots(self)}>"

    @property
    def number(self) -> int:
        """1 for the first batch."""
        return self.header.number

    @property
    def root_before(self) -> int:
        """State root before it."""
        return self.header.old_root

    @property
    def root_after(self) -> int:
        """State root after it."""
        return self.header.new_root

    @property
    def exits(self) -> tuple[Exit, ...]:
        """What it burned."""
        return self.trace.exits

    @property
    def signed(self) -> tuple[Signed, ...]:
        """Its signed operations, in slot order, as they were taken in."""
        return tuple(_signed(slot.inputs) for slot in self.trace.slots if slot.words.posted())

    @property
    def data(self) -> bytes:
        """What is posted to L1 beside the header and commitment."""
        return posted_data([slot.words for slot in self.trace.slots])


def _signed(slot: SlotInputs) -> Signed:
    payer, fee = slot.debit, decode_fee(slot.fee)
    rest = (slot.amount, payer.account.nonce, slot.signature, fee)
    if slot.op == Op.TRANSFER:
        return Transfer(payer.index, slot.credit.index, *rest)
    return Withdrawal(payer.index, slot.address, *rest)


@dataclass(frozen=True, slots=True)
class ProvenBatch(Attesting):
    """A sealed batch with a proof that was verified before it was handed out, or with a mock.

    Attributes:
        sealed: The batch.
        proof: Of ``sealed.instance``.
        seconds: How long witness and proof took.
        origin: Where the proof came from.
    """

    sealed: SealedBatch
    proof: Proof
    seconds: float
    origin: ProofOrigin = ProofOrigin.MADE

    def __repr__(self) -> str:
        return f"<ProvenBatch {self.sealed.number}: {_roots(self.sealed)}, proof {self.origin}>"


@dataclass(frozen=True, slots=True)
class SettledBatch:
    """A batch whose proof L1's verifier has accepted.

    Attributes:
        sealed: The batch.
        proof_seconds: How long witness and proof took.
        gas: Gas used by each L1 transaction, by the function's name.
        proof_origin: Where the proof came from.
    """

    sealed: SealedBatch
    proof_seconds: float
    gas: Mapping[str, int] = field(default_factory=dict)
    proof_origin: ProofOrigin = ProofOrigin.MADE

    def __repr__(self) -> str:
        return f"<SettledBatch {self.number}: {_roots(self.sealed)}, proof {self.proof_origin}>"

    @property
    def assurance(self) -> Assurance:
        """What its proof attests: the circuit's rules, or in mock mode nothing."""
        return self.proof_origin.assurance

    @property
    def number(self) -> int:
        """1 for the first batch."""
        return self.sealed.number

    @property
    def root_before(self) -> int:
        """State root before it."""
        return self.sealed.root_before

    @property
    def root_after(self) -> int:
        """State root after it, now L1's."""
        return self.sealed.root_after

    @property
    def exits(self) -> tuple[Exit, ...]:
        """What it burned, claimable from now on."""
        return self.sealed.exits


@dataclass(frozen=True, slots=True)
class ProvenClaim(Attesting):
    """An exit with the proof that unlocks it.

    Attributes:
        exit: What is claimed.
        nullifier: What marks it as paid.
        proof: Verified before it was handed out, unless it is a mock.
        seconds: How long witness and proof took.
        origin: Where the proof came from.
    """

    exit: Exit
    nullifier: int
    proof: Proof
    seconds: float
    origin: ProofOrigin = ProofOrigin.MADE

    def __repr__(self) -> str:
        burned = self.exit
        what = f"{burned.amount} from slot {burned.slot} of batch {burned.batch}"
        return f"<ProvenClaim of {what} for {burned.recipient:#042x}, proof {self.origin}>"


@dataclass(frozen=True, slots=True)
class ProvenEscape(Attesting):
    """An account of the last proven state with the proof that pays its owner all it holds, after a freeze.

    Attributes:
        index: Of the account.
        account: As the state has it.
        nullifier: What marks it as paid.
        proof: Verified before it was handed out, unless it is a mock.
        seconds: How long witness and proof took.
        origin: Where the proof came from.
    """

    index: int
    account: Account
    nullifier: int
    proof: Proof
    seconds: float
    origin: ProofOrigin = ProofOrigin.MADE

    def __repr__(self) -> str:
        held = f"{self.account.balance} of token {self.account.token:#042x}"
        return f"<ProvenEscape of account {self.index}, {held}, proof {self.origin}>"
