"""What the queue gives back after a freeze, and who gets the fee of a forced withdrawal: one of two, once."""

from dataclasses import fields, replace

import pytest
from tests.contracts.support import ETH, FORCED_FEE, KEYS, Entry, deploy, queued, ship

from zkrollup.evm import Chain

# Refunds of deposits


@pytest.fixture
def served(system):
    """The entry 0 is proven."""
    system.settle(system.batch(entries=(system.deposit(501),)))
    return system


def test_a_deposit_that_nobody_proved_goes_back_to_its_accounts_owner(served, chain):
    owner = chain.accounts[5].address
    entry = served.deposit(307, owner=owner)
    served.freeze(entry)
    before = chain.balance(owner)
    event = served.refund(1, entry, sender=chain.accounts[9]).event("Refunded")
    assert event.args == {"index": 1, "owner": owner, "token": ETH, "amount": 307}
    assert chain.balance(owner) - before == 307
    assert served.rollup.isRefunded(1)
    assert served.lock.locked(ETH) == chain.balance(served.lock) == 501


def test_tokens_go_back_as_tokens(served, chain):
    token = ship(chain, "TestToken", "Test", "TST", 6)
    depositor = chain.accounts[2]
    token.mint(depositor.address, 307)
    token.approve(served.lock.address, 307, sender=depositor)
    entry = served.deposit_token(token, 307)
    served.freeze(entry)
    assert served.refund(1, entry).event("Refunded").args["token"] == token.address
    assert token.balanceOf(depositor.address) == 307
    assert (served.lock.locked(token.address), served.lock.locked(ETH)) == (0, 501)


def test_each_entry_is_given_back_once(served, chain, reverts):
    entries = [served.deposit(307 + i, key=KEYS[i]) for i in range(3)]
    served.freeze(entries[0])
    served.refund(2, entries[1])
    with reverts("AlreadyRefunded", index=2):
        served.refund(2, entries[1])
    assert served.lock.locked(ETH) == 501 + 307 + 309
    served.refund(3, entries[2])
    served.refund(1, entries[0])
    assert served.lock.locked(ETH) == 501


def test_nothing_is_given_back_while_the_rollup_runs(served, reverts):
    entry = served.deposit(307)
    with reverts("NotFrozen"):
        served.refund(1, entry)
    served.travel_beyond(entry)
    served.chain.mine()
    with reverts("NotFrozen"):
        served.refund(1, entry)
    served.rollup.freeze(entry.struct)
    served.refund(1, entry)


def test_what_a_proven_batch_took_is_not_given_back(system, reverts):
    taken, left = system.deposit(501), system.deposit(307)
    system.settle(system.batch(entries=(taken,)))
    system.freeze(left)
    with reverts("NotRefundable", index=0, provenQueue=1, length=2):
        system.refund(0, taken)
    with reverts("NotRefundable", index=2, provenQueue=1, length=2):
        system.refund(2, left)
    system.refund(1, left)


def test_what_an_unproven_batch_took_is_given_back(system):
    entry = system.deposit(501)
    system.commit(system.batch(entries=(entry,)))
    system.freeze(entry)
    system.refund(0, entry)
    assert system.lock.locked(ETH) == 0


@pytest.mark.parametrize("field", [field.name for field in fields(Entry)])
@pytest.mark.parametrize("kind", ["deposit", "request"])
def test_only_the_queues_own_entry_is_given_back(served, chain, reverts, kind, field):
    entry = served.deposit(307) if kind == "deposit" else served.request(0, 307)
    served.freeze(entry)
    other = {"op": 5 - entry.op, "owner": chain.accounts[8].address, "token": served.lock.address}.get(field)
    with reverts("QueueMismatch", start=1, count=1):
        served.refund(1, replace(entry, **{field: other or getattr(entry, field) + 1}))
    assert not served.rollup.isRefunded(1)
    served.refund(1, entry)


def test_an_entry_is_given_back_at_its_own_place_only(served, reverts):
    entries = [served.deposit(307), served.deposit(103, key=KEYS[1])]
    served.freeze(entries[0])
    for index in (1, 2):
        with reverts("QueueMismatch", start=index, count=1):
            served.refund(index, entries[2 - index])
    for index in (1, 2):
        served.refund(index, entries[index - 1])


def test_a_deposit_of_nothing_is_given_back_as_nothing(served, chain, reverts):
    entry = served.deposit(0)
    served.freeze(entry)
    before = chain.balance(entry.owner)
    assert served.refund(1, entry).event("Refunded").args["amount"] == 0
    assert chain.balance(entry.owner) == before
    with reverts("AlreadyRefunded", index=1):
        served.refund(1, entry)


@pytest.mark.node
def test_eth_that_the_owner_refuses_becomes_a_credit(served, chain, deploy_compiled, reverts):
    owner = deploy_compiled("FussyReceiver")
    entry = served.deposit(307, owner=owner.address)
    served.freeze(entry)
    receipt = served.refund(1, entry)
    assert receipt.event("CreditAdded").args == {"recipient": owner.address, "amount": 307}
    with reverts("AlreadyRefunded", index=1):
        served.refund(1, entry)
    assert served.lock.locked(ETH) == 501 + 307


@pytest.mark.node
def test_a_deposit_waits_while_its_token_is_paused(served, chain, deploy_compiled, reverts):
    token = deploy_compiled("PausableToken")
    token.mint(chain.accounts[2].address, 307)
    entry = served.deposit_token(token, 307)
    served.freeze(entry)
    token.setPaused(True)
    with reverts("TokenTransferFailed", token=token.address):
        served.refund(1, entry)
    assert not served.rollup.isRefunded(1)
    token.setPaused(False)
    served.refund(1, entry)
    assert token.balanceOf(chain.accounts[2].address) == 307


# Fees of forced withdrawals, unproven


def test_the_fee_of_an_unproven_request_goes_back_to_who_asked(served, chain):
    requester = chain.accounts[4]
    entry = served.request(0, 103, sender=requester)
    served.freeze(entry)
    before = chain.balance(requester.address)
    event = served.refund(1, entry, sender=chain.accounts[9]).event("Refunded")
    assert event.args == {"index": 1, "owner": requester.address, "token": ETH, "amount": FORCED_FEE}
    assert chain.balance(requester.address) - before == FORCED_FEE
    assert chain.balance(served.rollup) == 0
    assert served.lock.locked(ETH) == chain.balance(served.lock) == 501


def test_a_fee_is_given_back_once(served, chain, reverts):
    first, second = served.request(0, 103), served.request(0, 107)
    served.freeze(first)
    served.refund(1, first)
    with reverts("AlreadyRefunded", index=1):
        served.refund(1, first)
    assert chain.balance(served.rollup) == FORCED_FEE
    served.refund(2, second)
    assert chain.balance(served.rollup) == 0


def ask(system, contract, amount):
    """A contract asks for a forced withdrawal."""
    system.chain.set_balance(contract.address, FORCED_FEE)
    with system.chain.impersonate(contract.address) as requester:
        return system.request(0, amount, sender=requester)


@pytest.mark.node
def test_a_requester_that_refuses_its_fee_can_have_it_later(served, chain, deploy_compiled, reverts):
    requester = deploy_compiled("FussyReceiver")
    entry = ask(served, requester, 103)
    served.freeze(entry)
    with reverts("NotDelivered", receiver=requester.address, amount=FORCED_FEE):
        served.refund(1, entry)
    assert not served.rollup.isRefunded(1)
    assert chain.balance(served.rollup) == FORCED_FEE
    requester.setRefusing(False)
    served.refund(1, entry)
    assert chain.balance(requester) == FORCED_FEE


@pytest.mark.node
def test_a_requester_cannot_take_its_fee_twice_by_calling_back(served, chain, deploy_compiled):
    requester = deploy_compiled("ReentrantReceiver")
    entry, other = ask(served, requester, 103), served.request(0, 107)
    served.freeze(entry)
    requester.setCallback(served.rollup.address, served.rollup.encode("refund", 1, entry.struct))
    served.refund(1, entry)
    assert requester.called()
    assert not requester.succeeded()
    assert chain.balance(requester) == FORCED_FEE == chain.balance(served.rollup)
    served.refund(2, other)


# Fees of forced withdrawals, proven


@pytest.fixture
def earning(system, chain):
    """Two requests proven and one not."""
    entries = [system.request(i, 501 + i, sender=chain.accounts[3 + i]) for i in range(3)]
    system.settle(system.batch(entries=(entries[0], entries[1])))
    return system, entries


def test_the_operator_is_paid_for_what_it_proved_whoever_asks(earning, chain):
    system, entries = earning
    before = chain.balance(system.operator.address)
    event = system.collect(entries[1], sender=chain.accounts[9]).event("ForcedFeesCollected")
    assert event.args == {"amount": 2 * FORCED_FEE}
    assert chain.balance(system.operator.address) - before == 2 * FORCED_FEE
    assert system.rollup.forcedFeesCollected() == 2 * FORCED_FEE
    assert chain.balance(system.rollup) == FORCED_FEE


def test_a_fee_is_collected_once(earning, chain, reverts):
    system, entries = earning
    system.collect(entries[1])
    with reverts("NothingEarned", provenQueue=2):
        system.collect(entries[1])
    system.settle(system.batch().following(old_root=5_000_011, queue_start=2, entries=(entries[2],)))
    assert system.collect(entries[2]).event("ForcedFeesCollected").args == {"amount": FORCED_FEE}
    assert chain.balance(system.rollup) == 0


@pytest.mark.parametrize("index", [0, 2])
def test_fees_are_counted_by_the_last_proven_entry_only(earning, reverts, index):
    system, entries = earning
    with reverts("QueueMismatch", start=1, count=1):
        system.collect(entries[index])
    for count in (0, 1, 3, 1_009):
        with reverts("QueueMismatch", start=1, count=1):
            system.collect(replace(entries[1], forced_count=count))
    system.collect(entries[1])


def test_nothing_is_earned_by_committing(system, reverts):
    entry = system.request(0, 501)
    system.commit(system.batch(entries=(entry,)))
    with reverts("NothingEarned", provenQueue=0):
        system.collect(entry)
    system.prove(system.batch(entries=(entry,)))
    system.collect(entry)


def test_a_deposit_after_requests_still_tells_how_many_there_were(system, chain):
    entries = (system.request(0, 501), system.deposit(307), system.deposit(103))
    system.settle(system.batch(entries=entries))
    assert system.collect(entries[2]).event("ForcedFeesCollected").args == {"amount": FORCED_FEE}


def test_where_only_deposits_are_proven_nothing_is_earned(system, reverts):
    entry = system.deposit(501)
    system.settle(system.batch(entries=(entry,)))
    system.request(0, 103)
    with reverts("NothingEarned", provenQueue=1):
        system.collect(entry)


def test_after_a_freeze_each_fee_goes_to_one_of_the_two(earning, chain, reverts):
    system, entries = earning
    system.freeze(entries[2])
    operator, requester = system.operator.address, entries[2].owner
    before = chain.balance(operator), chain.balance(requester)
    system.refund(2, entries[2])
    system.collect(entries[1])
    for index in (0, 1):
        with reverts("NotRefundable", index=index):
            system.refund(index, entries[index])
    with reverts("QueueMismatch", start=1, count=1):
        system.collect(entries[2])
    assert (chain.balance(operator), chain.balance(requester)) == (
        before[0] + 2 * FORCED_FEE,
        before[1] + FORCED_FEE,
    )
    assert chain.balance(system.rollup) == 0


@pytest.mark.node
@pytest.mark.parametrize("receiver", ["FussyReceiver", "ReentrantReceiver"])
def test_an_operator_that_is_a_contract_is_paid_once_and_when_it_accepts(compiled, reverts, receiver):
    chain = Chain()
    operator = chain.deploy(compiled[receiver].abi, compiled[receiver].bytecode)
    system = deploy(chain, operator=operator.address)
    entry = system.request(0, 501)
    with chain.impersonate(operator.address) as sender:
        system.commit(system.batch(entries=(entry,)), sender=sender)
    system.prove(system.batch(entries=(entry,)))
    if receiver == "FussyReceiver":
        with reverts("NotDelivered", receiver=operator.address, amount=FORCED_FEE):
            system.collect(entry)
        assert system.rollup.forcedFeesCollected() == 0
        operator.setRefusing(False)
    else:
        again = system.rollup.encode("collectForcedFees", entry.struct)
        operator.setCallback(system.rollup.address, again)
    system.collect(entry)
    assert chain.balance(operator) == FORCED_FEE
    assert chain.balance(system.rollup) == 0


def test_gas_of_requests_refunds_and_fees(system, snapshot_value):
    first = system.rollup.requestForcedWithdrawal(3, 501, value=FORCED_FEE)
    snapshot_value("request forced withdrawal, first of all", first.gas_used)
    another = system.rollup.requestForcedWithdrawal(3, 307, value=FORCED_FEE)
    snapshot_value("request forced withdrawal, another", another.gas_used)
    batch = system.batch(entries=(queued(first),))
    system.settle(batch)
    snapshot_value("collect forced fees, first of all", system.collect(queued(first)).gas_used)
    deposit = system.deposit(103)
    system.freeze(queued(another))
    snapshot_value("refund forced fee", system.refund(1, queued(another)).gas_used)
    snapshot_value("refund deposit of ETH", system.refund(2, deposit).gas_used)
