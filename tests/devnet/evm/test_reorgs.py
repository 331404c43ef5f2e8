"""The last blocks replaced, seen from the chain and from web3."""

import pytest
from web3.exceptions import TransactionNotFound

from zkrollup.evm import InvalidReorg, UnknownSnapshot

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def test_a_reorganisation_changes_hashes_and_keeps_effects(chain, counter):
    contract = counter.on(chain)
    for _ in range(3):
        contract.count()
    before = [chain.w3.eth.get_block(n)["hash"] for n in range(5)]
    done = chain.reorg(2)
    after = [chain.w3.eth.get_block(n)["hash"] for n in range(5)]
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, True, True, False, False]
    assert [b.number for b in done.dropped] == [b.number for b in done.added] == [3, 4]
    assert contract.next() == 4
    assert [e["count"] for e in contract.events()] == [1, 2, 3]


def test_a_transaction_can_be_lost_and_sent_again(chain, counter):
    contract = counter.on(chain)
    lost = contract.count().transaction_hash
    chain.reorg(1, transactions=lambda old: [])
    assert chain.block_number == 2
    assert contract.events() == []
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction_receipt(lost)
    assert contract.count().event("Counted")["count"] == 1


def test_the_order_of_transactions_can_change_what_they_do(chain, counter):
    contract = counter.on(chain)
    alice, bob = chain.accounts[3], chain.accounts[5]
    for sender in (alice, bob):
        contract.count(sender=sender)
    chain.reorg(2, transactions=lambda old: old[::-1])
    assert [(e["count"], e["caller"]) for e in contract.events()] == [(1, bob.address), (2, alice.address)]


def test_web3s_filters_hear_of_removed_logs(chain, counter):
    contract = counter.on(chain)
    logs = chain.w3.eth.filter({"address": contract.address})
    contract.count()
    (told,) = logs.get_new_entries()
    chain.reorg(1, transactions=lambda old: [])
    (removed,) = logs.get_new_entries()
    assert (told["removed"], removed["removed"]) == (False, True)
    assert told["blockHash"] == removed["blockHash"]


def test_a_snapshot_of_a_block_that_is_gone_is_refused(chain):
    early = chain.snapshot()
    chain.mine()
    late = chain.snapshot()
    chain.transact(to=STRANGER, value=7)
    chain.reorg(2)
    with pytest.raises(UnknownSnapshot):
        chain.revert(late)
    assert chain.balance(STRANGER) == 7
    chain.revert(early)
    assert chain.balance(STRANGER) == 0


@pytest.mark.parametrize("depth", [0, 4])
def test_genesis_and_nothing_cannot_be_replaced(chain, depth):
    chain.mine(3)
    with pytest.raises(InvalidReorg, match="1 to 3"):
        chain.reorg(depth)
    assert chain.block_number == 3
    assert chain.reorg(3).refused == ()
