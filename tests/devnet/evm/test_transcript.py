"""A chain's transactions as a list in text."""

import pytest
from tests.devnet.evm.programs import logging, reverting, selector, text, topic, word

from zkrollup.evm import Chain, Reverted

EVENT = {
    "type": "event",
    "name": "Counted",
    "inputs": [{"type": "uint256", "name": "number", "indexed": False}],
}


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_a_chain_without_transactions_has_an_empty_list(chain):
    assert chain.transcript() == ""
    chain.mine(3)
    assert chain.transcript() == ""


def test_each_transaction_has_sender_call_gas_and_events(chain):
    chain.label(chain.accounts[0], "dora")
    chain.set_code("0x" + "51" * 20, logging(word(7), topic("Counted(uint256)")))
    chain.contract([EVENT], "0x" + "51" * 20)
    chain.transact(to="0x" + "51" * 20)
    chain.transact(to=chain.accounts[2], value=11, sender=chain.accounts[1])
    first, event, second = chain.transcript().splitlines()
    assert first.startswith("1  dora: 0x5151…5151 [")
    assert event == "   └─ emit Counted(number=7)"
    assert second.startswith(f"2  {chain.accounts[1].address[:6]}…")
    assert second.endswith(" {value: 11 wei} [21,000 gas]")


def test_a_failed_one_has_its_reason_and_one_that_came_too_early_is_left_out(chain):
    chain.transact(to=chain.accounts[1], value=13)
    chain.set_code("0x" + "51" * 20, reverting(selector("Error(string)") + text(b"paused")))
    with pytest.raises(Reverted):
        chain.transact(to="0x" + "51" * 20, value=17)
    head, reason = chain.transcript(after=1).splitlines()
    assert "{value: 17 wei}" in head
    assert reason == "   └─ ✗ reverted: paused"


def test_only_the_latest_are_shown_under_their_own_numbers(chain):
    for amount in range(1, 13):
        chain.transact(to=chain.accounts[1], value=amount)
    lines = chain.transcript(most=3).splitlines()
    assert lines[0] == "(9 before these are left out)"
    assert [line.split()[0] for line in lines[1:]] == ["10", "11", "12"]
    assert "{value: 12 wei}" in lines[-1]


def test_a_senders_transactions_can_be_left_out(chain):
    chain.transact(to=chain.accounts[3], value=19, sender=chain.accounts[1])
    chain.transact(to=chain.accounts[3], value=23, sender=chain.accounts[2])
    shown = chain.transcript(without=chain.accounts[1])
    assert "23 wei" in shown
    assert "19 wei" not in shown


def test_many_events_and_long_lines_are_cut(chain):
    chain.set_code("0x" + "51" * 20, logging(word(7), topic("Counted(uint256)"))[:-1] * 9 + b"\0")
    long = {**EVENT, "inputs": [{**EVENT["inputs"][0], "name": "n" * 300}]}
    chain.contract([long], "0x" + "51" * 20)
    chain.transact(to="0x" + "51" * 20)
    lines = chain.transcript().splitlines()
    assert len(lines) == 1 + 7
    assert lines[-2] == "   ├─ (3 more events)"
    assert lines[-1].startswith("   └─ emit Counted(nnn")
    assert {len(line) for line in lines[1:-2]} == {200}
    assert lines[1].endswith("…")


def test_an_empty_block_between_and_a_creation_are_no_obstacle(chain):
    chain.deploy_raw("0x5f5ff3")
    chain.mine(2)
    chain.transact(to=chain.accounts[1], value=29)
    first, second = chain.transcript().splitlines()
    assert ": CREATE 0x" in first
    assert "29 wei" in second
