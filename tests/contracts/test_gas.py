"""What layer 1 charges for a transfer, by the size of the batch.

Proofs come from the keys' trapdoors, since circuits of these sizes take minutes to set up; contracts and
verifier are the real ones. tests/lifecycle/test_gas_of_sizes.py pays the same for real proofs.
"""

import pytest
from tests.contracts.support import (
    EMPTY_EXIT_ROOT,
    TYPICAL_AMOUNT,
    TYPICAL_FEE,
    deploy,
    flat,
    transfer,
    typical_payments,
    without_zero_bytes,
)

from zkrollup.circuits.encoding import encode_fee
from zkrollup.evm import Chain

FIRST_ROOT, SECOND_ROOT = (int.from_bytes(bytes([byte]) * 32, "big") for byte in (17, 19))


def full_batches(system):
    """A batch with a deposit, and one of typical transfers in all slots: the first of all costs more."""
    first = system.batch(
        entries=(system.deposit(501),), new_root=FIRST_ROOT, exit_root=EMPTY_EXIT_ROOT, fee_account=1
    )
    records = [
        transfer(payer, payee, TYPICAL_AMOUNT, fee=encode_fee(TYPICAL_FEE))
        for payer, payee in typical_payments(system.slots)
    ]
    return first, first.following(
        records=tuple(records), new_root=SECOND_ROOT, exit_root=EMPTY_EXIT_ROOT, fee_account=1
    )


@pytest.mark.parametrize("slots", [3, 16, 64, 256])
def test_gas_of_a_full_batch(snapshot_value, slots):
    system = deploy(Chain(), slots=slots)
    first, batch = full_batches(system)
    system.settle(first)
    roots, public, proof = (batch.old_root, batch.new_root), batch.public, flat(batch.proof)
    with system.chain.anchor():
        used = without_zero_bytes(system.submit(batch).gas_used, batch.new_root, public[0], *proof)
        snapshot_value(f"submit {slots} transfers", used)
    used = without_zero_bytes(system.commit(batch).gas_used, batch.new_root, public[0])
    snapshot_value(f"commit {slots} transfers", used)
    used = without_zero_bytes(system.prove(batch).gas_used, *roots, *public, system.domain, *proof)
    snapshot_value(f"prove {slots} transfers", used)
