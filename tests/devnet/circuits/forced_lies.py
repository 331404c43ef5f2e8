"""Lies about forced withdrawals: to leave one out that applies, or to let one apply that does not."""

from dataclasses import replace
from functools import partial

from tests.devnet.circuits.lying import (
    FEE,
    LEVELS,
    Lie,
    accepted_forced,
    accepted_forced_by_another,
    accepted_forced_of_nobody,
    accepted_forced_of_too_much,
    changed,
    executed,
    raw,
)
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    DOMAIN,
    FREE,
    FULL,
    NUMBER,
    OWNERS,
    account,
    forced,
    populated,
)

from zkrollup.circuits.encoding import SlotWords, exit_leaf, pack_operation, signed_message
from zkrollup.circuits.inputs import NO_SIGNATURE, LaneInputs
from zkrollup.crypto.field import R
from zkrollup.ledger.transition import _inputs

EMPTY = {f"debit__{name}": 0 for name in ("key_x", "key_y", "owner", "token", "balance", "nonce")}


def read_as(index, **fields):
    """Alice's request on an account that the prover reads with other ``fields``, its path being right."""
    state = populated(LEVELS)
    told = replace(state.account(index) if index != FREE else account(ALICE, 0, 5000, 0), **fields)
    return executed(state, forced(ALICE, index, 113), before=state.replaced(index, told))


def with_a_fee():
    """Everything as if the fee had been signed: taken from the account, and paid out."""
    state = populated(LEVELS)

    class Charged(type(forced(ALICE, 0, 0))):
        fee = FEE

        def words(self):
            plain = super().words()
            return replace(plain, operation=plain.operation | FEE << 192)

    return executed(state, Charged(ALICE_ETH, OWNERS[ALICE], 113))


def minus_one_forced_and_a_withdrawal():
    """No account is opened then, and yet one moves: a made-up one, by its own key."""
    state = populated(LEVELS)
    lane = LaneInputs(FREE, account(ALICE, 0, FULL, 0), state.lane(FREE).path)
    word = (pack_operation(0, FREE, 0, 113) - (1 << 208)) % R
    message = signed_message(SlotWords(word), 0, (0, 0), 0, DOMAIN)
    idle = LaneInputs.idle(LEVELS)
    slot = _inputs(SlotWords(), 0, 113, 0, lane, idle, ALICE.sign(message))
    return raw(slot, root=state.root, is_withdraw=1, is_forced=R - 1)


def forced_and_deposited():
    """Bob's account pays an exit and gets the amount back in the same slot."""
    state = populated(LEVELS)
    bob = state.account(BOB_ETH)
    debit = state.lane(BOB_ETH)
    credit = state.replaced(BOB_ETH, replace(bob, balance=bob.balance - 113)).lane(BOB_ETH)
    words = SlotWords(0, bob.owner, 0, *bob.key)
    slot = _inputs(words, 0, 113, 0, debit, credit, NO_SIGNATURE)
    return raw(slot, root=state.root, is_forced=1, is_deposit=1)


def forced_and_signed():
    """A signature beside the request, so that the account's nonce moves too."""
    state = populated(LEVELS)
    operation = 7 << 208 | pack_operation(0, ALICE_ETH, 0, 113)
    words = SlotWords(operation, OWNERS[ALICE])
    signature = ALICE.sign(signed_message(words, 7, (0, 0), 0, DOMAIN))
    slot = _inputs(words, 0, 113, 0, state.lane(ALICE_ETH), LaneInputs.idle(LEVELS), signature)
    return raw(slot, root=state.root, is_forced=1, is_withdraw=1)


def _root_with(**fields):
    """The root as it were if Alice's account had ``fields`` after her forced withdrawal of 113."""
    state = populated(LEVELS)
    alice = replace(state.account(ALICE_ETH), balance=1009 - 113)
    return state.replaced(ALICE_ETH, replace(alice, **fields)).root


def _false_exit(amount):
    return exit_leaf(NUMBER << 16, OWNERS[BOB], 0, amount)


ENOUGH = "balance.bit[129]"
FORCED_LIES = [
    Lie(
        "that who asks is not the owner, but is",
        "forced.owner.inverse",
        accepted_forced,
        True,
        {"forced.owner.inverse": 1},
    ),
    Lie(
        "that who asks is the owner, but is not",
        "forced.owner.zero",
        accepted_forced_by_another,
        True,
        {"forced.owner.inverse hint": 0},
    ),
    Lie("that an owner is not entitled", "forced.entitled", accepted_forced, True, {"forced.entitled": 0}),
    Lie(
        "that another is entitled",
        "forced.entitled",
        accepted_forced_by_another,
        True,
        {"forced.entitled": 1},
    ),
    Lie("that a valid one does not apply", "forced.applies", accepted_forced, True, {"forced.applies": 0}),
    Lie(
        "that another's applies",
        "forced.applies",
        accepted_forced_by_another,
        True,
        {"forced.applies": 1},
    ),
    Lie(
        "that an account has less than it has",
        "debit.open_and_enough",
        accepted_forced,
        True,
        {"debit.open_and_enough": 0},
    ),
    Lie(
        "that an account is not open that is",
        "debit.empty.inverse",
        accepted_forced,
        False,
        {"debit.empty.inverse": 0},
    ),
    Lie("too little to be enough", "balance.bit[0]", accepted_forced_of_too_much, True, {ENOUGH: 1}),
    Lie("enough to be too little", "balance.bit[0]", accepted_forced, True, {ENOUGH: 0}),
    Lie("an open account to be empty", "debit.root", partial(changed, accepted_forced, **EMPTY), alone=True),
    Lie(
        "an account of another to be empty",
        "debit.root",
        partial(changed, accepted_forced_by_another, **EMPTY),
        alone=True,
    ),
    Lie("an empty account to hold 5000", "debit.root", partial(read_as, FREE), alone=True),
    Lie(
        "another's account to be Alice's", "debit.root", partial(read_as, BOB_ETH, owner=OWNERS[ALICE]), True
    ),
    Lie("an owner to be another", "debit.root", partial(read_as, ALICE_ETH, owner=OWNERS[BOB]), True),
    Lie("a balance to be less", "debit.root", partial(read_as, ALICE_ETH, balance=112), alone=True),
    Lie("a balance to be more", "debit.root", partial(read_as, BOB_ETH, balance=FULL), alone=True),
    Lie("a forced withdrawal in another token", "debit.root", partial(read_as, ALICE_ETH, token=5), True),
    Lie(
        "one account's path to be another's",
        "debit.root",
        partial(changed, accepted_forced_by_another, debit__index=BOB_ETH),
        alone=True,
    ),
    Lie(
        "an empty account that holds something, asked for by force",
        "debit.empty.balance",
        partial(changed, accepted_forced_of_nobody, debit__balance=5),
        alone=True,
    ),
    Lie(
        "an empty account with an owner, asked for by force",
        "debit.empty.owner",
        partial(changed, accepted_forced_of_nobody, debit__owner=5),
        alone=True,
    ),
    Lie("an exit left out", "exit.present", accepted_forced, True, {"exit.present": 0}),
    Lie(
        "an exit of what does not apply",
        "exit.present",
        accepted_forced_by_another,
        True,
        {"exit.present": _false_exit(113)},
    ),
    Lie(
        "an exit of more than is there",
        "exit.present",
        accepted_forced_of_too_much,
        True,
        {"exit.present": _false_exit(1010)},
    ),
    Lie("a nonce moved by force", "debit.next", accepted_forced, True, {"debit.next": _root_with(nonce=8)}),
    Lie(
        "a balance left by force",
        "debit.next",
        accepted_forced,
        True,
        {"debit.next": _root_with(balance=1009)},
    ),
    Lie(
        "another's money taken by force",
        "debit.next",
        accepted_forced_by_another,
        True,
        {"debit.next": _root_with()},
    ),
    Lie("a forced withdrawal with a fee", "fee.signed", with_a_fee, alone=True),
    Lie(
        "minus one forced and a withdrawal: from an account that nobody opened",
        "op.forced",
        minus_one_forced_and_a_withdrawal,
        alone=True,
    ),
    Lie("a forced withdrawal and a deposit in one slot", "op.one", forced_and_deposited, alone=True),
    Lie("a forced withdrawal with a signature", "op.one", forced_and_signed),
    Lie("two forced ones in one selector", "op.forced", partial(changed, accepted_forced, is_forced=2)),
]
