"""Lies about fees: unsigned ones, in another token, paid to another account, twice, or not at all."""

from dataclasses import replace
from functools import partial

from tests.devnet.circuits.lying import (
    FEE,
    LEVELS,
    Lie,
    accepted_fee,
    accepted_noop,
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

from zkrollup.circuits.encoding import FEE_BITS, FEE_EXPONENT_BITS, FEE_MANTISSA_BITS
from zkrollup.circuits.inputs import Account
from zkrollup.crypto.field import inverse


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


def read_by_erin(*operations, **changes):
    """Operations without a fee, for which Erin's account is read all the same, and ``changes`` to it all."""
    state = populated(LEVELS)
    _, trace = run(state, *operations, slots=1)
    inputs = raw(trace.slots[0].inputs, root=state.root, fees=trace.after.lane(ERIN_ETH))
    return changed(lambda: inputs, **changes)


def unsigned(*operations):
    """A fee where nothing is signed, paid out to Erin: money from nowhere."""
    return read_by_erin(*operations, fee=FEE)


def misread(*, fee, code=FEE):
    """All as with ``fee``, where the word holds ``code`` and the signature is for that."""
    return changed(partial(charged, signed_fee=code, fee=fee), fee=code)


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
    Lie("that no fee was one", "fees.none.inverse", read_by_erin, True, {"fees.none.inverse": 1}),
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
    *(
        Lie(
            f"twice the fee by its factor {i}",
            f"fee.scale[{i}]",
            partial(misread, fee=2 * FEE),
            True,
            {f"fee.scale[{i}]": 2 * FEE},
        )
        for i in range(FEE_EXPONENT_BITS)
    ),
    *(
        # The lowest bit is what the others leave of the code: a fraction in one of them takes it away.
        Lie(
            f"a fee of 1 to be 0 by a fraction in bit {i}",
            f"fee.bit[{i}]",
            partial(misread, fee=0, code=1),
            True,
            {f"fee.bit[{i}]": inverse(1 << i)},
        )
        for i in range(FEE_MANTISSA_BITS, FEE_BITS)
    ),
]
