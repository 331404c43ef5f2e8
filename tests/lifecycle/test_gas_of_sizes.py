"""Real proofs cost what the table of docs/reference/gas.md says, whose figures are made with trapdoors."""

import json
import os

import pytest
from tests.conftest import SNAPSHOTS
from tests.contracts.support import (
    TYPICAL_AMOUNT,
    TYPICAL_FEE,
    flat,
    typical_payments,
    without_zero_bytes,
)

from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import ETH, Devnet
from zkrollup.ledger.operations import Transfer
from zkrollup.ledger.transition import apply_batch, apply_operation
from zkrollup.operator.stages import SealedBatch
from zkrollup.snark.verifier_contract import solidity_proof

FEE_ACCOUNT = 1
SIZES = (3, 16, 64) if os.environ.get("ZK_FULL") == "1" else (3, 16)


def sealed_payments(devnet, users) -> SealedBatch:
    """A batch full of typical payments between accounts 1 and 2, signed one after the other."""
    operator = devnet.rollup.operator
    sequencer = operator.sequencer
    context = {"domain": operator.domain, "fee_account": FEE_ACCOUNT}
    state, operations = sequencer.sealed, []
    for payer, payee in typical_payments(sequencer.slots):
        nonce, key = state.account(payer).nonce, users[payer].key
        transfer = Transfer(payer, payee, TYPICAL_AMOUNT, nonce, fee=TYPICAL_FEE)
        operations.append(transfer.signed(key, state.account(payee), operator.domain))
        state, _ = apply_operation(state, operations[-1], batch=0, slot=0, **context)
    _, trace = apply_batch(
        sequencer.sealed, operations, number=sequencer.batches + 1, slots=sequencer.slots, **context
    )
    return SealedBatch.seal(trace, (), queue_start=sequencer.queue_next, domain=operator.domain)


@pytest.mark.slow
@pytest.mark.parametrize("slots", SIZES)
def test_a_real_proof_costs_what_a_trapdoors_does(slots):
    devnet = Devnet.start(BatchSize(slots, 4))
    rollup, bridge = devnet.rollup, devnet.rollup.operator.bridge
    users = [devnet.user(name) for name in ("alice", "bob", "carol")]
    for user in users:
        rollup.deposit(ETH, 100 * TYPICAL_AMOUNT, sender=user)
    rollup.settle()
    proven = rollup.operator.prover.prove_batch(sealed_payments(devnet, users))
    header, public = proven.sealed.header, proven.sealed.instance.as_tuple()
    proof = flat(solidity_proof(proven.proof))
    with rollup.l1.anchor():
        submitted = bridge.submit(proven).gas_used
    committed = bridge.commit(proven.sealed).gas_used
    proved = bridge.prove(proven).gas_used
    assert bridge.contracts.rollup.stateRoot() == header.new_root
    figures = json.loads((SNAPSHOTS / "gas.json").read_text(encoding="utf-8"))
    roots = (header.old_root, header.new_root)
    assert {
        "commit": without_zero_bytes(committed, header.new_root, public[0]),
        "prove": without_zero_bytes(proved, *roots, *public, header.domain, *proof),
        "submit": without_zero_bytes(submitted, header.new_root, public[0], *proof),
    } == {name: figures[f"{name} {slots} transfers"] for name in ("commit", "prove", "submit")}
