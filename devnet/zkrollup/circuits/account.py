"""An account's leaf in constraints. Native twins: ``inputs.Account`` and ``encoding.account_leaf``."""

from dataclasses import dataclass
from typing import NamedTuple

from zkrollup.circuits.gadgets.babyjubjub import EdwardsPoint
from zkrollup.circuits.gadgets.logic import enforce_zero_if, is_zero
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.snark.builder import Builder
from zkrollup.snark.expression import Expression


class AccountWires(NamedTuple):
    """A leaf's fields, unpacked: a packed leaf would let a prover borrow balance from the nonce."""

    key_x: Expression
    key_y: Expression
    owner: Expression
    token: Expression
    balance: Expression
    nonce: Expression

    @property
    def key(self) -> EdwardsPoint:
        """The key as a point."""
        return EdwardsPoint(self.key_x, self.key_y)


@dataclass(frozen=True, slots=True)
class Lane:
    """An account as it stands before the slot, with what locates it."""

    index: Expression
    index_bits: list[Expression]
    account: AccountWires
    empty: Expression
    leaf: Expression
    siblings: list[list[Expression]]


def read_lane(b: Builder, levels: int, index_bits: list[Expression], index: Expression, label: str) -> Lane:
    """Reads an account as private inputs.

    Enforces: the leaf is 0 where key_y is 0 (no valid key has that), and then every other field is 0 too: a
    free balance read from an empty leaf would be money from nowhere. Eight constraints and the leaf's hash.
    That the leaf stands in the tree is the caller's matter.
    """
    with b.scope(label):
        account, siblings = read_account(b, levels)
        empty = is_zero(b, account.key_y, "empty")
        for name, value in zip(AccountWires._fields, account, strict=True):
            if name != "key_y":
                enforce_zero_if(b, empty, value, f"empty.{name}")
        leaf = b.multiply(1 - empty, account_leaf(b, account, "leaf"), "leaf.present")
        return Lane(index, index_bits, account, empty, leaf, siblings)


def read_account(b: Builder, levels: int) -> tuple[AccountWires, list[list[Expression]]]:
    """An account's fields and the siblings on its path, as private inputs; nothing constrains them here."""
    account = AccountWires(*(b.private(name) for name in AccountWires._fields))
    return account, [b.privates(f"siblings[{level}]", 3) for level in range(levels)]


def account_leaf(b: Builder, account: AccountWires, label: str) -> Expression:
    """The hash of an account that is not empty."""
    return poseidon(b, list(account), label)
