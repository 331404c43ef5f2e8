"""Layer 2's Mints: they follow proven batches, only the operator writes them, and they roll back."""

import pytest

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH
from zkrollup.operator.metadata import MAX_TEXT, token_metadata
from zkrollup.operator.mirror import NoMint


@pytest.fixture
def mint(actors):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    actors.rollup.settle()
    return actors.rollup.mint(ETH)


def test_there_is_no_mint_before_the_first_proven_deposit(actors):
    with pytest.raises(NoMint) as refusal:
        actors.rollup.mint(actors.token)
    assert refusal.value.token == int(actors.token.address, 16)
    actors.rollup.deposit(actors.token, 5, sender=actors.alice)
    with pytest.raises(NoMint):
        actors.rollup.mint(actors.token)
    actors.rollup.settle()
    assert actors.rollup.mint(actors.token).l1Token() == actors.token.address


def test_a_mint_shows_the_tokens_metadata(actors, mint):
    assert (mint.name(), mint.symbol(), mint.decimals()) == ("L2 Ether", "ETH", 18)
    actors.rollup.open_account(actors.token, actors.alice)
    actors.rollup.settle()
    other = actors.rollup.mint(actors.token)
    assert (other.name(), other.symbol(), other.decimals()) == ("L2 Test Token", "TEST", 18)
    assert other.totalSupply() == 0


def test_a_balance_is_the_sum_over_all_accounts_of_an_owner(actors, mint):
    alice, bob = actors.alice, actors.bob
    # Alice owns it, bob's key signs for it
    lock = actors.rollup.lock
    lock.depositETH(alice.address, *bob.key.public, sender=bob, value=11)
    actors.rollup.settle()
    assert mint.balanceOf(alice) == alice.l2_balance(ETH) == 1020
    assert mint.balanceOf(bob) == bob.l2_balance(ETH) == 0


def test_nobody_but_the_operator_writes(actors, mint):
    alice = actors.alice
    for call in (
        lambda: mint.mint(alice, 5, sender=alice),
        lambda: mint.burn(alice, 5, sender=alice),
        lambda: mint.move(alice, actors.bob, 5, sender=alice),
    ):
        with reverts("NotOperator", caller=alice):
            call()
    for call in (
        lambda: mint.transfer(actors.bob, 5, sender=alice),
        lambda: mint.approve(actors.bob, 5, sender=alice),
        lambda: mint.transferFrom(alice, actors.bob, 5, sender=actors.bob),
    ):
        with reverts("TransferThroughOperator"):
            call()
    assert mint.balanceOf(alice) == mint.totalSupply() == 1009


def test_mints_roll_back_with_the_operator(actors, mint):
    snapshot = actors.devnet.snapshot()
    actors.rollup.deposit(actors.token, 5, sender=actors.alice)
    actors.rollup.withdraw(ETH, 9, sender=actors.alice)
    actors.rollup.settle()
    assert mint.totalSupply() == 1000
    assert actors.rollup.mint(actors.token).totalSupply() == 5
    actors.devnet.revert(snapshot)
    assert mint.totalSupply() == 1009
    with pytest.raises(NoMint):
        actors.rollup.mint(actors.token)
    actors.rollup.deposit(actors.token, 7, sender=actors.alice)
    actors.rollup.settle()
    assert actors.rollup.mint(actors.token).totalSupply() == 7


def test_a_reorganisation_of_l1_leaves_how_a_test_uses_layer_2(actors, mint):
    l1, l2 = actors.devnet.l1, actors.devnet.l2
    actors.rollup.deposit(actors.token, 11, sender=actors.alice)
    actors.rollup.settle()
    before, head = l2.w3, l2.block_number
    l2.engine.auto_impersonate = True
    l1.reorg(1, transactions=lambda _: ())
    actors.rollup.balance(ETH, actors.alice)  # the operator sees it
    assert l2.block_number < head
    assert l2.engine.auto_impersonate
    assert l2.w3 is before


# Tokens that say nothing, or nonsense


def answering(chain, answer: bytes) -> str:
    """A contract that answers every call with these bytes."""
    head = bytes.fromhex(f"61{len(answer):04x}600d5f3961{len(answer):04x}5ff3") + b"\x00"
    code = head + answer
    return chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a3d393df3") + code)


def text(value: bytes, length=None) -> bytes:
    size = len(value) if length is None else length
    return (32).to_bytes(32, "big") + size.to_bytes(32, "big") + value + bytes(-len(value) % 32)


def test_a_tokens_text_is_taken_over(actors):
    token = answering(actors.l1, text(b"Wrapped"))
    assert token_metadata(actors.l1, token)[:2] == ("Wrapped", "Wrapped")
    assert token_metadata(actors.l1, actors.token.address) == ("Test Token", "TEST", 18)


UNREADABLE = {
    "nothing": b"",
    "bytes32": b"MKR".ljust(32, b"\x00"),
    "no UTF-8": text(b"\xff\xfe\xfd"),
    "false length": text(b"short", length=2**64),
    "all ones": b"\xff" * 32,
    "one byte": b"\x01",
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_a_token_without_readable_text_is_shown_by_its_address(actors, answer):
    token = answering(actors.l1, answer)
    name, symbol, decimals = token_metadata(actors.l1, token)
    assert (name, symbol) == (token, token)
    assert 0 <= decimals < 256


def test_a_token_that_talks_too_much_is_cut_short(actors):
    token = answering(actors.l1, text(b"x" * 5000))
    assert token_metadata(actors.l1, token).name == "x" * MAX_TEXT


@pytest.mark.parametrize("code", ["5b5f56", "5f5ffd", "fe"], ids=["endless loop", "revert", "invalid"])
def test_a_token_that_never_answers_stops_nobody(actors, code):
    size = len(code) // 2
    token = actors.l1.deploy_raw(bytes.fromhex(f"61{size:04x}80600a3d393df3{code}"))
    assert token_metadata(actors.l1, token) == (token, token, 0)


def test_a_locked_token_without_metadata_does_not_stop_the_rollup(actors):
    # balanceOf answers what transferFrom has added up; everything else reverts.
    choose = "5f3560e01c" + "806370a0823114601e57" + "806323b872dd14602757" + "5f5ffd0000"
    balance_of, transfer_from = "5b5f545f5260205ff3", "5b6044355f54015f5500"
    runtime = bytes.fromhex(choose + balance_of + transfer_from)
    token = actors.l1.deploy_raw(bytes.fromhex(f"61{len(runtime):04x}80600a3d393df3") + runtime)
    alice = actors.alice
    actors.rollup.lock.depositERC20(token, 55, alice.address, *alice.key.public, sender=alice)
    actors.rollup.deposit(ETH, 7, sender=alice)
    actors.rollup.settle()
    assert actors.rollup.mint(token).balanceOf(alice) == 55
    assert actors.rollup.mint(ETH).balanceOf(alice) == 7
