"""Time, balances, nonces, code and storage, set by hand."""

import pytest

from zkrollup.evm import InvalidAddress
from zkrollup.evm.addresses import contract_address
from zkrollup.evm.engine.cheating import OutOfRange
from zkrollup.evm.engine.schedule import InvalidTime

STRANGER = "0x00000000000000000000000000000000000A11cE"


def test_the_next_block_has_the_time_that_was_set_and_those_after_go_on_from_it(chain, context):
    contract, then = context.on(chain), chain.timestamp + 1_009
    chain.warp(then)
    assert chain.timestamp < then
    contract.paid()
    assert (chain.timestamp, contract.read().time) == (then, then)
    chain.mine()
    assert chain.timestamp == then + 1


@pytest.mark.parametrize("behind", [0, 5])
def test_time_is_not_set_back(chain, behind):
    chain.mine()
    with pytest.raises(InvalidTime):
        chain.warp(chain.timestamp - behind)


def test_a_nonce_decides_where_the_next_contract_stands(chain, echo_code):
    sender = chain.accounts[3]
    chain.set_nonce(sender, 37)
    assert chain.deploy_raw(echo_code, sender) == contract_address(sender.address, 37)
    assert chain.nonce(sender) == 38


def test_code_runs_where_it_was_put_and_keeps_storage(chain, counter, context):
    contract = counter.on(chain)
    contract.count()
    # sload(0) returned
    chain.set_code(contract, "0x5f545f5260205ff3")
    assert (contract.next(), contract.next()) == (1, 1)
    chain.set_code(STRANGER, bytes.fromhex("60075f5260205ff3"))
    assert int.from_bytes(chain.call(to=STRANGER)) == 7


def test_a_storage_word_is_what_the_contract_reads(chain, counter):
    contract = counter.on(chain)
    chain.set_storage(contract, 0, 503)
    assert contract.next() == 504
    assert chain.storage(contract, 0) == 503
    assert chain.storage(contract, 1) == 0


def cheat_all(chain, contract):
    chain.set_balance(STRANGER, 509)
    chain.set_nonce(STRANGER, 11)
    chain.set_code(STRANGER, b"\x5f")
    chain.set_storage(contract, 0, 521)
    chain.warp(chain.timestamp + 523)


def test_no_cheat_mines_a_block_and_a_snapshot_undoes_them_all(chain, counter):
    contract = counter.on(chain)
    before = chain.block_number
    with chain.anchor():
        cheat_all(chain, contract)
        assert chain.block_number == before
        assert (chain.balance(STRANGER), chain.nonce(STRANGER), chain.code(STRANGER)) == (509, 11, b"\x5f")
    assert (chain.balance(STRANGER), chain.nonce(STRANGER), chain.code(STRANGER)) == (0, 0, b"")
    assert chain.storage(contract, 0) == 0
    chain.mine()
    assert chain.timestamp < 1_767_225_600 + 523


@pytest.mark.parametrize(
    ("cheat", "value"),
    [
        (lambda chain, value: chain.set_balance(STRANGER, value), 2**256),
        (lambda chain, value: chain.set_nonce(STRANGER, value), 2**64),
        (lambda chain, value: chain.set_storage(STRANGER, value, 3), 2**256),
        (lambda chain, value: chain.set_storage(STRANGER, 3, value), -1),
    ],
    ids=["balance", "nonce", "slot", "word"],
)
def test_what_the_state_cannot_hold_is_refused(chain, cheat, value):
    with pytest.raises(OutOfRange, match=f"is {value}, it must be"):
        cheat(chain, value)


def test_what_is_no_address_is_refused_by_every_cheat(chain):
    acts = (
        lambda: chain.set_balance("0x12", 3),
        lambda: chain.set_nonce("0x12", 3),
        lambda: chain.set_code("0x12", b""),
        lambda: chain.set_storage("0x12", 3, 5),
        lambda: chain.mock_call("0x12", b"", returns=b""),
    )
    for act in acts:
        with pytest.raises(InvalidAddress, match="'0x12' is no address"):
            act()
