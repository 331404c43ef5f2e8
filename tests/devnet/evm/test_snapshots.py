"""Snapshots: what is restored, which ids stay valid."""

import pytest

from zkrollup.evm import Chain, UnknownSender, UnknownSnapshot

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


def fingerprint(chain):
    return (
        chain.block_number,
        chain.timestamp,
        chain.balance(STRANGER),
        chain.w3.eth.get_block("latest")["hash"],
    )


def test_a_revert_restores_balances_storage_blocks_time_and_nonces(chain, counter):
    contract = counter.on(chain)
    contract.count()
    before, nonce = fingerprint(chain), chain.nonce(chain.accounts[0])
    snapshot = chain.snapshot()
    contract.count()
    gone = counter.on(chain)
    chain.travel(86_400)
    chain.set_balance(STRANGER, 503)
    chain.revert(snapshot)
    assert fingerprint(chain) == before
    assert chain.nonce(chain.accounts[0]) == nonce
    assert chain.storage(contract, 0) == 1
    assert chain.code(gone) == b""
    assert [e["count"] for e in chain.logs()] == [1]


def test_the_chain_goes_on_from_a_revert_as_if_nothing_had_been(chain):
    snapshot = chain.snapshot()

    def history():
        chain.transact(to=STRANGER, value=307)
        chain.travel(11)
        chain.mine(2)
        return fingerprint(chain)

    first = history()
    chain.revert(snapshot)
    assert history() == first
    assert chain.timestamp == chain.w3.eth.get_block(0)["timestamp"] + 14


def test_time_travelled_after_a_snapshot_does_not_leak_into_the_next_block(chain):
    start, snapshot = chain.timestamp, chain.snapshot()
    chain.travel(1_000_000)
    chain.revert(snapshot)
    chain.mine()
    assert chain.timestamp == start + 1


def test_a_snapshot_can_be_reverted_to_again_and_again(chain):
    snapshot = chain.snapshot()
    for amount in (3, 5, 7):
        chain.transact(to=STRANGER, value=amount)
        assert chain.balance(STRANGER) == amount
        chain.revert(snapshot)
    assert chain.balance(STRANGER) == 0


def test_snapshots_nest_and_a_revert_invalidates_the_later_ones(chain):
    outer = chain.snapshot()
    chain.transact(to=STRANGER, value=3)
    inner = chain.snapshot()
    chain.transact(to=STRANGER, value=5)
    chain.revert(inner)
    assert chain.balance(STRANGER) == 3
    chain.revert(outer)
    assert chain.balance(STRANGER) == 0
    with pytest.raises(UnknownSnapshot, match="an earlier snapshot was reverted to") as caught:
        chain.revert(inner)
    assert caught.value.snapshot == inner
    chain.transact(to=STRANGER, value=11)
    fresh = chain.snapshot()
    assert fresh != inner
    with pytest.raises(UnknownSnapshot):
        chain.revert(inner)
    assert chain.balance(STRANGER) == 11


def test_a_snapshot_of_another_chain_is_refused(chain):
    other = Chain(31338)
    chain.snapshot()
    with pytest.raises(UnknownSnapshot, match="belongs to <Chain 31338"):
        chain.revert(other.snapshot())


def test_an_anchor_reverts_at_its_end_also_after_an_error(chain):
    with chain.anchor() as snapshot:
        chain.transact(to=STRANGER, value=3)
    assert chain.balance(STRANGER) == 0
    with pytest.raises(UnknownSnapshot, match="anchor"):
        chain.revert(snapshot)

    def fail():
        with chain.anchor():
            chain.transact(to=STRANGER, value=5)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert chain.block_number == 0


def test_anchors_nest_and_survive_a_revert_past_them(chain):
    outer = chain.snapshot()
    chain.mine()
    with chain.anchor():
        chain.mine()
        with chain.anchor():
            chain.mine()
            assert chain.block_number == 3
        assert chain.block_number == 2
        chain.revert(outer)
        chain.mine(5)
    assert chain.block_number == 5


def test_what_was_before_the_first_snapshot_survives_the_last_one_going(chain):
    chain.transact(to=STRANGER, value=3)
    with chain.anchor():
        chain.mine()
    chain.transact(to=STRANGER, value=5)
    with chain.anchor():
        chain.transact(to=STRANGER, value=7)
    assert chain.balance(STRANGER) == 8
    assert chain.block_number == 2


def test_a_key_learnt_after_a_snapshot_is_forgotten(chain):
    from eth_account import Account

    outsider = Account.create()
    with chain.anchor():
        chain.set_balance(outsider, 10**18)
        chain.transact(sender=outsider, to=STRANGER)
        chain.transact(sender=outsider.address, to=STRANGER)
    with pytest.raises(UnknownSender):
        chain.transact(sender=outsider.address, to=STRANGER)


def test_receipts_and_filters_forget_what_was_reverted(chain, counter):
    w3 = chain.w3
    contract = counter.on(chain)
    blocks, logs = w3.eth.filter("latest"), contract.w3.events.Counted.create_filter(from_block=0)
    kept = contract.count().transaction_hash
    with chain.anchor():
        gone = contract.count(sender=chain.accounts[3]).transaction_hash
        assert w3.eth.get_transaction_receipt(gone)["status"] == 1
    assert w3.eth.get_transaction_receipt(kept)["status"] == 1
    from web3.exceptions import TransactionNotFound

    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction_receipt(gone)
    assert len(blocks.get_new_entries()) == 1
    assert [e["args"]["count"] for e in logs.get_all_entries()] == [1]


def test_snapshots_over_rpc_follow_the_same_rules(chain):
    w3 = chain.w3
    outer = w3.provider.make_request("evm_snapshot", [])["result"]
    chain.mine()
    inner = w3.provider.make_request("evm_snapshot", [])["result"]
    assert w3.provider.make_request("evm_revert", [outer])["result"] is True
    assert chain.block_number == 0
    assert w3.provider.make_request("evm_revert", [inner])["result"] is False
