"""Lies about fees: unsigned ones, in another token, paid to another account, twice, or not at all."""

from dataclasses import replace
from functools import partial

from tests.devnet.circuits.lying import (
    FEE,
    LEVELS,
    Lie,
    accepted_fee,
    accepted_noop,
    accepted_transfer,
    changed,
    executed,
    raw,
)
from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    CAROL,
    CAROL_TOKEN,
    DAVE,
    ERIN,
    ERIN_ETH,
    FREE,
    FULL,
    account,
    deposit,
    forced,
    populated,
    run,
    transfer,
    withdrawal,
)

from zkrollup.circuits.inputs import Account


def charged(*, signed_fee=FEE, fee=FEE, amount=113, taker=ERIN_ETH, told=None, **erin):
    """Alice's transfer with ``fee``, signed over ``signed_fee``; ``told`` is read in the taker's place."""
    state = populated(LEVELS)
    state = state.replaced(ERIN_ETH, replace(state.account(ERIN_ETH), **erin))
    operation = transfer(state, ALICE_ETH, BOB_ETH, amount, key=ALICE, fee=signed_fee)
    inputs = executed(state, replace(operation, fee=fee), taker=taker)
    if told is None:
        return inputs
    names = {f"fees__{name}": getattr(told, name) for name in Account.__dataclass_fields__}
    return changed(lambda: inputs, **names)


def withdrawn(*, signed_fee, fee):
    state = populated(LEVELS)
    operation = withdrawal(state, ALICE_ETH, 0xBEEF, 113, key=ALICE, fee=signed_fee)
    return executed(state, replace(operation, fee=fee))


def in_another_token(*, taker):
    """Carol pays a fee of her token, and the taker gets as much of his."""
    state = populated(LEVELS)
    return executed(state, withdrawal(state, CAROL_TOKEN, 0xBEEF, 67, key=CAROL, fee=FEE), taker=taker)


def unsigned(*operations):
    """A fee where nothing is signed, paid out to Erin: money from nowhere."""
    state = populated(LEVELS)
    _, trace = run(state, *operations, slots=1)
    inputs = raw(trace.slots[0].inputs, root=state.root, fees=trace.after.lane(ERIN_ETH))
    return changed(lambda: inputs, fee=FEE)


def misread(*, fee):
    """All as with another ``fee`` than the one that the word holds and the signature is for."""
    return changed(partial(charged, fee=fee), fee=FEE)


def _root_with(**erin):
    """The root as it were after Alice's transfer with a fee, if Erin's account had these fields."""
    state = populated(LEVELS)
    changes = {
        ALICE_ETH: replace(state.account(ALICE_ETH), balance=1009 - 113 - FEE, nonce=8),
        BOB_ETH: replace(state.account(BOB_ETH), balance=601 + 113),
        ERIN_ETH: replace(state.account(ERIN_ETH), **erin),
    }
    for index, content in changes.items():
        state = state.replaced(index, content)
    return state.root


X = "signature.x"
FEE_LIES = [
    Lie("a fee that was not signed", X, partial(charged, signed_fee=0)),
    Lie("no fee where one was signed", X, partial(charged, fee=0)),
    Lie("a higher fee than was signed", X, partial(charged, fee=FEE + 1)),
    Lie("a withdrawal's fee that was not signed", X, partial(withdrawn, signed_fee=0, fee=FEE)),
    Lie("another form of the fee that was signed", X, partial(changed, charged, fee=1 << 11 | FEE // 10)),
    Lie("a fee of more than 16 bits", "fee.bit", partial(changed, accepted_noop, fee=1 << 16)),
    Lie("a fee on a deposit", "fee.signed", partial(unsigned, deposit(BOB, BOB_ETH, 0, 41)), alone=True),
    Lie("a fee on a noop", "fee.signed", unsigned, alone=True),
    Lie(
        "a fee on a forced withdrawal that does not apply",
        "fee.signed",
        partial(unsigned, forced(BOB, ALICE_ETH, 113)),
        alone=True,
    ),
    Lie("more than the balance by the fee", "debit.covers", partial(charged, amount=1009 - FEE + 1), True),
    Lie("a fee in another token", "fee.token", partial(in_another_token, taker=ERIN_ETH), alone=True),
    Lie(
        "a fee read in the token that it is paid in",
        "fees.root",
        partial(charged, told=account(ERIN, 5, 211, 3)),
    ),
    Lie("a fee to an empty account", "fees.root", partial(charged, taker=FREE), alone=True),
    Lie(
        "a fee to a made-up account",
        "fees.root",
        partial(charged, taker=FREE, told=account(DAVE, 0, 0, 0)),
        alone=True,
    ),
    Lie("a fee account read richer", "fees.root", partial(charged, told=account(ERIN, 0, 212, 3)), True),
    Lie("a fee account read poorer", "fees.root", partial(charged, told=account(ERIN, 0, 181, 3)), True),
    Lie("a fee account of another owner", "fees.root", partial(charged, told=account(BOB, 0, 211, 3)), True),
    Lie(
        "a fee account's path to be another's",
        "fees.root",
        partial(changed, accepted_fee, fees__index=ERIN_ETH ^ 1),
        alone=True,
    ),
    Lie(
        "a fee account's path with another sibling",
        "fees.root",
        partial(changed, accepted_fee, **{"fees__siblings[1][0]": 8}),
        alone=True,
    ),
    Lie(
        "a fee account beyond the tree",
        "fees.index.bit",
        partial(changed, accepted_noop, fees__index=16),
        True,
    ),
    Lie("a fee account with 2^128", "fees.balance.bit", partial(charged, balance=FULL - FEE + 1), alone=True),
    Lie("that there was no fee", "fees.none.zero", accepted_fee, True, {"fees.none.inverse hint": 0}),
    Lie("that no fee was one", "fees.none.inverse", accepted_transfer, False, {"fees.none.inverse": 1}),
    Lie("a fee taken and not paid out", "fees.next", accepted_fee, True, {"fees.next": _root_with()}),
    Lie(
        "a fee paid out twice",
        "fees.next",
        accepted_fee,
        True,
        {"fees.next": _root_with(balance=211 + 2 * FEE)},
    ),
    Lie(
        "a fee paid out and a nonce",
        "fees.next",
        accepted_fee,
        True,
        {"fees.next": _root_with(balance=241, nonce=4)},
    ),
    Lie("half a fee", "fee.scale[4]", partial(misread, fee=15), True, {"fee.scale[4]": 15}),
    Lie("ten fees", "fee.scale[0]", partial(misread, fee=300), True, {"fee.scale[0]": 300}),
]
