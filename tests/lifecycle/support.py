"""What the lifecycle tests share: one devnet a process, the books of Lock, and footprints of L1."""

from dataclasses import asdict, dataclass, replace
from functools import cache

from py_ecc.optimized_bn128 import FQ, FQ2, add, multiply, normalize

from zkrollup.circuits.encoding import batch_instance, claim_nullifier
from zkrollup.crypto.field import R
from zkrollup.devnet import ETH, Devnet, User
from zkrollup.evm import Chain
from zkrollup.ledger.transition import apply_batch
from zkrollup.operator.bridge import Bridge, header_struct
from zkrollup.operator.deployment import deploy
from zkrollup.operator.metadata import TokenMetadata
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.operator import Operator
from zkrollup.operator.queue import to_address
from zkrollup.operator.solvency import books_of
from zkrollup.operator.stages import ProvenBatch, SealedBatch
from zkrollup.snark.keys import Proof, VerificationKey
from zkrollup.snark.verifier_contract import solidity_proof

STRANGER = "0x" + "c3" * 20
"""An address that nobody has the key of."""


@cache
def shared_devnet() -> Devnet:
    """One devnet for all tests of this process; each undoes what it did."""
    return Devnet.start()


@dataclass(frozen=True)
class Cast:
    """A devnet with users."""

    devnet: Devnet
    alice: User
    bob: User
    carol: User

    @property
    def rollup(self):
        return self.devnet.rollup

    @property
    def l1(self):
        return self.devnet.l1

    @property
    def token(self):
        return self.devnet.token

    @property
    def operator(self):
        return self.rollup.operator

    @property
    def operator_account(self):
        return self.operator.bridge.operator


def cast(devnet: Devnet) -> Cast:
    return Cast(devnet, devnet.user("alice"), devnet.user("bob"), devnet.user("carol"))


# Books


def solvency(rollup, token) -> dict[str, int]:
    """The parts that Lock's count of a token consists of, as L1 has proved them."""
    return asdict(_books(rollup, token).proven)


def assert_solvent(rollup, token) -> None:
    """Locked is what is owed, by the proven view and by the operator's; and it is really there."""
    books = _books(rollup, token)
    assert books.balanced, str(books)
    assert books.held == books.locked


def _books(rollup, token):
    return books_of(rollup.operator, ETH if token == ETH else int(token.address, 16))


def _unclaimed(rollup, number, exits) -> int:
    domain = rollup.contract.domain()
    return sum(
        exit_.amount
        for exit_ in exits
        if exit_.token == number and not rollup.contract.isClaimed(claim_nullifier(exit_.id, domain))
    )


# Footprints


def footprint(rollup) -> list[object]:
    """All that a refused call must leave alone: every plain storage slot, balances, and what is claimed."""
    contract, lock, token = rollup.contract, rollup.lock, rollup.token
    slots = [rollup.l1.storage(owner, slot) for owner in (contract, lock) for slot in range(16)]
    exits = [exit_ for batch in rollup.operator.state.settled for exit_ in batch.exits]
    return [
        *slots,
        *(lock.locked(address) for address in (to_address(ETH), token.address)),
        rollup.l1.balance(lock),
        token.balanceOf(lock),
        rollup.l1.balance(STRANGER),
        token.balanceOf(STRANGER),
        _unclaimed(rollup, ETH, exits),
        _unclaimed(rollup, int(token.address, 16), exits),
    ]


# Calls with parts replaced


def entries_of(batch: SealedBatch):
    """The queue entries that a batch takes, as commitBatch is given them."""
    return [entry.struct for entry in batch.queued]


def commit_arguments(batch: SealedBatch, **changes):
    """The arguments of commitBatch in order, from the batch's stages alone, with some replaced."""
    arguments = {
        "new_root": batch.header.new_root,
        "exit_root": batch.header.exit_root,
        "commitment": batch.instance.commitment,
        "fee_account": batch.header.fee_account,
        "entries": entries_of(batch),
        "data": batch.data,
    }
    unknown = changes.keys() - arguments.keys()
    if unknown:
        raise TypeError(f"commitBatch takes no {unknown}")
    return tuple((arguments | changes).values())


def forged(actors: Cast, operations, *, queue_count=0, queued=(), **header) -> ProvenBatch:
    """A batch with a real proof whose header or queue entries are lies: an operator has the prover."""
    operator = actors.operator
    sequencer = operator.sequencer
    _, trace = apply_batch(
        sequencer.sealed,
        operations,
        number=sequencer.batches + 1,
        slots=sequencer.slots,
        domain=header.get("domain", operator.domain),
    )
    honest = SealedBatch.seal(trace, (), queue_start=sequencer.queue_next, domain=operator.domain)
    claimed = replace(honest.header, queue_count=queue_count, **header)
    instance = batch_instance(claimed, [slot.words for slot in trace.slots])
    return operator.prover.prove_batch(SealedBatch(claimed, trace, tuple(queued), instance))


def second_rollup(actors: Cast, l1: Chain) -> Operator:
    """Another rollup with the same verifiers, operator and genesis, on that chain."""
    operator = actors.operator
    prover, account = operator.prover, actors.operator_account
    contracts = deploy(l1, account, prover.size, prover.batch.vk, prover.claim.vk, prover.escape.vk)
    mirror = Mirror(Chain(31_339, lock=l1.exclusive), account, lambda _: TokenMetadata("Other", "OTH", 0))
    return Operator(Bridge(l1, contracts, account), mirror, prover)


def submit(actors: Cast, batch: ProvenBatch, *, proof=None, sender=None, **changes):
    """submitBatch with the batch's proof, or another one, and with arguments replaced."""
    return actors.rollup.contract.submitBatch(
        *commit_arguments(batch.sealed, **changes),
        proof or solidity_proof(batch.proof),
        sender=sender or actors.operator_account,
    )


def prove(actors: Cast, batch: ProvenBatch, *, proof=None, header=None, public=None, sender=None):
    """proveBatch, sent by somebody who is nobody, with parts replaced."""
    return actors.rollup.contract.proveBatch(
        header or header_struct(batch.sealed.header),
        *(public or batch.sealed.instance.as_tuple()),
        proof or solidity_proof(batch.proof),
        sender=sender or actors.carol,
    )


def claim(actors: Cast, proven, *, sender=None, **changes):
    """The claim, sent by carol, with arguments replaced."""
    burned = proven.exit
    arguments = {
        "batch": burned.batch,
        "nullifier": proven.nullifier,
        "recipient": to_address(burned.recipient),
        "token": to_address(burned.token),
        "amount": burned.amount,
        "proof": solidity_proof(proven.proof),
    }
    unknown = changes.keys() - arguments.keys()
    if unknown:
        raise TypeError(f"claim takes no {unknown}")
    return actors.rollup.contract.claim(*(arguments | changes).values(), sender=sender or actors.carol)


def rerandomised(proof: Proof, key: VerificationKey, *, r: int, k: int) -> Proof:
    """Another proof of the same statement, made without its witness: (r A, (B + k delta) / r, C + k A)."""
    a, b, c, delta = (_project(point) for point in (proof.a, proof.b, proof.c, key.delta))
    return Proof(
        a=_affine(multiply(a, r)),
        b=_affine(multiply(add(b, multiply(delta, k)), pow(r, -1, R))),
        c=_affine(add(c, multiply(a, k))),
    )


def _project(point):
    x, y = point
    return (FQ(x), FQ(y), FQ(1)) if isinstance(x, int) else (FQ2(list(x)), FQ2(list(y)), FQ2.one())


def _affine(point):
    x, y = normalize(point)
    return tuple(int(v) if isinstance(v, FQ) else tuple(int(c) for c in v.coeffs) for v in (x, y))
