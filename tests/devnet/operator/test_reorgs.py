"""L1 takes back what it had: the operator goes back as far as it must, and recovers, at each phase."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lifecycle.support import STRANGER, assert_solvent, cast

from pytest_zkrollup import reverts
from zkrollup.devnet import ETH, Devnet
from zkrollup.evm import Chain, UnknownSnapshot
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.following import InvalidConfirmations
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.operator import ForeignCommit, NotSettled, Operator, StaleBatch
from zkrollup.snark.modes import ProofMode


@pytest.fixture(scope="module")
def mocked():
    """Who proves does not matter here, nor how: what L1 takes back does."""
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def actors(mocked):
    with mocked.anchor():
        yield cast(mocked)


def depth_since(actors, block):
    return actors.l1.block_number - block


def reorganise(actors, block, transactions=None):
    """Replaces all of L1's blocks after ``block``."""
    return actors.l1.reorg(depth_since(actors, block), transactions=transactions)


def nothing(_):
    return []


def deposits(actors, *amounts):
    for user, amount in zip((actors.alice, actors.bob, actors.carol), amounts, strict=False):
        actors.rollup.deposit(ETH, amount, sender=user)


def owned(actors, user):
    return actors.operator.ledger.balance_of(int(user.address, 16), ETH)


def mirrored(actors):
    """The Mint's balances are those of the proven ledger."""
    settled = actors.operator.state.settled
    if ETH not in actors.operator.mirror.state.mints:
        return all(not batch.sealed.trace.after.accounts for batch in settled)
    ledger, mint = settled[-1].sealed.trace.after, actors.rollup.mint(ETH)
    users = (actors.alice, actors.bob, actors.carol)
    return [mint.balanceOf(u) for u in users] == [ledger.balance_of(int(u.address, 16), ETH) for u in users]


# Deposits


def test_a_deposit_that_vanishes_is_taken_out_again(actors):
    deposits(actors, 1009)
    block = actors.l1.block_number
    actors.rollup.deposit(ETH, 11, sender=actors.bob)
    assert owned(actors, actors.bob) == 11
    reorganise(actors, block, nothing)
    actors.operator.sync()
    assert (owned(actors, actors.alice), owned(actors, actors.bob)) == (1009, 0)
    assert actors.operator.sequencer.queue_seen == 1
    actors.rollup.settle()
    assert_solvent(actors.rollup, ETH)


def test_a_batch_sealed_on_a_vanished_deposit_is_discarded_and_its_operations_wait_again(actors):
    rollup, operator = actors.rollup, actors.operator
    deposits(actors, 1009, 503)
    rollup.settle()
    block = actors.l1.block_number
    rollup.deposit(ETH, 13, sender=actors.carol)
    rollup.transfer(ETH, 107, sender=actors.alice, to=actors.bob)
    rollup.transfer(ETH, 109, sender=actors.bob, to=actors.alice)
    (gone,) = operator.state.sealed
    reorganise(actors, block, nothing)
    operator.sync()
    assert operator.state.recovery.discarded == (gone,)
    assert [pooled.operation.amount for pooled in operator.sequencer.pool] == [107, 109]
    with pytest.raises(StaleBatch):
        operator.prove(gone)
    rollup.settle()
    assert (owned(actors, actors.alice), owned(actors, actors.bob)) == (1011, 501)
    assert mirrored(actors)
    assert_solvent(rollup, ETH)


def test_a_batch_survives_where_its_deposits_come_back_in_other_blocks(actors):
    operator = actors.operator
    block = actors.l1.block_number
    deposits(actors, 1009, 503, 307)
    (before,) = operator.state.sealed
    proven = operator.prove(before)
    reorganise(actors, block)
    operator.sync()
    (after,) = operator.state.sealed
    assert operator.state.recovery.discarded == ()
    assert after.instance == before.instance
    assert [e.expiry for e in after.queued] != [e.expiry for e in before.queued]
    operator.commit(before)  # the entries that L1 asks for are those that it has now
    assert operator.prove(after).proof is proven.proof
    assert operator.finalize(proven).number == 1


def test_a_transfer_does_not_pay_whoever_gets_its_receivers_index(actors):
    rollup, operator = actors.rollup, actors.operator
    deposits(actors, 1009)
    block = actors.l1.block_number
    rollup.open_account(ETH, actors.bob)
    rollup.open_account(ETH, actors.carol)
    rollup.transfer(ETH, 407, sender=actors.alice, to=actors.bob)
    rollup.settle()
    assert owned(actors, actors.bob) == 407
    reorganise(
        actors, block, lambda old: [t for t in old if t.sender in senders(actors.bob, actors.carol)][::-1]
    )
    assert rollup.account_index(ETH, actors.carol) == 1  # which was bob's
    (end,) = operator.state.recovery.evicted
    assert (end.rule, end.pooled.operation.amount) == ("signature", 407)
    rollup.settle()
    assert [owned(actors, user) for user in (actors.alice, actors.bob, actors.carol)] == [1009, 0, 0]
    assert mirrored(actors)


def senders(*users):
    return [bytes.fromhex(user.address[2:]) for user in users]


def test_an_operation_whose_receiver_vanished_waits_until_its_deposit_comes_back(actors):
    rollup, operator = actors.rollup, actors.operator
    deposits(actors, 1009)
    block = actors.l1.block_number
    rollup.open_account(ETH, actors.bob)
    rollup.transfer(ETH, 407, sender=actors.alice, to=actors.bob)
    rollup.transfer(ETH, 5, sender=actors.alice, to=actors.alice)
    reorganise(actors, block, nothing)
    operator.sync()
    assert [end.pooled.operation.amount for end in operator.sequencer.evicted] == [407]
    rollup.open_account(ETH, actors.bob)
    assert operator.sequencer.evicted == ()
    rollup.settle()
    assert (owned(actors, actors.alice), owned(actors, actors.bob)) == (602, 407)


def test_one_operation_that_cannot_come_back_yet_keeps_none_after_it_out(actors):
    rollup, operator = actors.rollup, actors.operator
    deposits(actors, 1009)
    block = actors.l1.block_number
    for user in (actors.bob, actors.carol):
        rollup.open_account(ETH, user)
    with operator.gathering():
        rollup.transfer(ETH, 5, sender=actors.alice, to=actors.alice)
        rollup.transfer(ETH, 407, sender=actors.alice, to=actors.carol)
        rollup.transfer(ETH, 11, sender=actors.alice, to=actors.bob)
        reorganise(actors, block, nothing)
        operator.sync()
        assert [end.pooled.operation.amount for end in operator.sequencer.evicted] == [407, 11]
        rollup.open_account(ETH, actors.bob)
        assert [end.pooled.operation.amount for end in operator.sequencer.evicted] == [407]
        assert [pooled.operation.amount for pooled in operator.sequencer.pool] == [5, 11]


def test_fees_are_not_paid_to_whoever_gets_the_operators_index(actors):
    rollup, operator = actors.rollup, actors.operator
    deposits(actors, 1009)
    block = actors.l1.block_number
    taker = operator.collect_fees(ETH)
    rollup.open_account(ETH, actors.carol)
    rollup.transfer(ETH, 3, sender=actors.alice, to=actors.alice, fee=7)
    reorganise(actors, block, lambda old: [t for t in old if t.sender in senders(actors.carol)])
    operator.sync()
    assert rollup.account_index(ETH, actors.carol) == taker
    assert operator.state.recovery.fee_account_lost
    assert operator.fee_account is None
    assert [end.pooled.operation.fee for end in operator.sequencer.blocked] == [7]
    operator.collect_fees(ETH)
    rollup.settle()
    assert owned(actors, actors.carol) == 0
    assert owned(actors, actors.operator_account) == 7


# Confirmations


def test_deposits_are_taken_in_once_they_have_their_confirmations(actors):
    operator = actors.operator
    operator.confirmations = 3
    deposits(actors, 1009)
    actors.l1.mine(2)
    assert (operator.sync(), owned(actors, actors.alice)) == (0, 0)
    actors.l1.mine()
    assert (operator.sync(), owned(actors, actors.alice)) == (1, 1009)


def test_a_shallow_reorg_takes_nothing_from_who_waits_for_confirmations(actors):
    operator = actors.operator
    operator.confirmations = 3
    deposits(actors, 1009, 503)
    actors.l1.mine(2)
    operator.sync()
    assert operator.sequencer.queue_seen == 1
    actors.l1.reorg(3, transactions=nothing)
    operator.sync()
    assert operator.state.recovery.discarded == ()
    assert operator.sequencer.queue_seen == 1
    actors.l1.mine(3)
    operator.sync()
    actors.rollup.settle()
    assert (owned(actors, actors.alice), owned(actors, actors.bob)) == (1009, 0)


@pytest.mark.parametrize("value", [-1, 1.5, True, "3"])
def test_a_confirmation_depth_is_a_whole_number_of_blocks(actors, value):
    with pytest.raises(InvalidConfirmations) as refusal:
        actors.operator.confirmations = value
    assert refusal.value.value == value
    assert actors.operator.confirmations == 0


# Commits


@pytest.fixture
def sealed(actors):
    """Batch 1 of three deposits is settled, batch 2 of three transfers is sealed and proved."""
    deposits(actors, 1009, 503, 307)
    actors.rollup.settle()
    for amount in (11, 13, 17):
        actors.rollup.transfer(ETH, amount, sender=actors.alice, to=actors.bob)
    (batch,) = actors.operator.state.sealed
    return actors.operator.prove(batch)


def test_a_commit_that_vanishes_is_sent_again(actors, sealed):
    operator, block = actors.operator, actors.l1.block_number
    operator.commit(sealed.sealed)
    reorganise(actors, block, nothing)
    assert operator.bridge.committed == 1
    settled = operator.settle()
    assert settled.sealed.instance == sealed.sealed.instance
    assert actors.rollup.contract.provenBatches() == 2


def test_a_commit_that_comes_back_is_not_sent_twice(actors, sealed):
    operator, block = actors.operator, actors.l1.block_number
    operator.commit(sealed.sealed)
    reorganise(actors, block)
    nonce = actors.l1.nonce(actors.operator_account)
    operator.settle()
    assert actors.l1.nonce(actors.operator_account) == nonce + 1  # the proof


def test_a_later_batch_that_was_committed_in_an_earlier_ones_place_is_dropped(actors, sealed):
    rollup, operator = actors.rollup, actors.operator
    for amount in (19, 23, 29):
        rollup.transfer(ETH, amount, sender=actors.bob, to=actors.alice)
    second = operator.state.sealed[1]
    operator.bridge.commit(second)  # L1 cannot tell that this is batch 3's data
    assert operator.bridge.committed == 2
    with pytest.raises(ForeignCommit) as refusal:
        operator.commit(second)
    assert refusal.value.number == 2
    assert operator.settle().sealed.instance == second.instance
    (dropped,) = actors.l1.logs(address=rollup.contract, event="BatchesReverted")
    assert (dropped["first"], dropped["last"]) == (2, 2)
    assert_solvent(rollup, ETH)


def test_somebody_elses_commit_under_the_operators_name_is_dropped(actors, sealed):
    operator = actors.operator
    operator.post_wrong_root(sealed.sealed, root=12345)
    assert operator.settle().root_after == actors.rollup.contract.stateRoot() == sealed.sealed.root_after


# Proofs


def test_a_proof_that_vanishes_is_sent_again_and_was_made_once(actors, sealed):
    operator, made = actors.operator, []
    operator.commit(sealed.sealed)
    block = actors.l1.block_number
    operator.finalize(sealed)
    assert mirrored(actors)
    reorganise(actors, block, nothing)
    operator.sync()
    assert operator.state.recovery.unsettled == (2,)
    assert [batch.number for batch in operator.state.sealed] == [2]
    assert (len(operator.state.settled), mirrored(actors)) == (1, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(operator.prover), "make_batch", lambda *_, **__: made.append(1))
        operator.settle()
    assert (made, mirrored(actors)) == ([], True)
    assert actors.rollup.contract.provenBatches() == 2


def test_an_exit_of_a_batch_that_vanished_cannot_be_claimed_until_it_is_proven_again(actors, sealed):
    rollup, operator = actors.rollup, actors.operator
    operator.settle()
    exit_ = rollup.withdraw(ETH, 103, sender=actors.alice, recipient=STRANGER)
    block = actors.l1.block_number
    rollup.settle()
    proof = exit_.prove()
    reorganise(actors, block, nothing)
    with reverts("BatchNotProven", batch=3):
        operator.bridge.claim(proof, sender=actors.carol)
    with pytest.raises(NotSettled):
        exit_.prove()
    rollup.settle()
    exit_.claim(sender=actors.carol)
    assert actors.l1.balance(STRANGER) == 103


def test_layer_2s_chain_goes_back_with_the_mints(actors, sealed):
    operator, l2 = actors.operator, actors.devnet.l2
    height = l2.block_number
    operator.commit(sealed.sealed)
    block = actors.l1.block_number
    operator.finalize(sealed)
    later = l2.snapshot()
    reorganise(actors, block, nothing)
    operator.sync()
    assert l2.block_number == height
    with pytest.raises(UnknownSnapshot):
        l2.revert(later)


def test_everything_since_genesis_can_vanish_and_come_again(actors, sealed):
    rollup, operator, l1 = actors.rollup, actors.operator, actors.l1
    operator.settle()
    first = l1.logs(address=rollup.contract, event="DepositQueued")[0].block_number
    reorganise(actors, first - 1, nothing)
    operator.sync()
    assert (operator.state.settled, operator.state.sealed) == ((), ())
    assert len(operator.sequencer.evicted) == 3
    assert mirrored(actors)
    deposits(actors, 1009, 503, 307)
    assert operator.sequencer.evicted == ()
    rollup.settle()
    assert [owned(actors, user) for user in (actors.alice, actors.bob, actors.carol)] == [968, 544, 307]
    assert mirrored(actors)
    assert_solvent(rollup, ETH)


# Others


def rival(actors):
    """Another operator with the same L1 account, which knows nothing yet."""
    operator = actors.operator
    l2 = Chain(31_340, lock=operator.exclusive)
    mirror = Mirror(l2, operator.bridge.operator, operator.mirror._describe)
    bridge = Bridge(actors.l1, operator.bridge.contracts, operator.bridge.operator)
    return Operator(bridge, mirror, operator.prover)


def test_an_operator_that_starts_later_takes_over_from_l1_alone(actors, sealed):
    actors.operator.settle()
    other = rival(actors)
    other.sync()
    assert other.state.recovery.adopted == (1, 2)
    assert dict(other.ledger.accounts) == dict(actors.operator.ledger.accounts)
    assert other.mirror.mint(ETH).balanceOf(actors.alice) == 968


def test_what_another_operator_proved_is_taken_over_and_nothing_is_executed_twice(actors, sealed):
    rollup, operator = actors.rollup, actors.operator
    transfers = operator.state.sealed[0].signed
    other = rival(actors)
    for transfer in transfers[:2]:
        other.submit(transfer)
    other.settle()
    rollup.deposit(ETH, 5, sender=actors.carol)
    assert operator.state.recovery.adopted == (2,)
    assert [end.rule for end in operator.sequencer.evicted] == ["nonce", "nonce"]
    rollup.settle()
    assert [owned(actors, user) for user in (actors.alice, actors.bob)] == [968, 544]
    assert mirrored(actors)
    assert_solvent(rollup, ETH)


# All of it


STEPS = st.sampled_from(
    ["deposit", "transfer", "withdraw", "force", "seal", "commit", "settle", "lose", "shuffle", "repeat"]
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(STEPS, st.integers(0, 2), st.integers(1, 5)), min_size=4, max_size=14))
def test_after_any_reorgs_all_settles_and_the_books_are_right(mocked, steps):
    with mocked.anchor():
        actors = cast(mocked)
        floor = actors.l1.block_number
        for step, who, size in steps:
            take(actors, floor, step, (actors.alice, actors.bob, actors.carol)[who], size)
        actors.operator.sync()
        if actors.operator.sequencer.waiting or actors.operator.state.sealed:
            actors.rollup.settle()
        assert actors.rollup.contract.stateRoot() == actors.operator.sequencer.sealed.root
        assert actors.rollup.contract.provenQueue() == actors.rollup.contract.queueLength()
        assert mirrored(actors)
        assert_solvent(actors.rollup, ETH)


def take(actors, floor, step, user, size):
    rollup, operator, l1 = actors.rollup, actors.operator, actors.l1
    operator.sync()
    account = next(iter(operator.ledger.owned_by(int(user.address, 16))), None)
    funded = account is not None and account[1].balance >= size
    match step:
        case "deposit":
            rollup.deposit(ETH, 10 * size, sender=user)
        case "transfer" if funded:
            rollup.transfer(ETH, size, sender=user, to=actors.alice)
        case "withdraw" if funded:
            rollup.withdraw(ETH, size, sender=user)
        case "force" if account is not None:
            operator.bridge.force_withdraw(account[0], size, sender=user)
        case "seal" if operator.sequencer.waiting:
            operator.seal()
        case "commit":
            waiting = [b for b in operator.state.sealed if b.number > operator.bridge.committed]
            if waiting and operator._foreign_commit() is None:
                operator.commit(waiting[0])
        case "settle" if operator.sequencer.waiting or operator.state.sealed:
            rollup.settle()
        case "lose" | "shuffle" | "repeat" if l1.block_number > floor:
            change = {"lose": nothing, "shuffle": lambda old: old[::-1], "repeat": None}[step]
            l1.reorg(min(size, l1.block_number - floor), transactions=change)
