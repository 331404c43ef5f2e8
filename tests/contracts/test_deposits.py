"""Deposits on L1: keys, accounts, the queue, and ETH in custody."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.contracts.support import ETH, KEYS, PERIOD, deploy, key, queued, ship

from zkrollup.crypto import babyjubjub
from zkrollup.crypto.babyjubjub import BASE8, IDENTITY, SUBORDER, Point
from zkrollup.crypto.field import R
from zkrollup.evm import Chain


def torsion_points() -> list[Point]:
    """The eight points whose order divides 8, from a point of full order."""
    x = 1
    while True:
        x += 1
        # y^2 = (1 - A x^2) / (1 - D x^2)
        square = (1 - babyjubjub.A * x * x) * pow(1 - babyjubjub.D * x * x, -1, R) % R
        if pow(square, (R - 1) // 2, R) != 1:
            continue
        point = babyjubjub.multiply((x, square_root(square)), SUBORDER)
        if babyjubjub.multiply(point, 4) != IDENTITY:
            return [babyjubjub.multiply(point, k) for k in range(8)]


def square_root(value: int) -> int:
    """Tonelli and Shanks: R - 1 is 2^28 times an odd number."""
    odd, twos = (R - 1) >> 28, 28
    root, rest, generator = pow(value, (odd + 1) // 2, R), pow(value, odd, R), pow(5, odd, R)
    while rest != 1:
        order = next(i for i in range(twos) if pow(rest, 1 << i, R) == 1)
        factor = pow(generator, 1 << (twos - order - 1), R)
        root, rest = root * factor % R, rest * factor * factor % R
        generator, twos = factor * factor % R, order
    return root


TORSION = torsion_points()


def test_the_torsion_points_are_eight_points_of_the_curve():
    assert len(set(TORSION)) == 8
    assert all(babyjubjub.is_on_curve(point) for point in TORSION)


@pytest.mark.parametrize("index", range(8))
def test_a_key_of_small_order_is_refused(system, reverts, index):
    x, y = TORSION[index]
    with reverts("KeyOfSmallOrder", x=x, y=y):
        system.deposit(501, key=(x, y))
    assert system.rollup.queueLength() == 0


@pytest.mark.parametrize("index", range(8))
def test_a_key_of_large_order_is_accepted_with_any_torsion(system, index):
    # Signatures multiply the key by 8 (circomlib), so torsion in a key changes nothing.
    entry = system.deposit(501, key=tuple(babyjubjub.add(BASE8, TORSION[index])))
    assert entry.account == 0


@pytest.mark.parametrize("change", [(1, 0), (0, 1)])
def test_a_key_off_the_curve_is_refused(system, reverts, change):
    x, y = KEYS[0][0] + change[0], KEYS[0][1] + change[1]
    with reverts("KeyOffCurve", x=x, y=y):
        system.deposit(501, key=(x, y))


@pytest.mark.parametrize("change", [(R, 0), (0, R)])
def test_a_second_encoding_of_a_key_is_refused(system, reverts, change):
    x, y = KEYS[0][0] + change[0], KEYS[0][1] + change[1]
    with reverts("KeyNotInField", x=x, y=y):
        system.deposit(501, key=(x, y))


@pytest.mark.parametrize("place", [0, 1])
def test_the_order_of_the_field_is_no_coordinate(system, reverts, place):
    # It is another name of 0, which a point of the curve has in each place; of small order, both of them.
    point = next(point for point in TORSION if point[place] == 0)
    x, y = (R if i == place else value for i, value in enumerate(point))
    with reverts("KeyNotInField", x=x, y=y):
        system.deposit(501, key=(x, y))


def test_a_refused_deposit_leaves_everything_with_the_depositor(system, chain, reverts):
    sender = chain.accounts[2]
    before = chain.balance(sender)
    with reverts("KeyOffCurve", x=3, y=7):
        system.deposit(501, key=(3, 7), sender=sender)
    assert chain.balance(system.lock) == system.lock.locked(ETH) == 0
    assert before - chain.balance(sender) < 10**15  # gas only


def test_a_deposit_is_queued_with_all_that_rebuilds_it(system, chain):
    owner = chain.accounts[4].address
    receipt = system.lock.depositETH(owner, *KEYS[1], sender=chain.accounts[2], value=501)
    event = receipt.event("DepositQueued")
    assert event.address == system.rollup.address
    assert event.args == {
        "index": 0,
        "account": 0,
        "owner": owner,
        "token": ETH,
        "amount": 501,
        "keyX": KEYS[1][0],
        "keyY": KEYS[1][1],
        "expiry": chain.timestamp + PERIOD,
        "forcedCount": 0,
    }
    assert system.lock.locked(ETH) == chain.balance(system.lock) == 501


def test_the_queue_hash_rolls_over_all_entries(system):
    entries = [system.deposit(501), system.request(0, 103), system.deposit(307, key=KEYS[1])]
    types = ["bytes32", "(uint8,uint32,uint128,address,address,uint256,uint256,uint64,uint64)"]
    rolling = bytes(32)
    for length, entry in enumerate(entries, start=1):
        rolling = keccak(encode(types, [rolling, entry.struct]))
        assert system.rollup.queueHash(length) == rolling
    assert system.rollup.queueLength() == 3


def test_the_same_key_owner_and_token_reuse_their_account(system, chain):
    first, other, again = system.deposit(501), system.deposit(307, key=KEYS[1]), system.deposit(103)
    assert (first.account, other.account, again.account) == (0, 1, 0)
    assert system.rollup.accountCount() == 2
    assert system.rollup.accountIndex(*KEYS[1], chain.accounts[2].address, ETH) == (True, 1)


@pytest.mark.parametrize("change", ["key", "owner", "token"])
def test_another_key_owner_or_token_gets_another_account(system, chain, change):
    system.deposit(501)
    if change == "key":
        entry = system.deposit(307, key=KEYS[1])
    elif change == "owner":
        entry = system.deposit(307, owner=chain.accounts[4].address)
    else:
        token = ship(chain, "TestToken", "Test", "TST", 6)
        entry = system.deposit_token(token, 0)
    assert entry.account == 1


def test_an_account_that_was_never_opened_is_not_found(system, chain):
    system.deposit(501)
    assert system.rollup.accountIndex(*KEYS[0], chain.accounts[3].address, ETH) == (False, 0)


def test_a_deposit_of_nothing_registers_the_account(system):
    entry = system.deposit(0)
    assert (entry.account, entry.amount) == (0, 0)
    assert system.lock.locked(ETH) == 0


def test_a_full_tree_refuses_new_accounts_and_serves_the_old(reverts):
    system = deploy(Chain(), levels=1)
    for i in range(4):
        assert system.deposit(501 + i, key=KEYS[i]).account == i
    with reverts("TreeFull", capacity=4):
        system.deposit(307, key=KEYS[4])
    assert system.lock.locked(ETH) == 501 + 502 + 503 + 504
    assert system.deposit(103, key=KEYS[2]).account == 2


def test_the_default_tree_has_256_accounts(system):
    assert system.rollup.accountCapacity() == 256


def test_only_lock_may_queue_a_deposit(system, chain, reverts):
    caller = chain.accounts[3]
    with reverts("NotLock", caller=caller.address):
        system.rollup.enqueueDeposit(caller.address, ETH, 501, *KEYS[0], sender=caller)
    with chain.impersonate(system.lock.address) as lock:
        receipt = system.rollup.enqueueDeposit(caller.address, ETH, 501, *KEYS[0], sender=lock)
    assert queued(receipt).amount == 501


def test_eth_up_to_2_128_less_one_may_be_locked(system, chain, reverts):
    rich = chain.accounts[2]
    chain.set_balance(rich, 2**130)
    system.deposit(2**128 - 502, sender=rich)
    with reverts("LockedTotalTooLarge", token=ETH, total=2**128):
        system.deposit(502, sender=rich)
    assert system.lock.locked(ETH) == 2**128 - 502
    system.deposit(501, sender=rich, key=key(31))
    assert system.lock.locked(ETH) == 2**128 - 1


def test_an_eth_deposit_of_2_128_is_refused_with_nothing_lost(system, chain, reverts):
    rich = chain.accounts[2]
    chain.set_balance(rich, 2**130)
    with reverts("AmountTooLarge", amount=2**128):
        system.deposit(2**128, sender=rich)
    assert chain.balance(system.lock) == 0
    assert chain.balance(rich) > 2**130 - 10**16


def test_a_plain_transfer_to_lock_is_refused_by_name(system, chain, reverts):
    sender = chain.accounts[3]
    with reverts("DirectTransfer", sender=sender.address, amount=501):
        chain.transact(to=system.lock.address, value=501, sender=sender)
    assert chain.balance(system.lock) == 0


@pytest.mark.node
def test_eth_forced_into_lock_counts_for_nobody(system, chain, deploy_compiled):
    system.deposit(307)
    deploy_compiled("ForcedSender", system.lock.address, value=501)
    assert chain.balance(system.lock) == 808
    assert system.lock.locked(ETH) == 307


def test_gas_of_deposits(system, snapshot_value):
    first = system.lock.depositETH(system.operator.address, *KEYS[0], value=501)
    again = system.lock.depositETH(system.operator.address, *KEYS[0], value=307)
    snapshot_value("deposit ETH, first of all", first.gas_used)
    snapshot_value("deposit ETH, known account", again.gas_used)
