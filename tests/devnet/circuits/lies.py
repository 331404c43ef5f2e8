"""Lies about signatures, balances, leaves, deposits and selectors, with what must refuse each."""

from dataclasses import replace
from functools import partial

from tests.devnet.circuits.lying import (
    LEVELS,
    Lie,
    accepted_deposit,
    accepted_noop,
    accepted_opening,
    accepted_withdrawal,
    changed,
    executed,
    raw,
)
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    BOB_TOKEN,
    CAROL,
    CAROL_TOKEN,
    DOMAIN,
    FREE,
    FULL,
    OWNERS,
    TOKEN,
    batch,
    populated,
    run,
    self_consistent,
    transfer,
    withdrawal,
)

from zkrollup.circuits.encoding import SlotWords, signed_message
from zkrollup.circuits.inputs import NO_SIGNATURE, Account, LaneInputs
from zkrollup.crypto.babyjubjub import BASE8, SUBORDER, Point, add, multiply
from zkrollup.crypto.eddsa import PrivateKey, Signature
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.ledger.operations import Deposit, Transfer
from zkrollup.ledger.transition import _inputs

ORDER_TWO = Point(0, R - 1)


# Signatures that do not authorise what is done


def signed_for(*, by=ALICE, domain=DOMAIN, nonce=None, bound=None, sign=None):
    state = populated(LEVELS)
    operation = Transfer(ALICE_ETH, BOB_ETH, 113, 7 if nonce is None else nonce)
    receiver = bound or state.account(BOB_ETH)
    message = operation.message(receiver, domain)
    signature = sign(message) if sign else by.sign(message)
    return executed(state, replace(operation, nonce=7), signature=signature)


def other_amount_signed():
    state = populated(LEVELS)
    signature = Transfer(ALICE_ETH, BOB_ETH, 112, 7).signed(ALICE, state.account(BOB_ETH), DOMAIN).signature
    return executed(state, Transfer(ALICE_ETH, BOB_ETH, 113, 7), signature=signature)


def other_receiver_signed():
    state = populated(LEVELS)
    signature = Transfer(ALICE_ETH, ALICE_ETH, 113, 7).signed(ALICE, state.account(BOB_ETH), DOMAIN).signature
    return executed(state, Transfer(ALICE_ETH, BOB_ETH, 113, 7), signature=signature)


def other_recipient_signed():
    state = populated(LEVELS)
    signed = withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL)
    return executed(state, replace(signed, recipient=0xBAD))


def transfer_signature_as_withdrawal():
    state = populated(LEVELS)
    signature = Transfer(CAROL_TOKEN, 0, 67, 11).signed(CAROL, Account(), DOMAIN).signature
    plain = withdrawal(state, CAROL_TOKEN, 0, 67, key=CAROL)
    return executed(state, plain, signature=signature)


def withdrawal_over_a_receiver():
    """Signed as withdrawals are, over zeros; the idle lane holds Bob, as if money went to him too."""
    state = populated(LEVELS)
    slot = executed(state, withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL))
    lane = state.lane(BOB_ETH)
    return changed(lambda: slot, **{name.replace(".", "__"): v for name, v in lane.named("credit")})


def withdrawal_over(**fields):
    """The same with the receiver's index 0, and some fields in the lane."""
    return changed(accepted_withdrawal, **{f"credit__{name}": v for name, v in fields.items()})


def mirrored(message, *, torsion):
    """S and R8 with S * BASE8 the mirror image of R8 + 8 h key: one coordinate agrees, the other does not."""
    secret = 0x1234567890ABCDEF**3
    r8 = add(multiply(BASE8, secret), ORDER_TWO) if torsion else multiply(BASE8, secret)
    h = poseidon([*r8, *ALICE.public, message])
    return Signature(r8, -(secret + 8 * h * ALICE.scalar) % SUBORDER)


# Balances, tokens, empty leaves


def overspent():
    state = populated(LEVELS)
    return executed(state, transfer(state, ALICE_ETH, BOB_ETH, 1010, key=ALICE))


def overspent_withdrawal():
    state = populated(LEVELS)
    return executed(state, withdrawal(state, CAROL_TOKEN, 0xBEEF, 410, key=CAROL))


def other_token():
    state = populated(LEVELS)
    return executed(state, transfer(state, ALICE_ETH, BOB_TOKEN, 113, key=ALICE))


def to_nobody():
    state = populated(LEVELS)
    return executed(state, transfer(state, ALICE_ETH, FREE, 113, key=ALICE))


def from_nobody():
    state = populated(LEVELS)
    return executed(state, withdrawal(state, FREE, 0xBEEF, 0, key=ALICE))


def nonce_used_up():
    state = populated(LEVELS, nonce=1 << 32)
    operation = Transfer(ALICE_ETH, BOB_ETH, 113, 0)
    words = operation.words()
    bob = state.account(BOB_ETH)
    message = poseidon([words.operation + (1 << 32 + 216), 0, *bob.key, bob.owner, DOMAIN])
    return executed(state, operation, signature=ALICE.sign(message))


def overflown():
    state = populated(LEVELS).replaced(BOB_ETH, Account(*BOB.public, OWNERS[BOB], 0, FULL - 112, 2))
    return executed(state, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE))


def huge_amount():
    """A field element near r as an amount: minus 5, so that the payer would gain."""
    state = populated(LEVELS)
    slot = executed(state, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE))
    return changed(lambda: slot, amount=R - 5)


def false_balance():
    """The payer's leaf read with more than it holds, the path being right."""
    state = populated(LEVELS)
    richer = state.replaced(ALICE_ETH, replace(state.account(ALICE_ETH), balance=FULL))
    return executed(state, transfer(richer, ALICE_ETH, BOB_ETH, 5000, key=ALICE), before=richer)


def old_nonce_again():
    state = populated(LEVELS)
    _, trace = run(state, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE), slots=1)
    later = trace.after
    return executed(later, transfer(state, ALICE_ETH, BOB_ETH, 113, key=ALICE))


def small_order_key(key):
    state = populated(LEVELS).replaced(ALICE_ETH, Account(*key, OWNERS[ALICE], 0, 1009, 7))
    return executed(state, Transfer(ALICE_ETH, BOB_ETH, 113, 7), signature=Signature(BASE8, 1))


# Deposits


def taken(**changes):
    """A deposit of ``changes`` into Bob's account, which belongs to another identity."""
    state = populated(LEVELS)
    words = {"key_x": BOB.public.x, "key_y": BOB.public.y, "address": OWNERS[BOB], "token": 0, **changes}
    key = Point(words["key_x"], words["key_y"])
    plain = Deposit(BOB_ETH, words["address"], words["token"], 41, key)
    lane = state.lane(BOB_ETH)
    slot = _inputs(plain.words(), 1, 41, 0, LaneInputs.idle(LEVELS), lane, NO_SIGNATURE)
    return raw(slot, root=state.root)


# Selectors. Each breaks one rule of the selector and no other constraint at all.


def selectors(deposits, transfers, withdrawals, *, signer=None, sender=ALICE_ETH, amount=113, credit=None):
    state = populated(LEVELS)
    if transfers < 0:  # what is credited counts as negative there, and only 0 is in range
        state = state.replaced(BOB_ETH, Account(*BOB.public, OWNERS[BOB], 0, 0, 2))
    op = deposits + 2 * transfers + 3 * withdrawals
    signed = transfers + withdrawals
    moves = (transfers + withdrawals) % R
    debit = state.lane(sender)
    words = SlotWords(op << 208 | sender << 160 | (credit or 0) << 128 | amount)
    middle = state
    if moves:
        account = debit.account
        middle = state.replaced(
            sender, replace(account, balance=account.balance - amount, nonce=account.nonce + signed)
        )
    lane = middle.lane(credit) if credit is not None else LaneInputs.idle(LEVELS)
    identity = lane.account
    signature = NO_SIGNATURE
    if signer:
        address = identity.owner if deposits else 0
        bound = (replace(words, address=address), debit.account.nonce, identity.key, identity.owner)
        message = signed_message(*bound, DOMAIN)
        signature = signer.sign(message)
    slot = _inputs(words, 0, amount, 0, debit, lane, signature)
    changes = {"is_deposit": deposits % R, "is_transfer": transfers % R, "is_withdraw": withdrawals % R}
    if deposits:
        changes |= {"address": identity.owner, "key_x": identity.key_x, "key_y": identity.key_y}
    return raw(slot, root=state.root, **changes)


X, Y = "signature.x", "signature.y"
OTHER = PrivateKey(11**60)
LIES = [
    Lie("a signature by another key", X, partial(signed_for, by=OTHER)),
    Lie("a signature for another rollup", X, partial(signed_for, domain=DOMAIN + 1)),
    Lie("a signature for an earlier nonce", X, partial(signed_for, nonce=6)),
    Lie("a signature for a later nonce", X, partial(signed_for, nonce=8)),
    Lie(
        "a signature that binds another receiver key",
        X,
        partial(signed_for, bound=Account(*CAROL.public, OWNERS[BOB], 0, 601, 2)),
    ),
    Lie(
        "a signature that binds another receiver owner",
        X,
        partial(signed_for, bound=Account(*BOB.public, OWNERS[CAROL], 0, 601, 2)),
    ),
    Lie("a signature for another amount", X, other_amount_signed),
    Lie("a signature for another receiver index", X, other_receiver_signed),
    Lie("a signature for another recipient", X, other_recipient_signed),
    Lie("a transfer's signature on a withdrawal", X, transfer_signature_as_withdrawal),
    Lie("a withdrawal that names a receiver", X, withdrawal_over_a_receiver),
    Lie("a withdrawal with a receiver's index", X, partial(withdrawal_over, index=BOB_ETH)),
    Lie("a withdrawal with a receiver's key", X, partial(withdrawal_over, key_x=5, key_y=6)),
    Lie("a withdrawal with a receiver's owner", X, partial(withdrawal_over, key_y=6, owner=OWNERS[BOB])),
    Lie("a mirrored point", X, partial(signed_for, sign=partial(mirrored, torsion=False)), alone=True),
    Lie("a point mirrored the other way", Y, partial(signed_for, sign=partial(mirrored, torsion=True)), True),
    Lie("the same transfer again", X, old_nonce_again),
    Lie("R8 off the curve", "signature.r8.curve", partial(changed, accepted_noop, signature__r8_x=1), True),
    Lie("S of 2^251", "signature.s.bit", partial(changed, accepted_noop, signature__s=1 << 251), True),
    Lie("a key of order 1", "signature.key.order", partial(small_order_key, Point(0, 1))),
    Lie("a key of order 2", "signature.key.order", partial(small_order_key, ORDER_TWO)),
    Lie("more than the balance", "debit.covers", overspent, alone=True),
    Lie("a withdrawal of more than the balance", "debit.covers", overspent_withdrawal, alone=True),
    Lie("another token on the other side", "transfer.token", other_token, alone=True),
    Lie("an empty receiver", "credit.exists", to_nobody, alone=True),
    Lie("an empty payer", "debit.covers", from_nobody),
    Lie("nonce 2^32", "nonce.bit", nonce_used_up, alone=True),
    Lie("a receiver's balance of 2^128", "credit.balance.bit", overflown, alone=True),
    Lie("an amount of r - 5", "amount.bit", huge_amount),
    Lie("an amount of 2^128", "amount.bit", partial(changed, accepted_noop, amount=1 << 128), True),
    Lie("a payer read richer than it is", "debit.root", false_balance, alone=True),
    Lie(
        "another old root",
        "debit.root",
        lambda: self_consistent(batch(1, LEVELS), {**accepted_withdrawal(), "old_root": 77}),
        alone=True,
    ),
    Lie(
        "a payer's path with another sibling",
        "debit.root",
        partial(changed, accepted_withdrawal, **{"debit__siblings[1][2]": 8}),
        alone=True,
    ),
    Lie(
        "a receiver's path with another sibling",
        "credit.root",
        partial(changed, accepted_deposit, **{"credit__siblings[0][1]": 8}),
        alone=True,
    ),
    Lie(
        "a receiver read richer than it is",
        "credit.root",
        partial(changed, accepted_deposit, credit__balance=FULL - 100),
        alone=True,
    ),
    Lie(
        "another receiver's nonce", "credit.root", partial(changed, accepted_deposit, credit__nonce=99), True
    ),
    Lie(
        "another index than the path's",
        "credit.root",
        partial(changed, accepted_opening, credit__index=10),
        True,
    ),
    Lie(
        "a payer's index beyond the tree",
        "debit.index.bit",
        partial(changed, accepted_noop, debit__index=16),
        True,
    ),
    Lie(
        "a receiver's index beyond the tree",
        "credit.index.bit",
        partial(changed, accepted_noop, credit__index=16),
        alone=True,
    ),
    *(
        Lie(
            f"an empty payer with {field}",
            f"debit.empty.{field}",
            partial(changed, accepted_noop, **{f"debit__{field}": 5}),
            alone=True,
        )
        for field in ("key_x", "owner", "token", "balance", "nonce")
    ),
    *(
        Lie(
            f"an empty account that holds {field} before its deposit",
            f"credit.empty.{field}",
            partial(changed, accepted_opening, **{f"credit__{field}": 5}),
            alone=True,
        )
        for field in ("key_x", "owner", "token", "balance", "nonce")
    ),
    Lie(
        "a deposit to another key's x", "credit.same.key_x", partial(taken, key_x=CAROL.public.x), alone=True
    ),
    Lie(
        "a deposit to another key's y", "credit.same.key_y", partial(taken, key_y=CAROL.public.y), alone=True
    ),
    Lie("a deposit to another owner", "credit.same.owner", partial(taken, address=OWNERS[CAROL]), alone=True),
    Lie("a deposit of another token", "credit.same.token", partial(taken, token=TOKEN), alone=True),
    Lie(
        "minus one deposit and a transfer: a payment to nobody",
        "op.deposit",
        partial(selectors, -1, 1, 0, signer=ALICE, credit=BOB_ETH),
        alone=True,
    ),
    Lie(
        "minus one transfer and a withdrawal: an exit without a signature",
        "op.transfer",
        partial(selectors, 0, -1, 1, credit=BOB_ETH, amount=0),
        alone=True,
    ),
    Lie(
        "minus one withdrawal and a transfer: a credit without a signature",
        "op.withdraw",
        partial(selectors, 0, 1, -1, credit=BOB_ETH),
        alone=True,
    ),
    Lie(
        "a deposit and a withdrawal in one slot",
        "op.one",
        partial(selectors, 1, 0, 1, signer=ALICE, credit=BOB_ETH),
        alone=True,
    ),
    Lie("two deposits in one selector", "op.deposit", partial(changed, accepted_deposit, is_deposit=2)),
]
