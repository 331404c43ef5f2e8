"""Accounts as operations would leave them, without a tree: for who asks often what would apply.

Owns the pending changes; the rules are ``transition``'s. Roots are computed once, by ``state``.
"""

from zkrollup.circuits.inputs import Account
from zkrollup.ledger.operations import Operation
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import RefusedOperation, outcome


class Draft:
    """A state with changes on top of it. Mutable: it lives inside one function call."""

    def __init__(self, base: LedgerState, *, fee_account: int | None = None) -> None:
        """``fee_account`` is the index of the account that fees go to, if there is one."""
        self._base, self._fee_account = base, fee_account
        self._changed: dict[int, Account] = {}

    def account(self, index: int) -> Account:
        """The account at ``index`` so far, or the empty one."""
        changed = self._changed.get(index)
        return self._base.account(index) if changed is None else changed

    def set(self, index: int, account: Account) -> None:
        """Puts ``account`` at ``index``."""
        self._changed[index] = account

    def applies(self, operation: Operation) -> bool:
        """Whether ``apply`` would take it."""
        try:
            outcome(self, operation, fee_account=self._fee_account)
        except RefusedOperation:
            return False
        return True

    def apply(self, operation: Operation) -> frozenset[int]:
        """Applies an operation, whose signature nobody asks for here; returns the accounts that it changed.

        Its fee is taken, and paid to nobody before the batch's end.

        Raises:
            RefusedOperation: It breaks a rule; nothing has changed.
        """
        changed = outcome(self, operation, fee_account=self._fee_account)
        self._changed |= changed
        return frozenset(changed)

    def state(self) -> LedgerState:
        """The state with all changes, its tree included."""
        return self._base.with_accounts(self._changed) if self._changed else self._base
