"""Batches of three that the ledger accepts, by what they are about: functions of the state before."""

from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    BOB_TOKEN,
    CAROL,
    CAROL_TOKEN,
    DAVE,
    ERIN,
    ERIN_ETH,
    FREE,
    FULL,
    TOKEN,
    deposit,
    forced,
    transfer,
    withdrawal,
)

MIXES = {
    "nothing at all": lambda s: [],
    "deposits to a new, an open and a token account": lambda s: [
        deposit(DAVE, FREE, 0, 37),
        deposit(BOB, BOB_ETH, 0, 41),
        deposit(BOB, BOB_TOKEN, TOKEN, 43),
    ],
    "a deposit of zero that only opens": lambda s: [deposit(DAVE, FREE, TOKEN, 0)],
    "a deposit to the last account": lambda s: [deposit(DAVE, s.tree.capacity - 1, 0, 37)],
    "a deposit of 2^128 - 1": lambda s: [deposit(DAVE, FREE, 0, FULL)],
    "one of each": lambda s: [
        deposit(DAVE, FREE, 0, 37),
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE),
        withdrawal(s, CAROL_TOKEN, 0xBEEF, 67, key=CAROL),
    ],
    "a payment to oneself": lambda s: [transfer(s, ALICE_ETH, ALICE_ETH, 113, key=ALICE)],
    "a payment of everything": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 1009, key=ALICE)],
    "a payment of nothing": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 0, key=ALICE)],
    "a withdrawal of nothing to nobody": lambda s: [withdrawal(s, BOB_TOKEN, 0, 0, key=BOB)],
    "two withdrawals of one account": lambda s: [
        withdrawal(s, ALICE_ETH, 0xBEEF, 5, key=ALICE),
        withdrawal(s, ALICE_ETH, (1 << 160) - 1, 7, key=ALICE, nonce=8),
    ],
    "forced withdrawals that apply, of everything and of nothing": lambda s: [
        forced(ALICE, ALICE_ETH, 1009),
        forced(ALICE, ALICE_ETH, 0),
        forced(BOB, BOB_TOKEN, 5),
    ],
    "forced withdrawals that do not apply": lambda s: [
        forced(BOB, ALICE_ETH, 1),
        forced(ALICE, ALICE_ETH, 1010),
        forced(DAVE, FREE, 0),
    ],
    "a forced withdrawal of 2^128 - 1 of nobody's account": lambda s: [forced(ALICE, 15, FULL)],
    "a deposit, its forced withdrawal, and another that comes too late": lambda s: [
        deposit(DAVE, FREE, TOKEN, 37),
        forced(DAVE, FREE, 37),
        forced(DAVE, FREE, 1),
    ],
    "fees of a transfer and a withdrawal": lambda s: [
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30),
        withdrawal(s, BOB_ETH, 0xBEEF, 67, key=BOB, fee=29),
        transfer(s, CAROL_TOKEN, BOB_TOKEN, 11, key=CAROL),
    ],
    "a fee of all that is left": lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 0, key=ALICE, fee=1009)],
    "fees of who takes them, to whom he pays": lambda s: [
        transfer(s, ERIN_ETH, ERIN_ETH, 7, key=ERIN, fee=11),
        transfer(s, ERIN_ETH, ALICE_ETH, 13, key=ERIN, fee=17, nonce=4),
        transfer(s, ALICE_ETH, ERIN_ETH, 19, key=ALICE, fee=23),
    ],
    "a forced withdrawal of who takes fees, before they are paid out": lambda s: [
        forced(ERIN, ERIN_ETH, 211),
        forced(ERIN, ERIN_ETH, 30),
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=30),
    ],
    "payments in a row": lambda s: [
        transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE),
        transfer(s, BOB_ETH, ALICE_ETH, 700, key=BOB),
        transfer(s, ALICE_ETH, BOB_ETH, 1500, key=ALICE, nonce=8),
    ],
}
