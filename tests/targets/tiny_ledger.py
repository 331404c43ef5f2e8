"""TinyRollup's state and operations: what its sequencer executes, and what the circuit is given."""

from dataclasses import dataclass, field, replace
from functools import cache

from tests.targets.tiny_circuit import AMOUNT_BITS, LEVELS, SLOTS

from zkrollup.circuits.inputs import NO_SIGNATURE
from zkrollup.crypto import eddsa
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.errors import ZkRollupError

DEPOSIT, TRANSFER, WITHDRAW = 1, 2, 3
ACCOUNTS = 4**LEVELS


class TinyRefusal(ZkRollupError):
    """An operation that the circuit would have no proof of, or a question that has no answer yet."""


@dataclass(frozen=True, slots=True)
class Account:
    key: tuple[int, int] = (0, 0)
    balance: int = 0
    nonce: int = 0

    @property
    def leaf(self) -> int:
        return poseidon([*self.key, self.balance, self.nonce])


@dataclass(frozen=True, slots=True)
class Operation:
    """What takes a slot; all 0 is nothing."""

    word: int = 0
    key: tuple[int, int] = (0, 0)
    signature: eddsa.Signature = NO_SIGNATURE

    op = property(lambda self: self.word & 3)
    payer = property(lambda self: self.word >> 2 & 15)
    payee = property(lambda self: self.word >> 6 & 15)
    amount = property(lambda self: self.word >> 10 & (1 << AMOUNT_BITS) - 1)
    recipient = property(lambda self: self.word >> 74)


def pack(op: int, amount: int, *, payer: int = 0, payee: int = 0, recipient: int = 0) -> int:
    if not 0 <= amount < 1 << AMOUNT_BITS:
        raise TinyRefusal(f"amount {amount} is not in [0, 2^{AMOUNT_BITS})")
    return op | payer << 2 | payee << 6 | amount << 10 | recipient << 74


@dataclass(frozen=True, slots=True)
class Ledger:
    accounts: tuple[Account, ...] = (Account(),) * ACCOUNTS

    @property
    def tree(self) -> QuadTree:
        return _tree(self.accounts)

    @property
    def root(self) -> int:
        return self.tree.root

    @property
    def supply(self) -> int:
        return sum(account.balance for account in self.accounts)

    def with_account(self, index: int, account: Account) -> "Ledger":
        return Ledger((*self.accounts[:index], account, *self.accounts[index + 1 :]))

    def paid(self, operation: Operation, domain: int, *, trusting: bool = False) -> "Ledger":
        """After the payer's half; checks what the circuit checks, or all but balances, modulo r."""
        payer = self.accounts[operation.payer]
        if operation.op not in (TRANSFER, WITHDRAW):
            return self
        if operation.amount > payer.balance and not trusting:
            raise TinyRefusal(
                f"account {operation.payer} holds {payer.balance}, less than {operation.amount}"
            )
        eddsa.check(payer.key, poseidon([operation.word, payer.nonce, domain]), operation.signature)
        after = replace(payer, balance=(payer.balance - operation.amount) % R, nonce=payer.nonce + 1)
        return self.with_account(operation.payer, after)

    def received(self, operation: Operation) -> "Ledger":
        """After the payee's half."""
        payee = self.accounts[operation.payee]
        if operation.op == DEPOSIT:
            payee = replace(payee, key=operation.key)
        if operation.op in (DEPOSIT, TRANSFER):
            payee = replace(payee, balance=payee.balance + operation.amount)
        return self.with_account(operation.payee, payee)

    def applied(self, operation: Operation, domain: int, *, trusting: bool = False) -> "Ledger":
        return self.paid(operation, domain, trusting=trusting).received(operation)


GENESIS = Ledger()


@cache
def _tree(accounts: tuple[Account, ...]) -> QuadTree:
    return QuadTree(LEVELS).with_leaves((i, account.leaf) for i, account in enumerate(accounts))


@dataclass(frozen=True, slots=True)
class TinyBatch:
    """Two operations, executed."""

    number: int
    before: Ledger
    after: Ledger
    operations: tuple[Operation, ...]
    domain: int = field(repr=False)
    trusting: bool = False

    @classmethod
    def seal(
        cls,
        number: int,
        before: Ledger,
        taken: tuple[Operation, ...],
        domain: int,
        *,
        trusting: bool = False,
    ) -> "TinyBatch":
        operations = (*taken, *(Operation(),) * (SLOTS - len(taken)))
        after = before
        for operation in operations:
            after = after.applied(operation, domain, trusting=trusting)
        return cls(number, before, after, operations, domain, trusting)

    @property
    def root_before(self) -> int:
        return self.before.root

    @property
    def root_after(self) -> int:
        return self.after.root

    @property
    def info(self) -> tuple[int, int, list[int]]:
        """Solidity's BatchInfo."""
        return self.root_before, self.root_after, [operation.word for operation in self.operations]

    def inputs(self) -> dict[str, int]:
        """The circuit's."""
        inputs = {"old_root": self.root_before, "new_root": self.root_after, "domain": self.domain}
        ledger = self.before
        for i, operation in enumerate(self.operations):
            inputs |= {f"word[{i}]": operation.word}
            inputs |= {f"key_{axis}[{i}]": value for axis, value in zip("xy", operation.key, strict=True)}
            inputs |= _opened(f"slot[{i}].payer", ledger, operation.payer)
            r8, s = operation.signature.r8, operation.signature.s
            inputs |= {
                f"slot[{i}].payer.{name}": value
                for name, value in {"r8_x": r8[0], "r8_y": r8[1], "s": s}.items()
            }
            ledger = ledger.paid(operation, self.domain, trusting=self.trusting)
            inputs |= _opened(f"slot[{i}].payee", ledger, operation.payee)
            ledger = ledger.received(operation)
        return inputs


def _opened(scope: str, ledger: Ledger, index: int) -> dict[str, int]:
    account = ledger.accounts[index]
    fields = {
        "key_x": account.key[0],
        "key_y": account.key[1],
        "balance": account.balance,
        "nonce": account.nonce,
    }
    for level, siblings in enumerate(ledger.tree.path(index)):
        fields |= {f"siblings[{level}][{i}]": value for i, value in enumerate(siblings)}
    return {f"{scope}.{name}": value for name, value in fields.items()}
