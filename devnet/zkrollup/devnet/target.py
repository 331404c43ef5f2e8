"""A rollup under test, whoever wrote it: what tests, suites and the devnet ask of it.

Owns the operations, their meaning, and what follows from them alone. How one rollup does them is its own
class's matter: ours is ``reference``. Tests reach a target through ``rollup.Rollup``.
"""

# ruff: noqa: ARG002 - operations are described by their arguments, also where there are none

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from zkrollup.arguments import MOST
from zkrollup.crypto.l2key import derive_for_account
from zkrollup.devnet import books
from zkrollup.devnet.arguments import as_party
from zkrollup.devnet.attacks import Attacks
from zkrollup.devnet.capabilities import Capability, Unsupported
from zkrollup.devnet.refusals import Refusal
from zkrollup.devnet.tokens import ETH_ADDRESS, Token, erc20, token_address
from zkrollup.evm import Impersonated

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from zkrollup.crypto.eddsa import PrivateKey
    from zkrollup.devnet.users import User
    from zkrollup.evm import Chain, Receipt, Sender
    from zkrollup.evm.parties import HasAddress
    from zkrollup.locking import Lock


class Batch(Protocol):
    """Operations that are proved together; what a target's ``seal`` and ``prove`` return."""

    @property
    def number(self) -> int:
        """1 for the first batch."""

    @property
    def root_before(self) -> int:
        """State root before it."""

    @property
    def root_after(self) -> int:
        """State root after it."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A burned amount from its burn to its payout. A target may return a subclass that knows more.

    Attributes:
        target: That burned it.
        token: The token's address on L1, ``ETH_ADDRESS`` for ETH.
        amount: In the token's smallest unit.
        recipient: Who is paid on L1, checksummed.
    """

    target: Target = field(repr=False)
    token: str
    amount: int
    recipient: str

    @property
    def is_claimed(self) -> bool:
        """Whether L1 has paid it."""
        return self.target.is_claimed(self)

    def claim(self, *, sender: Sender) -> Receipt:
        """Has L1 pay it; anybody may send this, and only the recipient is paid.

        Raises:
            WrongArgument: ``sender`` is nobody.
            Reverted: L1 refuses.
            ZkRollupError: The target knows that its batch is not far enough.
        """
        with self.target.turn():
            return self.target.claim(self, sender=as_party(sender, "sender"))


class Target(Attacks):
    """Base of every rollup under test: a class overrides what its rollup can do, and declares it.

    All that a target remembers off chain is its ``state``, an immutable value that it replaces: a snapshot is
    then a reference. Tokens come as checksummed addresses, ``ETH_ADDRESS`` for ETH; amounts in a token's
    smallest unit. Whatever is refused raises a ZkRollupError, whose ``refused_by`` says by whom, and changes
    nothing; what L1 refuses is a Reverted. Each operation is called with ``exclusive`` held, so that a target
    need not think of threads.

    Attributes:
        largest_amount: The largest amount that ``Rollup`` hands on to it.
        capabilities: What it can do; each names operations that the class defines, see ``OPERATIONS``.
        refusals: By what name it refuses what, one or several; suites take any name for those left out.
        l1: Layer 1's chain.
        address: The contract on L1 that users' keys and signatures are for.
        tokens: Addresses of tokens that it takes and users hold; the first is what suites use.
        takes_turns: Whether prove, settle, claim and escape take ``exclusive`` themselves, so that other
            threads go on while a proof is made.
        rebasing: Addresses of tokens of which it may hold less than it owes.
    """

    refusals: Mapping[Refusal, str | tuple[str, ...]] = MappingProxyType({})
    largest_amount: ClassVar[int] = MOST
    takes_turns: ClassVar[bool] = False

    def __init__(self, l1: Chain, *, address: str, tokens: Sequence[Token], state: Any = None) -> None:
        """``state`` is what it remembers at first."""
        self.l1 = l1
        self.address = address
        self.tokens = tuple(token_address(token) for token in tokens)
        self.rebasing: frozenset[str] = frozenset()
        self._state = state

    def __repr__(self) -> str:
        return f"<{self.name} {self.address} on {self.l1}>"

    @property
    def state(self) -> Any:
        """All that it remembers off chain."""
        return self._state

    @state.setter
    def state(self, state: Any) -> None:
        self._state = state

    @property
    def parts(self) -> Sequence[object]:
        """Objects that it works by, whose attributes go back with it, as its own do; here none."""
        return ()

    @property
    def exclusive(self) -> Lock:
        """What threads take turns by: L1's."""
        return self.l1.exclusive

    def turn(self) -> AbstractContextManager[None]:
        """What is held around an operation that may prove: ``exclusive``, unless the target does that."""
        return nullcontext() if self.takes_turns else self.exclusive

    def can(self, *capabilities: Capability) -> bool:
        """Whether it declares all of these."""
        return self.capabilities.issuperset(capabilities)

    # Users

    def derive_key(self, account: LocalAccount) -> PrivateKey:
        """The L2 key of an Ethereum account, from its EIP-712 signature for ``address`` on this chain."""
        return derive_for_account(account, chain_id=self.l1.chain_id, rollup_address=self.address)

    def fund(self, account: HasAddress) -> None:
        """Gives a new user tokens on L1, beside the ETH and TestTokens that all have; here none."""

    def l1_balance(self, token: str, account: HasAddress) -> int:
        """What somebody holds on L1."""
        if token == ETH_ADDRESS:
            return self.l1.balance(account)
        return int(erc20(self.l1, token).balanceOf(account))

    def l1_holdings(
        self, *, tokens: Iterable[str] = (), holders: Iterable[str] = ()
    ) -> dict[tuple[str, str], int]:
        """What is held on L1, by holder and token.

        The holders are all funded accounts, ``address``, and the custodians where the target names them; the
        tokens are its own. More may be given.
        """
        custodians = self.custodians if self.can(Capability.BOOKS) else ()
        people = (account.address for account in self.l1.accounts)
        looked_at = dict.fromkeys((*people, self.address, *custodians, *holders))
        with self.exclusive:
            return {
                (holder, token): self.l1_balance(token, Impersonated(holder))
                for holder in looked_at
                for token in dict.fromkeys((*self.tokens, *tokens))
            }

    # Operations

    def deposit(self, token: str, amount: int, *, sender: User, to: User) -> Receipt:
        """Locks tokens of ``sender`` on L1 for ``to``'s account on L2: see ``allowances.allowed``."""
        raise Unsupported(self, "deposit")

    def balance(self, token: str, user: User) -> int:
        """What a user holds on L2, with all that was accepted, sealed or not."""
        raise Unsupported(self, "balance")

    def transfer(self, token: str, amount: int, *, sender: User, to: User) -> Any:
        """Has ``sender`` pay ``to`` on L2; returns what was signed or sent."""
        raise Unsupported(self, "transfer")

    def withdraw(self, token: str, amount: int, *, sender: User, recipient: str) -> Exit:
        """Burns on L2 for an L1 address, checksummed."""
        raise Unsupported(self, "withdraw")

    @property
    def fee_token(self) -> str | None:
        """The token in which fees are taken now, None where none are.

        A target with fees takes a keyword ``fee``, 0 by default, in ``transfer`` and ``withdraw``.
        """
        raise Unsupported(self, "fee_token")

    # Batches

    @property
    def waiting(self) -> int:
        """How many operations wait for a batch, deposits on L1 included."""
        raise Unsupported(self, "waiting")

    def seal(self) -> Batch:
        """Orders what waits, as much as fits, into a batch; L1 sees nothing of it."""
        raise Unsupported(self, "seal")

    @property
    def sealed_root(self) -> int:
        """L2's root after the last sealed batch."""
        raise Unsupported(self, "sealed_root")

    def commit(self, batch: Any) -> Receipt:
        """Posts a sealed batch's data to L1."""
        raise Unsupported(self, "commit")

    @property
    def committed_root(self) -> int:
        """Root after the last batch whose data L1 has, as L1 says."""
        raise Unsupported(self, "committed_root")

    def prove(self, batch: Any) -> Batch:
        """Makes a batch's proof and has L1 verify it, which moves L1's root; returns the batch as proven."""
        raise Unsupported(self, "prove")

    def prove_wrongly(self, batch: Any) -> Receipt:
        """Sends a committed batch's proof spoiled, as ``ZkProof.spoiled`` is; L1 must refuse."""
        raise Unsupported(self, "prove_wrongly")

    @property
    def proven_root(self) -> int:
        """Root after the last proven batch, as L1 says."""
        raise Unsupported(self, "proven_root")

    @property
    def settled(self) -> int:
        """How many batches L1 has accepted, as far as the target knows; pytest's summary counts them."""
        return 0

    def post(self, batch: Any) -> Receipt:
        """Moves L1's root to a batch's without a proof, on the word of whoever may."""
        raise Unsupported(self, "post")

    @property
    def posted_root(self) -> int:
        """Root after the last posted batch, as L1 says."""
        raise Unsupported(self, "posted_root")

    def execute(self, batch: Any) -> Receipt:
        """Finishes a batch whose root L1 has, after which its exits can be paid."""
        raise Unsupported(self, "execute")

    def settle(self) -> Batch:
        """Brings all that waits through every step that there is; returns the last batch.

        Raises:
            ZkRollupError: Whatever ``seal`` raises where nothing waits.
        """
        while True:
            batch = self.seal()
            if self.can(Capability.COMMIT):
                self.commit(batch)
            if self.can(Capability.PROVE):
                batch = self.prove(batch)
            if self.can(Capability.POST):
                self.post(batch)
            if self.can(Capability.EXECUTE):
                self.execute(batch)
            if not self.waiting:
                return batch

    # Exits

    def claim(self, exit_: Any, *, sender: Sender) -> Receipt:
        """Has L1 pay an exit that ``withdraw`` returned; ``Exit.claim`` calls this."""
        raise Unsupported(self, "claim")

    def is_claimed(self, exit_: Any) -> bool:
        """Whether L1 has paid an exit; ``Exit.is_claimed`` calls this."""
        raise Unsupported(self, "is_claimed")

    # Without the operator

    def force_withdraw(self, token: str, amount: int, *, sender: User) -> Exit:
        """Asks on L1 for a withdrawal to ``sender`` that the operator cannot leave out."""
        raise Unsupported(self, "force_withdraw")

    def freeze(self, *, sender: Sender) -> Receipt:
        """Stops the rollup for good, where the operator has missed a deadline; anybody may."""
        raise Unsupported(self, "freeze")

    @property
    def is_frozen(self) -> bool:
        """Whether it was stopped."""
        raise Unsupported(self, "is_frozen")

    @property
    def deadline(self) -> int | None:
        """Unix time up to which nobody may freeze, as L1 stands; None where the operator owes nothing."""
        raise Unsupported(self, "deadline")

    def escape(self, token: str, *, sender: User) -> Receipt:
        """Pays out all that ``sender`` holds in the last proven state of a frozen rollup."""
        raise Unsupported(self, "escape")

    def refund(self, *, sender: User) -> Sequence[Receipt]:
        """Has all of ``sender``'s given back that no proven batch of a frozen rollup took."""
        raise Unsupported(self, "refund")

    # Books

    def custody(self, token: str) -> int:
        """What the rollup's contracts hold of a token on L1, as the token says."""
        raise Unsupported(self, "custody")

    @property
    def custodians(self) -> Sequence[str]:
        """Addresses of the contracts that hold tokens for the rollup."""
        raise Unsupported(self, "custodians")

    def owed(self, token: str) -> Mapping[str, int]:
        """What L1 owes of a token as far as it is proved: "ledger", "exits", "queued", and others.

        Their sum is ``custody`` at all times.
        """
        raise Unsupported(self, "owed")

    def check_solvency(self) -> None:
        """Passes if its contracts hold on L1 what it owes: see ``books.check``. A target may look closer.

        Raises:
            Insolvent: They do not.
        """
        books.check(self)
