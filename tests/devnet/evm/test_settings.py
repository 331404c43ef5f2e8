"""Settings of a chain: what a revert puts back, what evm_revert leaves, what no test leaves behind."""

import pytest

from zkrollup.evm import Chain

STRANGER = "0x00000000000000000000000000000000DeaDBeef"


@pytest.fixture
def chain():
    """A chain of this test's own: others must not see what fails to go back."""
    return Chain()


def ask(chain, method, *params):
    answer = chain.w3.provider.make_request(method, list(params))
    assert "error" not in answer, answer
    return answer["result"]


CHANGES = [
    ("chain_id", lambda chain: ask(chain, "anvil_setChainId", 1009), lambda chain: chain.w3.eth.chain_id),
    ("automine", lambda chain: ask(chain, "evm_setAutomine", False), lambda chain: chain.engine.automine),
    ("interval", lambda chain: ask(chain, "evm_setIntervalMining", 7), lambda chain: chain.engine.interval),
    (
        "impersonation",
        lambda chain: ask(chain, "anvil_impersonateAccount", STRANGER),
        lambda chain: chain.engine.impersonated,
    ),
    (
        "impersonation of everybody",
        lambda chain: ask(chain, "anvil_autoImpersonateAccount", True),
        lambda chain: chain.engine.auto_impersonate,
    ),
    (
        "filters",
        lambda chain: ask(chain, "eth_newBlockFilter"),
        lambda chain: chain.engine.filters.numbers(),
    ),
    (
        "listeners",
        lambda chain: chain.engine.subscribe(print),
        lambda chain: tuple(chain.engine._listeners),
    ),
]
changed = pytest.mark.parametrize(("change", "read"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])


@changed
def test_a_setting_made_inside_an_anchor_ends_with_it(chain, change, read):
    before = read(chain)
    with chain.anchor():
        change(chain)
        assert read(chain) != before
    assert read(chain) == before


@changed
def test_a_setting_made_after_a_snapshot_goes_with_a_revert(chain, change, read):
    before, snapshot = read(chain), chain.snapshot()
    for _ in range(2):
        change(chain)
        chain.revert(snapshot)
        assert read(chain) == before


@changed
def test_evm_revert_leaves_a_setting_as_anvil_does(chain, change, read):
    snapshot = ask(chain, "evm_snapshot")
    change(chain)
    after = read(chain)
    assert ask(chain, "evm_revert", snapshot) is True
    assert read(chain) == after


@changed
def test_a_setting_made_before_an_anchor_is_there_after_it(chain, change, read):
    change(chain)
    after = read(chain)
    with chain.anchor():
        ask(chain, "anvil_setChainId", 2003)
        ask(chain, "evm_setIntervalMining", 13)
        ask(chain, "evm_setAutomine", True)
        ask(chain, "anvil_stopImpersonatingAccount", STRANGER)
        ask(chain, "anvil_autoImpersonateAccount", False)
        ask(chain, "eth_newBlockFilter")
        chain.engine.subscribe(repr)
    assert read(chain) == after


def test_what_a_test_sets_on_web3_ends_with_its_anchor(chain):
    with chain.anchor():
        chain.w3.eth.default_account = chain.accounts[3].address
    assert not chain.w3.eth.default_account


def test_a_web3_that_is_older_than_a_snapshot_stays(chain):
    chain.w3.eth.default_account = chain.accounts[2].address
    with chain.anchor():
        assert chain.w3.eth.default_account == chain.accounts[2].address
    assert chain.w3.eth.default_account == chain.accounts[2].address


def test_a_web3_that_somebody_still_holds_goes_on_after_a_revert(chain):
    snapshot = chain.snapshot()
    w3 = chain.w3
    chain.revert(snapshot)
    chain.mine(3)
    assert w3.eth.block_number == 3
    assert chain.w3 is not w3


def test_a_listener_that_went_with_an_anchor_can_still_be_ended(chain):
    with chain.anchor():
        end = chain.engine.subscribe(print)
    end()
    assert print not in chain.engine._listeners
