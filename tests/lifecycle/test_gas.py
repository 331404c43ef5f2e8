"""Gas of the main job with real proofs, as asserted figures.

Proofs are random, and a zero byte of calldata costs 12 gas less than another: figures are for proofs without
zero bytes.
"""

from zkrollup.devnet import ETH
from zkrollup.snark.verifier_contract import verify_proof_calldata

ZERO_BYTE_DISCOUNT = 12


def without_zero_bytes(gas, proof):
    return gas + ZERO_BYTE_DISCOUNT * verify_proof_calldata(proof, [])[4:].count(0)


def test_gas_of_the_main_job(actors, snapshot_value):
    rollup, alice, bob, token = actors.rollup, actors.alice, actors.bob, actors.token
    operator = rollup.operator

    def gas(label, receipt, proof=None):
        used = receipt.gas_used if proof is None else without_zero_bytes(receipt.gas_used, proof)
        snapshot_value(f"main job: {label}", used)

    gas("first deposit of ETH", rollup.deposit(ETH, 1009, sender=alice))
    gas("another deposit of ETH", rollup.deposit(ETH, 11, sender=alice))
    gas("first deposit of TestToken", rollup.deposit(token, 2003, sender=alice))  # fills batch 1
    gas("another deposit of TestToken", rollup.deposit(token, 13, sender=alice))
    handles = {
        "ETH": rollup.withdraw(ETH, 101, sender=alice, recipient=bob),
        "TestToken": rollup.withdraw(token, 103, sender=alice, recipient=bob),  # fills batch 2
    }
    deposits, mixed = (operator.prove(batch) for batch in operator.state.sealed)
    gas("commit 3 deposits", rollup.commit(deposits.sealed))
    used = operator.finalize(deposits).gas["proveBatch"]
    snapshot_value("main job: prove a batch", without_zero_bytes(used, deposits.proof))
    gas("submit a deposit and 2 withdrawals", operator.bridge.submit(mixed), mixed.proof)
    rollup.settle()
    for label, handle in handles.items():
        proven = handle.prove()
        gas(f"claim {label}", operator.bridge.claim(proven, sender=alice), proven.proof)


def test_gas_of_three_transfers(actors, snapshot_value):
    rollup, alice, bob = actors.rollup, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.open_account(ETH, bob)
    rollup.settle()
    for amount in (11, 13, 17):
        rollup.transfer(ETH, amount, sender=alice, to=bob)
    (batch,) = rollup.operator.state.sealed
    snapshot_value("main job: commit 3 transfers", rollup.commit(batch).gas_used)
