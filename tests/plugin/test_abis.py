"""Whose ABI counts in a run: the tester's, in each test anew."""

import pytest
from tests.solidity import ROOT

from pytest_zkrollup import ETH, ZkConfig, emits
from zkrollup import artifacts

OWN_NAMES = {"from": "src", "to": "dst", "value": "wad", "owner": "holder"}


@pytest.fixture(scope="module")
def zk_config():
    return ZkConfig(slots=1, levels=2, proofs="mock")


@pytest.fixture
def own_abi():
    """TestToken's, with other names."""

    def renamed(entry):
        inputs = [{**each, "name": OWN_NAMES.get(each["name"], each["name"])} for each in entry["inputs"]]
        return {**entry, "inputs": inputs}

    return [renamed(each) if "inputs" in each else each for each in artifacts.load("TestToken").abi]


@pytest.fixture
def token(rollup, chain, alice, own_abi):
    token = chain.deploy(own_abi, artifacts.load("TestToken").bytecode, "Wrapped", "WRAP", 6, sender=alice)
    token.mint(alice, 1000, sender=alice)
    return token


def looked_at(rollup, token, alice):
    """All that the rollup does with a token that it did not deploy."""
    rollup.deposit(token, 401, sender=alice)
    rollup.settle()
    exit_ = rollup.withdraw(token, 103, sender=alice)
    rollup.settle()
    exit_.claim(sender=alice)
    rollup.check_solvency()
    return rollup.l1_balance(token, alice)


def test_a_tokens_events_and_calls_keep_their_names_when_the_rollup_has_used_it(rollup, token, alice, bob):
    assert looked_at(rollup, token, alice) == 702
    with emits(token, "Transfer", src=alice, dst=bob, wad=5), emits(rollup.l1, "Transfer", wad=5):
        receipt = token.transfer(bob, 5, sender=alice)
    assert rollup.l1.trace(receipt).args == {"dst": bob.address, "wad": 5}
    assert rollup.l1.logs(address=token.address, event="Transfer")[-1].args["wad"] == 5


def test_an_abi_of_ones_own_at_the_rollups_contract_does_not_reach_the_operator(rollup, chain, alice):
    def renamed(entry):
        return {**entry, "inputs": [{**each, "name": f"my_{each['name']}"} for each in entry["inputs"]]}

    abi = [renamed(each) if each["type"] == "event" else each for each in rollup.contract.abi]
    mine = chain.contract(abi, rollup.contract.address)
    receipt = rollup.deposit(ETH, 409, sender=alice)
    assert receipt.event("DepositQueued")["my_amount"] == 409
    rollup.settle()
    assert alice.l2_balance(ETH) == 409
    assert mine.events("BatchProven")[0]["my_number"] == 1
    assert rollup.contract.events("BatchProven")[0]["number"] == 1


def test_layer_2s_mints_are_ours_to_name_and_the_testers_to_rename(rollup, token, alice, own_abi):
    rollup.deposit(token, 419, sender=alice)
    rollup.settle()
    mine = rollup.l2.contract(own_abi, rollup.mint(token).address)
    rollup.deposit(token, 421, sender=alice)
    rollup.settle()
    assert [each["wad"] for each in rollup.l2.logs(address=mine.address, event="Transfer")] == [419, 421]
    assert [each["value"] for each in rollup.mint(token).events("Transfer")] == [419, 421]


def test_each_test_and_each_example_begins_without_what_others_declared(run):
    result = run(
        """
        import pytest
        from hypothesis import given, settings, strategies as st
        from zkrollup.evm import Reverted
        from tests.devnet.evm.conftest import error, event, function
        from tests.devnet.evm.programs import logging, reverting, selector, topic, word

        ADDRESS = "0x00000000000000000000000000000000000000C1"

        def learn(chain, name):
            assert told(chain) == ((), {})
            chain.contract([event("Seen", f"uint256 {name}"), error("Bad", f"uint256 {name}")], ADDRESS)
            (seen,), args = told(chain)
            assert seen.args == args == {name: 7}

        def told(chain):
            chain.set_code(ADDRESS, logging(word(7), topic("Seen(uint256)")))
            events = chain.transact(to=ADDRESS).events
            chain.set_code(ADDRESS, reverting(selector("Bad(uint256)") + word(7)))
            with pytest.raises(Reverted) as caught:
                chain.transact(to=ADDRESS)
            return events, caught.value.args_by_name

        @pytest.mark.parametrize("name", ["cap", "limit"])
        def test_by_itself(chain, name):
            learn(chain, name)

        @settings(max_examples=4, deadline=None)
        @given(name=st.sampled_from(["low", "high"]))
        def test_property(chain, name):
            learn(chain, name)

        def test_after_the_property(chain):
            assert told(chain) == ((), {})
        """,
        "-o",
        f"pythonpath={ROOT}",
    )
    result.assert_outcomes(passed=4)
