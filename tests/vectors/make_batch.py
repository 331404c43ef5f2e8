"""Writes batch.json: one mixed batch, encoded, that Python, the contracts and the circuits are all held to.

Run from the root of the checkout: python -m tests.vectors.make_batch
"""

import json
from pathlib import Path

from zkrollup.circuits.encoding import (
    BatchHeader,
    account_leaf,
    batch_instance,
    claim_nullifier,
    compute_domain,
    escape_nullifier,
    evaluate,
    posted_data,
)
from zkrollup.circuits.inputs import Account
from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Transfer, Withdrawal
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import apply_batch

FILE = Path(__file__).parent / "batch.json"
CHAIN_ID = 31337
ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
LEVELS, SLOTS, NUMBER, QUEUE_START, FEE_ACCOUNT = 4, 6, 41, 17, 77
TOKEN = 0xA0B86991C6218B36C1D19D4A2E9EB0CE3606EB48
ALICE, BOB, CAROL, ERIN = (PrivateKey(7**k) for k in (50, 51, 52, 54))


def shown(value):
    """Numbers as 0x-prefixed hex without leading zeros, which all three languages read."""
    return hex(value)


def before():
    """Alice holds ETH at 3, Bob ETH at 5, Erin, who takes fees, ETH at 77, Carol the token at 200."""
    state = LedgerState.genesis(LEVELS)
    state = state.replaced(3, Account(*ALICE.public, 0xA11CE, 0, 100_009, 7))
    state = state.replaced(5, Account(*BOB.public, 0xB0B, 0, 601, 2))
    state = state.replaced(FEE_ACCOUNT, Account(*ERIN.public, 0xE410, 0, 211, 3))
    return state.replaced(200, Account(*CAROL.public, 0xCA401, TOKEN, 10**30, 11))


def operations(state, domain):
    """Deposits to a new and an open account, a forced withdrawal between them; a transfer with a fee, and a
    withdrawal; the sixth slot stays empty."""
    return [
        Deposit(9, 0xDA7E, TOKEN, (1 << 128) - 1, PrivateKey(7**53).public),
        ForcedWithdrawal(200, 0xCA401, 10**28 + 3),
        Deposit(3, 0xA11CE, 0, 37, ALICE.public),
        Transfer(3, 5, 113, 7, fee=20_470).signed(ALICE, state.account(5), domain),
        Withdrawal(200, 0xBEEF << 144 | 0xFACE, 10**29 + 67, 11).signed(CAROL, domain),
    ]


def executed(state, domain):
    """The batch's operations and its trace."""
    done = operations(state, domain)
    _, trace = apply_batch(state, done, number=NUMBER, slots=SLOTS, domain=domain, fee_account=FEE_ACCOUNT)
    return done, trace


def vector():
    """The whole vector, in the file's form."""
    domain, state = compute_domain(CHAIN_ID, ROLLUP), before()
    done, trace = executed(state, domain)
    words = [slot.words for slot in trace.slots]
    header = BatchHeader(
        old_root=trace.before.root,
        new_root=trace.after.root,
        exit_root=trace.exit_tree.root,
        number=NUMBER,
        domain=domain,
        queue_start=QUEUE_START,
        queue_count=3,
        fee_account=FEE_ACCOUNT,
        slots=SLOTS,
    )
    instance = batch_instance(header, words)
    transfer, withdrawal = done[3:]
    alice = trace.after.account(3)
    return {
        "chainId": CHAIN_ID,
        "rollup": ROLLUP,
        "levels": LEVELS,
        "slots": SLOTS,
        "domain": shown(domain),
        "headerWords": [shown(word) for word in header.words()],
        "slotWords": [[shown(word) for word in slot] for slot in words],
        "queue": [_entry(i, done) for i in range(3)],
        "data": "0x" + posted_data(words).hex(),
        "C": shown(instance.commitment),
        "x": shown(instance.challenge),
        "y": shown(instance.evaluation),
        "yOfSlotWordsAtTwo": shown(evaluate([word for slot in words for word in slot], 2)),
        "transfer": _signed(transfer, transfer.message(state.account(5), domain)),
        "withdrawal": _signed(withdrawal, withdrawal.message(domain)),
        "leaf": {
            "account": 3,
            "keyX": shown(alice.key_x),
            "keyY": shown(alice.key_y),
            "owner": shown(alice.owner),
            "token": shown(alice.token),
            "balance": shown(alice.balance),
            "nonce": shown(alice.nonce),
            "hash": shown(account_leaf(alice.key, alice.owner, alice.token, alice.balance, alice.nonce)),
            "escapeNullifier": shown(escape_nullifier(3, domain)),
        },
        "exits": [_exit(burned, domain) for burned in trace.exits],
    }


def _entry(i, done):
    """An entry as Solidity has it: unused fields are 0, and deadlines lie ten minutes apart."""
    entry = done[i]
    forced = isinstance(entry, ForcedWithdrawal)
    key = (0, 0) if forced else entry.key
    return {
        "op": 4 if forced else 1,
        "account": entry.account,
        "amount": shown(entry.amount),
        "owner": shown(entry.requester if forced else entry.owner),
        "token": shown(0 if forced else entry.token),
        "keyX": shown(key[0]),
        "keyY": shown(key[1]),
        "expiry": 1_900_000_000 + 600 * i,
        "forcedCount": 23 + sum(isinstance(earlier, ForcedWithdrawal) for earlier in done[: i + 1]),
    }


def _exit(burned, domain):
    return {
        "slot": burned.slot,
        "id": shown(burned.id),
        "recipient": shown(burned.recipient),
        "token": shown(burned.token),
        "amount": shown(burned.amount),
        "leaf": shown(burned.leaf),
        "nullifier": shown(claim_nullifier(burned.id, domain)),
    }


def _signed(operation, message):
    signature = operation.signature
    return {
        "nonce": operation.nonce,
        "message": shown(message),
        "r8": [shown(signature.r8.x), shown(signature.r8.y)],
        "s": shown(signature.s),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(vector(), indent=2) + "\n", encoding="utf-8")
