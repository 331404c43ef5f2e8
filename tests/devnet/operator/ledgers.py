"""Accounts, queue entries and signed operations for tests of the sequencer. No chain, no proof."""

from dataclasses import replace

from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.ledger.operations import ETH, Deposit, ForcedWithdrawal, Transfer, Withdrawal
from zkrollup.operator.queue import QueueEntry
from zkrollup.operator.sequencer import Sequencer

DOMAIN = 424_243
TOKEN = 0x70CE
KEYS = tuple(map(PrivateKey, (11, 13, 17, 19, 23, 29)))
OWNERS = (0xA11CE, 0xB0B, 0xCA201, 0xDA7E, 0xE7E, 0xF00D)


def genesis(**options) -> Sequencer:
    return Sequencer.genesis(**{"slots": 3, "levels": 4, "domain": DOMAIN, **options})


def deposit(who: int, amount: int, *, token=ETH, account=None) -> Deposit:
    return Deposit(who if account is None else account, OWNERS[who], token, amount, KEYS[who].public)


def forced(who: int, amount: int) -> ForcedWithdrawal:
    return ForcedWithdrawal(who, OWNERS[who], amount)


def entries(*operations, start=0) -> list[QueueEntry]:
    """L1's queue from entry ``start`` on."""
    return [QueueEntry(start + i, operation, 10**9 + 60 * i, 0) for i, operation in enumerate(operations)]


def funded(*balances, **options) -> Sequencer:
    """Account i holds the i-th balance in wei; all sealed."""
    sequencer = genesis(**options).queued(entries(*map(deposit, range(len(balances)), balances)))
    while sequencer.waiting:
        sequencer = sequencer.seal()[0]
    return sequencer


def transfer(sequencer, payer, receiver, amount, *, key=None, nonce=None, domain=DOMAIN, fee=0) -> Transfer:
    account = sequencer.pending.account(payer)
    unsigned = Transfer(payer, receiver, amount, account.nonce if nonce is None else nonce, fee=fee)
    return unsigned.signed(key or KEYS[payer], sequencer.pending.account(receiver), domain)


def withdrawal(sequencer, payer, amount, *, recipient=0x5EA, nonce=None, fee=0) -> Withdrawal:
    nonce = sequencer.pending.account(payer).nonce if nonce is None else nonce
    return Withdrawal(payer, recipient, amount, nonce, fee=fee).signed(KEYS[payer], DOMAIN)


def refee(sequencer, operation, fee):
    """The same operation, signed again with another fee."""
    unsigned, key = replace(operation, fee=fee), KEYS[operation.sender]
    if isinstance(operation, Withdrawal):
        return unsigned.signed(key, DOMAIN)
    return unsigned.signed(key, sequencer.pending.account(operation.receiver), DOMAIN)


def amounts(trace) -> list[int]:
    """What the slots of a batch move, in order."""
    return [slot.inputs.amount for slot in trace.slots]
