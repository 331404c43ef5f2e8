"""From batches, exits and states to circuit inputs. Owns no rule: the ledger decides, the circuit checks."""

from zkrollup.circuits.encoding import claim_nullifier, escape_nullifier
from zkrollup.circuits.inputs import BatchInputs, ClaimInputs, EscapeInputs
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import Exit
from zkrollup.operator.stages import SealedBatch


def batch_inputs(batch: SealedBatch) -> BatchInputs:
    """What the batch circuit is given."""
    header = batch.header
    return BatchInputs(
        *batch.instance.as_tuple(),
        old_root=header.old_root,
        number=header.number,
        domain=header.domain,
        queue_start=header.queue_start,
        queue_count=header.queue_count,
        fees=batch.trace.fees,
        slots=tuple(slot.inputs for slot in batch.trace.slots),
    )


def claim_inputs(burned: Exit, exit_tree: QuadTree, domain: int) -> ClaimInputs:
    """What the claim circuit is given."""
    return ClaimInputs(
        exit_root=exit_tree.root,
        nullifier=claim_nullifier(burned.id, domain),
        recipient=burned.recipient,
        token=burned.token,
        amount=burned.amount,
        domain=domain,
        exit_id=burned.id,
        slot=burned.slot,
        path=exit_tree.path(burned.slot),
    )


def escape_inputs(index: int, state: LedgerState, domain: int) -> EscapeInputs:
    """What the escape circuit is given for the account at ``index``."""
    lane = state.lane(index)
    return EscapeInputs(
        state_root=state.root,
        nullifier=escape_nullifier(index, domain),
        owner=lane.account.owner,
        token=lane.account.token,
        amount=lane.account.balance,
        domain=domain,
        lane=lane,
    )
