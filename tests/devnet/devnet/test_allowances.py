"""Deposits of ERC-20s that mind how they are approved: USDT and others (github.com/d-xo/weird-erc20)."""

import pytest

from pytest_zkrollup import reverts
from zkrollup.compilers import compile_sources
from zkrollup.devnet import Devnet
from zkrollup.snark.modes import ProofMode

SOURCE = """
# pragma version ^0.4.0
balanceOf: public(HashMap[address, uint256])
{allowance}: public(HashMap[address, HashMap[address, uint256]])
approvals: public(uint256)

@external
def mint(to: address, amount: uint256):
    self.balanceOf[to] += amount

@external
def approve(spender: address, amount: uint256){returns}:
    {rule}
    self.approvals += 1
    self.{allowance}[msg.sender][spender] = amount
    {answer}

@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    if self.{allowance}[owner][msg.sender] != max_value(uint256):
        self.{allowance}[owner][msg.sender] -= amount
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    return True
"""

CHANGED = "amount != 0 and self.{allowance}[msg.sender][spender] != 0"
BOOL = {"returns": " -> bool", "answer": "return True"}
NOTHING = {"returns": "", "answer": ""}
KINDS = {
    "plain": {**BOOL, "rule": "pass"},
    "wants 0 first": {**BOOL, "rule": f"assert not ({CHANGED}), 'set it to 0 first'"},
    "wants 0 first and returns nothing": {**NOTHING, "rule": f"assert not ({CHANGED})"},
    "returns nothing": {**NOTHING, "rule": "pass"},
    "returns false instead of reverting": {**BOOL, "rule": f"if {CHANGED}:\n        return False"},
    "refuses an approval of 0": {**BOOL, "rule": "assert amount != 0, 'no approval of 0'"},
    "does not tell its allowances": {**BOOL, "rule": "pass", "allowance": "granted"},
}


@pytest.fixture(scope="module")
def devnet():
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    for number, kind in enumerate(KINDS.values()):
        words = {"allowance": "allowance", **kind}
        words["rule"] = words["rule"].format(**words)
        (folder / f"Token{number}.vy").write_text(SOURCE.format(**words), encoding="utf-8")
    found = {artifact.name: artifact for artifact in compile_sources(folder, [folder]).artifacts}
    return {kind: found[f"Token{number}"] for number, kind in enumerate(KINDS)}


@pytest.fixture
def rollup(devnet):
    with devnet.anchor():
        yield devnet.rollup


@pytest.fixture
def alice(rollup, devnet):
    return devnet.user("alice")


@pytest.fixture
def ship(rollup, compiled, alice):
    """A token of a kind, 1009 of it alice's."""

    def deploy(kind):
        artifact = compiled[kind]
        token = rollup.l1.deploy(artifact.abi, artifact.bytecode, sender=alice)
        token.mint(alice, 1009, sender=alice)
        return token

    return deploy


TELLING = [kind for kind in KINDS if kind != "does not tell its allowances"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left", [0, 5])
def test_a_deposit_goes_through_whatever_allowance_was_left(rollup, alice, ship, kind, left):
    token = ship(kind)
    if left:
        token.approve(rollup.lock, left, sender=alice)
    rollup.deposit(token, 401, sender=alice)
    assert rollup.lock.locked(token) == alice.l2_balance(token) == 401


@pytest.mark.parametrize("kind", KINDS)
def test_a_deposit_goes_through_after_a_refused_one(rollup, alice, ship, kind):
    token = ship(kind)
    with reverts("TokenTransferFailed"):
        rollup.deposit(token, 1013, sender=alice)
    rollup.deposit(token, 401, sender=alice)
    assert rollup.lock.locked(token) == 401


@pytest.mark.parametrize("kind", [kind for kind in TELLING if kind != "refuses an approval of 0"])
@pytest.mark.parametrize("left", [0, 5])
def test_a_refused_deposit_leaves_the_allowance_that_was_there(rollup, alice, ship, kind, left):
    token = ship(kind)
    if left:
        token.approve(rollup.lock, left, sender=alice)
    with reverts("TokenTransferFailed"):
        rollup.deposit(token, 1013, sender=alice)
    assert token.allowance(alice, rollup.lock) == left
    assert rollup.lock.locked(token) == 0


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize(("allowance", "left"), [(401, 0), (503, 102), (2**256 - 1, 2**256 - 1)])
def test_nothing_is_approved_where_enough_is_allowed(rollup, alice, ship, kind, allowance, left):
    token = ship(kind)
    token.approve(rollup.lock, allowance, sender=alice)
    rollup.deposit(token, 401, sender=alice)
    assert (token.approvals(), token.allowance(alice, rollup.lock)) == (1, left)


def test_an_account_is_opened_without_an_approval(rollup, alice, ship):
    token = ship("plain")
    rollup.open_account(token, alice)
    assert token.approvals() == 0


def test_a_token_that_refuses_every_approval_refuses_the_deposit(rollup, alice, ship):
    token = ship("plain")
    with rollup.l1.mock(token.approve, reverts="never"), reverts("never"):
        rollup.deposit(token, 401, sender=alice)
    assert rollup.lock.locked(token) == 0
