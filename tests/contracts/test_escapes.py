"""Escapes: after a freeze, each account of the last proven state is paid to its owner, once."""

import pytest
from eth_utils import keccak
from tests.contracts.support import (
    CLAIM_KEY,
    ESCAPE_KEY,
    ETH,
    GENESIS_ROOT,
    KEYS,
    Escape,
    Exit,
    ship,
)

from zkrollup.crypto.field import R
from zkrollup.snark.verifier_contract import solidity_proof

ROOT = 5_000_011
EXIT_ROOT = 5_000_077


@pytest.fixture
def served(system):
    """501 wei in a proven batch, whose roots are ROOT and EXIT_ROOT."""
    system.settle(system.batch(entries=(system.deposit(501),)))
    return system


@pytest.fixture
def frozen(served):
    """The same, frozen for a request that nobody served."""
    served.freeze(served.request(0, 103))
    return served


@pytest.fixture
def escape(chain):
    return Escape(chain.accounts[5].address, ETH, 307)


def test_an_escape_pays_the_owner_whoever_sends_it(frozen, chain, escape):
    before = chain.balance(escape.owner)
    event = frozen.escape(escape, ROOT, sender=chain.accounts[9]).event("Escaped")
    assert event.args == {
        "nullifier": escape.nullifier,
        "owner": escape.owner,
        "token": ETH,
        "amount": 307,
    }
    assert chain.balance(escape.owner) - before == 307
    assert frozen.lock.locked(ETH) == chain.balance(frozen.lock) == 501 - 307
    assert frozen.rollup.isClaimed(escape.nullifier)


def test_nobody_escapes_from_a_rollup_that_runs(served, escape, reverts):
    with reverts("NotFrozen"):
        served.escape(escape, ROOT)
    entry = served.request(0, 103)
    served.travel_beyond(entry)
    served.chain.mine()
    with reverts("NotFrozen"):  # overdue is not yet frozen
        served.escape(escape, ROOT)
    served.rollup.freeze(entry.struct)
    served.escape(escape, ROOT)


def test_an_account_escapes_once_whatever_proof_comes_with_it(frozen, escape, reverts):
    frozen.escape(escape, ROOT)
    other = solidity_proof(ESCAPE_KEY.prove(escape.public(ROOT, frozen.domain), a=3_000_047))
    for proof in (escape.arguments(ROOT, frozen.domain)[-1], other):
        with reverts("AlreadyClaimed", nullifier=escape.nullifier):
            frozen.rollup.escape(escape.nullifier, escape.owner, ETH, 307, proof)
    assert frozen.lock.locked(ETH) == 501 - 307


def test_a_second_name_of_a_spent_nullifier_is_refused(frozen, escape, reverts):
    frozen.escape(escape, ROOT)
    with reverts("NotInField", value=escape.nullifier + R):
        frozen.escape(Escape(escape.owner, ETH, 107, nullifier=escape.nullifier + R), ROOT)
    frozen.escape(Escape(escape.owner, ETH, 107, nullifier=R - 1), ROOT)


@pytest.mark.parametrize("field", ["nullifier", "owner", "token", "amount"])
def test_an_escape_with_any_value_changed_is_refused(frozen, chain, escape, reverts, field):
    arguments = list(escape.arguments(ROOT, frozen.domain))
    changed = {
        "nullifier": escape.nullifier + 1,
        "owner": chain.accounts[8].address,
        "token": ship(chain, "TestToken", "Test", "TST", 6).address,
        "amount": escape.amount + 1,
    }
    arguments[list(changed).index(field)] = changed[field]
    with reverts("InvalidProof"):
        frozen.rollup.escape(*arguments)
    assert not frozen.rollup.isClaimed(arguments[0])
    assert frozen.lock.locked(ETH) == 501


@pytest.mark.parametrize("root", [GENESIS_ROOT, EXIT_ROOT, ROOT + 1_000, ROOT + 1])
def test_an_escape_from_another_root_than_the_last_proven_is_refused(served, escape, reverts, root):
    # ROOT + 1_000 is that of a batch which was committed and never proven.
    entry = served.request(0, 103)
    committed = served.batch(new_root=ROOT, entries=()).following(entries=(entry,), queue_start=1)
    served.commit(committed)
    assert served.rollup.committedRoot() == ROOT + 1_000
    served.freeze(entry)
    with reverts("InvalidProof"):
        served.escape(escape, root)
    served.escape(escape, ROOT)


def test_where_nothing_was_ever_proven_the_root_is_the_first(system, chain, escape, reverts):
    system.freeze(system.deposit(501))
    with reverts("InvalidProof"):
        system.escape(escape, ROOT)
    # No account stands in an empty tree; whose genesis has some, pays what a proof shows.
    system.escape(escape, GENESIS_ROOT)
    assert system.lock.locked(ETH) == 501 - 307


def test_an_escape_from_another_rollup_is_refused(frozen, escape, reverts):
    with reverts("InvalidProof"):
        frozen.rollup.escape(*escape.arguments(ROOT, frozen.domain + 1))


def test_a_claims_proof_is_no_escapes_and_the_other_way_round(frozen, escape, reverts):
    # The same six inputs; what they mean differs with the circuit, so the keys do.
    public = escape.public(ROOT, frozen.domain)
    with reverts("InvalidProof"):
        frozen.rollup.escape(
            *escape.arguments(ROOT, frozen.domain)[:4], solidity_proof(CLAIM_KEY.prove(public))
        )
    exit_ = Exit(escape.owner, ETH, 207)
    public = exit_.public(EXIT_ROOT, frozen.domain)
    with reverts("InvalidProof"):
        frozen.rollup.claim(
            1, exit_.nullifier, escape.owner, ETH, 207, solidity_proof(ESCAPE_KEY.prove(public))
        )
    frozen.escape(escape, ROOT)
    frozen.claim(Exit(escape.owner, ETH, 103), EXIT_ROOT)


def test_claims_and_escapes_spend_from_one_list(frozen, escape, reverts):
    # The two kinds of nullifier never meet; if they did, nobody would be paid twice.
    frozen.claim(Exit(escape.owner, ETH, 103, nullifier=escape.nullifier), EXIT_ROOT)
    with reverts("AlreadyClaimed", nullifier=escape.nullifier):
        frozen.escape(escape, ROOT)


def test_an_account_of_nothing_is_spent_without_a_payment(frozen, chain, escape):
    before = chain.balance(escape.owner)
    frozen.escape(Escape(escape.owner, ETH, 0), ROOT)
    assert chain.balance(escape.owner) == before
    assert frozen.rollup.isClaimed(escape.nullifier)


def test_an_escape_of_more_than_is_locked_is_refused(frozen, escape, reverts):
    with reverts("InsufficientLocked", token=ETH, locked=501, amount=502):
        frozen.escape(Escape(escape.owner, ETH, 502), ROOT)
    assert not frozen.rollup.isClaimed(escape.nullifier)


@pytest.mark.node
def test_eth_that_the_owner_refuses_becomes_a_credit(frozen, chain, deploy_compiled, reverts):
    owner = deploy_compiled("FussyReceiver")
    escape = Escape(owner.address, ETH, 307)
    assert frozen.escape(escape, ROOT).event("CreditAdded").args == {
        "recipient": owner.address,
        "amount": 307,
    }
    assert frozen.lock.locked(ETH) == chain.balance(frozen.lock) == 501
    with reverts("AlreadyClaimed", nullifier=escape.nullifier):
        frozen.escape(escape, ROOT)
    owner.setRefusing(False)
    frozen.lock.withdrawCredit(owner.address)
    assert chain.balance(owner) == 307
    assert frozen.lock.locked(ETH) == 501 - 307


@pytest.fixture
def make_frozen_token(system, chain, deploy_compiled):
    """A rollup that holds 501 of an odd token, frozen."""

    def make(name):
        token = deploy_compiled(name)
        token.mint(chain.accounts[2].address, 1_000)
        system.settle(system.batch(entries=(system.deposit_token(token, 501),)))
        system.freeze(system.request(0, 103))
        return token

    return make


@pytest.mark.node
def test_an_escape_waits_while_its_token_is_paused(system, chain, make_frozen_token, reverts):
    token = make_frozen_token("PausableToken")
    escape = Escape(chain.accounts[5].address, token.address, 307)
    token.setPaused(True)
    with reverts("TokenTransferFailed", token=token.address):
        system.escape(escape, ROOT)
    assert not system.rollup.isClaimed(escape.nullifier)
    token.setPaused(False)
    system.escape(escape, ROOT)
    assert token.balanceOf(escape.owner) == 307
    assert system.lock.locked(token.address) == 501 - 307


# Reentrancy


ENTRANCES = ["escape", "claim", "refund", "credit", "release"]


@pytest.mark.node
@pytest.mark.parametrize("name", ENTRANCES)
def test_an_owner_cannot_come_back_while_it_is_paid(served, chain, deploy_compiled, name):
    owner = deploy_compiled("ReentrantReceiver")
    unserved = served.deposit(67, key=KEYS[1], owner=owner.address)
    served.freeze(unserved)
    first, second = Escape(owner.address, ETH, 307), Escape(owner.address, ETH, 101, nullifier=7_000_127)
    exit_ = Exit(owner.address, ETH, 11)
    target, arguments = {
        "escape": (served.rollup, second.arguments(ROOT, served.domain)),
        "claim": (served.rollup, exit_.arguments(EXIT_ROOT, served.domain)),
        "refund": (served.rollup, (1, unserved.struct)),
        "credit": (served.lock, (owner.address,)),
        "release": (served.lock, (ETH, owner.address, 11)),
    }[name]
    data = target.encode({"credit": "withdrawCredit"}.get(name, name), *arguments)
    owner.setCallback(target.address, data)
    served.escape(first, ROOT)
    assert owner.called()
    assert not owner.succeeded()
    assert owner.answer() == keccak(text="Reentrancy()")[:4]
    assert chain.balance(owner) == 307
    assert not served.rollup.isClaimed(second.nullifier)
    assert not served.rollup.isRefunded(1)

    # Outside, the same is paid.
    owner.setCallback(ETH, b"")
    served.escape(second, ROOT)
    served.claim(exit_, EXIT_ROOT)
    served.refund(1, unserved)
    assert chain.balance(owner) == 307 + 101 + 11 + 67


@pytest.mark.node
def test_a_token_cannot_repeat_an_escape_while_it_pays(system, chain, make_frozen_token, reverts):
    token = make_frozen_token("CallbackToken")
    escape = Escape(chain.accounts[5].address, token.address, 307)
    repeated = system.rollup.encode("escape", *escape.arguments(ROOT, system.domain))
    token.setCallback(system.rollup.address, repeated)
    spent = keccak(text="AlreadyClaimed(uint256)")[:4] + escape.nullifier.to_bytes(32, "big")
    with reverts("TokenTransferFailed", token=token.address, answer=spent):
        system.escape(escape, ROOT)
    assert system.lock.locked(token.address) == 501


def test_gas_of_freeze_and_escape(served, escape, snapshot_value):
    entry = served.request(0, 103)
    with served.chain.anchor():
        served.commit(served.batch(new_root=ROOT, entries=()).following(entries=(entry,), queue_start=1))
        snapshot_value("freeze over an unproven batch", served.freeze(entry).gas_used)
    snapshot_value("freeze", served.freeze(entry).gas_used)
    snapshot_value("escape ETH", served.escape(escape, ROOT).gas_used)
