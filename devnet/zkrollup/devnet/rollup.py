"""The rollup as its users see it: deposit, transfer, withdraw, settle.

Owns the operations' arguments, checked before anything happens, and the ways to the reference's parts. What a
call does is the target's matter.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zkrollup.arguments import WrongArgumentValue
from zkrollup.arguments import amount as as_amount
from zkrollup.devnet.arguments import as_address, as_batch, as_party, as_token, as_user, of_chain
from zkrollup.devnet.capabilities import Capability, Unsupported
from zkrollup.devnet.grounds import Grounds
from zkrollup.devnet.target import Batch, Target
from zkrollup.devnet.tokens import ETH, ETH_ADDRESS, Token
from zkrollup.devnet.users import User
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Receipt, Sender
from zkrollup.evm.parties import HasAddress
from zkrollup.locking import Lock, locked
from zkrollup.operator.operator import Operator
from zkrollup.operator.prover import Prover
from zkrollup.operator.sequencer import Sequencer

if TYPE_CHECKING:
    from zkrollup.devnet.reference import ReferenceTarget

__all__ = ["ETH", "ForeignPart", "Rollup", "Token"]


class ForeignPart(ZkRollupError, AttributeError):
    """A part of the reference rollup was asked of another one.

    Attributes:
        part: The name.
        target: That has no such part.
    """

    def __init__(self, part: str, target: Target) -> None:
        self.part, self.target = part, target
        super().__init__(
            f"rollup.{part} is a part of the reference rollup, and this one is {target.name}; "
            "reach its own parts by rollup.target, and what every rollup has by rollup's operations"
        )


class NothingDue(ZkRollupError):
    """The operator owes nothing, so that there is no deadline to pass."""

    def __init__(self) -> None:
        super().__init__(
            "every entry of L1's queue is proven, so that nothing is due; deposit or force a withdrawal first"
        )


class MovedOnL1(ZkRollupError, AssertionError):
    """A balance on L1 moved where nothing on L1 should.

    Attributes:
        holder: Whose.
        token: The token's address.
        before: What it was.
        after: What it is.
    """

    def __init__(self, holder: str, token: str, before: int, after: int) -> None:
        self.holder, self.token, self.before, self.after = holder, token, before, after
        super().__init__(
            f"{holder} had {before:,} of token {token} on L1 and has {after:,} now; operations on L2 move "
            "nothing on L1 before they are settled and claimed"
        )


class Rollup:
    """A rollup under test. Amounts are in a token's smallest unit.

    An argument of a wrong type or value raises WrongArgument, which is a TypeError or a ValueError, before
    anything happens. Any thread may call: operations of several threads happen one after the other.

    Attributes:
        target: What does it all.
    """

    def __init__(self, grounds: Grounds, target: Target) -> None:
        """Made by ``Testbed``."""
        self._grounds = grounds
        self.target = target

    def __repr__(self) -> str:
        return f"<Rollup {self.target.address} on {self.l1}, {self.target.name}>"

    @property
    def exclusive(self) -> Lock:
        """L1's, held by each operation; hold it, by ``with``, to keep other threads out between several."""
        return self.l1.exclusive

    # Parts

    @property
    def l1(self) -> Chain:
        """Layer 1's chain."""
        return self._grounds.l1

    @property
    def l2(self) -> Chain:
        """Layer 2's chain, where the reference's Mints are."""
        return self._grounds.l2

    @property
    def token(self) -> Contract:
        """L1: the devnet's TestToken, which anybody may mint."""
        return self._grounds.token

    @property
    def tokens(self) -> tuple[str, ...]:
        """Addresses of tokens that the target takes and users hold, ``0x0…0`` for ETH."""
        return self.target.tokens

    # Parts of the reference

    @property
    def operator(self) -> Operator:
        """Runs the reference rollup. It and all parts below raise ForeignPart where another one is tested."""
        return self._reference("operator").operator

    @property
    def lock(self) -> Contract:
        """L1: custody."""
        return self._reference("lock").contracts.lock

    @property
    def contract(self) -> Contract:
        """L1: queue, batches, claims."""
        return self._reference("contract").contracts.rollup

    @property
    def verifier(self) -> Contract:
        """L1: checks batch proofs; in mock mode it checks none."""
        return self._reference("verifier").contracts.batch_verifier

    @property
    def sequencer(self) -> Sequencer:
        """What is sealed and what waits."""
        return self._reference("sequencer").operator.sequencer

    @property
    def prover(self) -> Prover:
        """Circuits and keys."""
        return self._reference("prover").operator.prover

    @locked
    def mint(self, token: Token) -> Contract:
        """L2: a token's Mint, whose ERC-20 balances are the proven ledger's.

        Raises:
            NoMint: Nothing of it was proven on L2 yet.
        """
        return self._reference("mint").operator.mirror.mint(int(self._token(token), 16))

    @locked
    def account_index(self, token: Token, user: User) -> int:
        """The index of a user's account for a token.

        Raises:
            NoAccount: There is none.
        """
        return self._reference("account_index").account_index(self._token(token), as_user(user, "user"))

    # Balances and roots

    @property
    @locked
    def state_root(self) -> int:
        """L2's root after the last sealed batch; L1's are the next two."""
        return self.target.sealed_root

    @property
    @locked
    def committed_root(self) -> int:
        """L1's root after the last batch whose data it has."""
        return self.target.committed_root

    @property
    @locked
    def proven_root(self) -> int:
        """L1's root after the last batch that it has verified."""
        return self.target.proven_root

    @property
    @locked
    def posted_root(self) -> int:
        """L1's root after the last batch that was posted without a proof, where a rollup has such a step."""
        return self.target.posted_root

    @locked
    def balance(self, token: Token, user: User) -> int:
        """What a user holds on L2, with all that was accepted, sealed or not."""
        return self.target.balance(self._token(token), as_user(user, "user"))

    @locked
    def l1_balance(self, token: Token, user: HasAddress) -> int:
        """What a user holds on L1."""
        return self.target.l1_balance(self._token(token), self._party(user, "user"))

    # Operations

    @locked
    def deposit(self, token: Token, amount: int, *, sender: User, to: User | None = None) -> Receipt:
        """Locks tokens on L1 for an account on L2, ``sender``'s own unless ``to`` is given.

        An ERC-20 is approved first, for just this amount, unless enough is allowed already. Tokens
        that want an allowance set to 0 before it is changed, as USDT does, get that.

        Raises:
            Reverted: L1 refuses it; nothing is locked, and the allowance is what it was.
        """
        payer = as_user(sender, "sender")
        receiver = payer if to is None else as_user(to, "to")
        return self.target.deposit(self._token(token), self._amount(amount), sender=payer, to=receiver)

    def open_account(self, token: Token, user: User) -> Receipt:
        """Opens a user's account for a token by depositing 0."""
        return self.deposit(token, 0, sender=as_user(user, "user"))

    @locked
    def transfer(self, token: Token, amount: int, *, sender: User, to: User, fee: int = 0) -> Any:
        """Signs a payment on L2 and hands it to the sequencer.

        ``fee`` goes to the operator, beside the amount and in the same token: see ``operator.collect_fees``.
        Where the reference is tested, a receiver without an account for the token gets one first, by a
        deposit of 0 on L1, and what is returned is the signed Transfer.

        Raises:
            NoAccount: The sender has no account for the token.
            InexactFee: The fee has too many digits for its 16 bits.
            RefusedOperation: It breaks a rule of the ledger or of the sequencer.
            Unsupported: There is a fee, and the target takes none.
        """
        fees = self._fees(fee)
        payer, receiver = as_user(sender, "sender"), as_user(to, "to")
        return self.target.transfer(
            self._token(token), self._amount(amount), sender=payer, to=receiver, **fees
        )

    @locked
    def withdraw(
        self,
        token: Token,
        amount: int,
        *,
        sender: User,
        recipient: str | HasAddress | None = None,
        fee: int = 0,
    ) -> Any:
        """Signs a burn on L2 for an L1 address, the sender's own by default, and hands it to the sequencer.

        ``fee`` goes to the operator, beside the amount and in the same token: see ``operator.collect_fees``.
        Returns an ``Exit``; where the reference is tested, an ExitHandle.

        Raises:
            NoAccount: The sender has no account for the token.
            InexactFee: The fee has too many digits for its 16 bits.
            RefusedOperation: It breaks a rule of the ledger or of the sequencer.
            Unsupported: There is a fee, and the target takes none.
        """
        payer = as_user(sender, "sender")
        paid = payer.address if recipient is None else self._address(recipient, "recipient")
        fees = self._fees(fee)
        return self.target.withdraw(
            self._token(token), self._amount(amount), sender=payer, recipient=paid, **fees
        )

    # Without the operator

    @locked
    def force_withdraw(self, token: Token, amount: int, *, sender: User) -> Any:
        """Asks on L1 for a withdrawal to ``sender`` that the operator cannot leave out.

        Returns an ``Exit``, to be claimed once its batch is settled; of the reference, a ForcedExit.

        Raises:
            NoAccount: The sender has no account for the token.
            Reverted: L1 refuses it.
        """
        payer = as_user(sender, "sender")
        return self.target.force_withdraw(self._token(token), self._amount(amount), sender=payer)

    @property
    @locked
    def deadline(self) -> int | None:
        """Unix time up to which nobody may freeze, as L1 stands; None where the operator owes nothing."""
        return self.target.deadline

    @locked
    def travel_past_deadline(self) -> None:
        """Lets L1's time pass until anybody may freeze.

        Raises:
            NothingDue: The operator owes nothing.
        """
        if self.deadline is None:
            raise NothingDue
        self.l1.travel(max(1, self.deadline + 1 - self.l1.timestamp))

    @locked
    def freeze(self, *, sender: Sender) -> Receipt:
        """Stops the rollup for good, where the operator has missed a deadline; anybody may.

        Raises:
            Reverted: L1 refuses it; the reference with NothingDue or NotOverdue.
        """
        return self.target.freeze(sender=self._party(sender, "sender"))

    @property
    @locked
    def is_frozen(self) -> bool:
        """Whether it was stopped."""
        return self.target.is_frozen

    def escape(self, token: Token, *, sender: User) -> Receipt:
        """Pays ``sender`` all that it holds in the last proven state of a frozen rollup.

        Raises:
            NoAccount: The sender has no account for the token.
            Reverted: L1 refuses it; the reference with NotFrozen or AlreadyClaimed.
        """
        with self.target.turn():
            return self.target.escape(self._token(token), sender=as_user(sender, "sender"))

    @locked
    def refund(self, *, sender: User) -> Sequence[Receipt]:
        """Gives ``sender`` all back that no proven batch of a frozen rollup took, and that it has not yet.

        Raises:
            Reverted: L1 refuses one; the reference with NotFrozen, AlreadyRefunded, or what the token says,
                and then all others are paid.
        """
        return self.target.refund(sender=as_user(sender, "sender"))

    # Books

    @locked
    def check_solvency(self) -> None:
        """Passes if each token's books balance; the plugin asks after each test that passed.

        Raises:
            Insolvent: Some do not; it says which, and by how much.
        """
        self.target.check_solvency()

    @locked
    def allow_rebasing(self, token: Token) -> None:
        """Lets the rollup hold less of ``token`` than it owes, for the rest of the test.

        For tokens that take back what they gave: rebasing ones, or those that burn on their own. What the
        rollup counts must still be what it owes.

        Raises:
            WrongArgument: It is no token, or ETH, of which nothing is taken back.
        """
        address = self._token(token)
        if address == ETH_ADDRESS:
            raise WrongArgumentValue("token", token, "ether takes nothing back; pass an ERC-20")
        self.target.rebasing |= {address}

    @contextmanager
    def unmoved_on_l1(self) -> Iterator[None]:
        """Passes if nobody's balance of any token moves on L1 inside: between batches L1 knows nothing of L2.

        Looks at the funded accounts and the rollup's contracts.

        Raises:
            MovedOnL1: Somebody's has.
        """
        before = self.target.l1_holdings()
        yield
        after = self.target.l1_holdings()
        for holder, token in before:
            if before[holder, token] != after[holder, token]:
                raise MovedOnL1(holder, token, before[holder, token], after[holder, token])

    # Settling

    @locked
    def seal(self) -> Any:
        """Orders what waits into a batch; L1 sees nothing of it. Raises NothingToSeal if nothing waits."""
        return self.target.seal()

    @locked
    def commit(self, batch: Batch) -> Receipt:
        """Posts a sealed batch's data to L1, whose root does not move yet."""
        return self.target.commit(as_batch(batch))

    def prove(self, batch: Batch) -> Any:
        """Makes a committed batch's proof and has L1 verify it, which moves L1's root."""
        with self.target.turn():
            return self.target.prove(as_batch(batch))

    @locked
    def post(self, batch: Batch) -> Receipt:
        """Moves L1's root without a proof, where a rollup has such a step; the reference has none."""
        return self.target.post(as_batch(batch))

    @locked
    def execute(self, batch: Batch) -> Receipt:
        """Finishes a batch on L1, where a rollup has such a step; the reference has none."""
        return self.target.execute(as_batch(batch))

    def settle(self) -> Any:
        """Brings all that waits through every step; returns the last batch. Raises NothingToSeal."""
        with self.target.turn():
            return self.target.settle()

    # Inside

    def _token(self, value: Token) -> str:
        return as_token(of_chain(self.l1, value, "token"))

    def _party(self, value: Sender | HasAddress, name: str) -> Any:
        return as_party(of_chain(self.l1, value, name), name)

    def _address(self, value: Any, name: str) -> str:
        return as_address(of_chain(self.l1, value, name), name)

    def _amount(self, value: int, name: str = "amount") -> int:
        return as_amount(value, name, most=self.target.largest_amount)

    def _fees(self, fee: int) -> dict[str, int]:
        """The fee as an argument: operations of targets that take none have no such one."""
        fee = self._amount(fee, "fee")
        if fee and not self.target.can(Capability.FEES):
            raise Unsupported(self.target, "fee_token")
        return {"fee": fee} if fee else {}

    def _reference(self, part: str) -> "ReferenceTarget":
        from zkrollup.devnet.reference import ReferenceTarget  # it knows users, and so this class

        if not isinstance(self.target, ReferenceTarget):
            raise ForeignPart(part, self.target)
        return self.target
