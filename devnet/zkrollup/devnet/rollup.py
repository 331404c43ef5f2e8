"""The rollup as its users see it: deposit, transfer, withdraw, settle.

Owns the conveniences: tokens by contract or address, approvals, accounts opened on the way. Each call is one
that a wallet could make; nothing here is trusted by L1.
"""

from typing import TYPE_CHECKING, TypeAlias

from eth_utils import is_checksum_address, is_hex_address

from zkrollup.circuits.encoding import ADDRESS_BITS
from zkrollup.devnet.exits import ExitHandle
from zkrollup.devnet.users import User
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, InvalidAddress, Receipt
from zkrollup.ledger.operations import ETH, Transfer, Withdrawal
from zkrollup.operator.operator import Operator
from zkrollup.operator.prover import Prover
from zkrollup.operator.queue import to_address
from zkrollup.operator.sequencer import Sequencer
from zkrollup.operator.stages import SealedBatch, SettledBatch

if TYPE_CHECKING:
    from zkrollup.devnet.devnet import Devnet

Token: TypeAlias = Contract | str | int
"""A token's contract, its address as text, or ETH."""

__all__ = ["ETH", "NoAccount", "Rollup", "Token"]


class NoAccount(ZkRollupError):
    """A user has no L2 account for a token."""

    def __init__(self, user: User, token: int) -> None:
        """``token`` is its L1 address, 0 for ETH."""
        self.user, self.token = user, token
        super().__init__(
            f"{user.name} ({user.address}) has no L2 account for token {to_address(token)}; "
            "a deposit opens one, also of amount 0: rollup.open_account(token, user)"
        )


class Rollup:
    """A rollup on a devnet. Amounts are in a token's smallest unit."""

    def __init__(self, devnet: "Devnet", operator: Operator) -> None:
        """Made by ``Devnet``."""
        self._devnet = devnet
        self.operator = operator

    # Parts

    @property
    def l1(self) -> Chain:
        """Layer 1's chain."""
        return self._devnet.l1

    @property
    def l2(self) -> Chain:
        """Layer 2's chain, where the Mints are."""
        return self._devnet.l2

    @property
    def lock(self) -> Contract:
        """L1: custody."""
        return self.operator.bridge.contracts.lock

    @property
    def contract(self) -> Contract:
        """L1: queue, batches, claims."""
        return self.operator.bridge.contracts.rollup

    @property
    def verifier(self) -> Contract:
        """L1: checks batch proofs; in mock mode it checks none."""
        return self.operator.bridge.contracts.batch_verifier

    @property
    def sequencer(self) -> Sequencer:
        """What is sealed and what waits."""
        return self.operator.sequencer

    @property
    def prover(self) -> Prover:
        """Circuits and keys."""
        return self.operator.prover

    @property
    def token(self) -> Contract:
        """L1: the devnet's TestToken, which anybody may mint."""
        return self._devnet.token

    def mint(self, token: Token) -> Contract:
        """L2: a token's Mint, whose ERC-20 balances are the proven ledger's.

        Raises:
            NoMint: Nothing of it was proven on L2 yet.
        """
        return self.operator.mirror.mint(token_number(token))

    # Balances and roots

    @property
    def state_root(self) -> int:
        """L2's root after the last sealed batch; L1's is ``contract.stateRoot()``."""
        return self.sequencer.sealed.root

    def balance(self, token: Token, user: User) -> int:
        """What a user holds on L2, with all that the sequencer has accepted."""
        self.operator.sync()
        return self.operator.ledger.balance_of(int(user.address, 16), token_number(token))

    def l1_balance(self, token: Token, user: User) -> int:
        """What a user holds on L1."""
        number = token_number(token)
        return self.l1.balance(user) if number == ETH else int(self._erc20(number).balanceOf(user))

    # Operations

    def deposit(self, token: Token, amount: int, *, sender: User, to: User | None = None) -> Receipt:
        """Locks tokens on L1 for an account on L2, ``sender``'s own unless ``to`` is given.

        An ERC-20 is approved first, for just this amount.

        Raises:
            Reverted: L1 refuses it; nothing is locked.
        """
        receiver = to or sender
        number = token_number(token)
        key = receiver.key.public
        if number == ETH:
            receipt: Receipt = self.lock.depositETH(
                receiver.address, key.x, key.y, sender=sender, value=amount
            )
        else:
            if amount:
                self._erc20(number).approve(self.lock, amount, sender=sender)
            address = to_address(number)
            receipt = self.lock.depositERC20(address, amount, receiver.address, key.x, key.y, sender=sender)
        self.operator.sync()
        return receipt

    def open_account(self, token: Token, user: User) -> Receipt:
        """Opens a user's account for a token by depositing 0."""
        return self.deposit(token, 0, sender=user)

    def transfer(self, token: Token, amount: int, *, sender: User, to: User, fee: int = 0) -> Transfer:
        """Signs a payment on L2 and hands it to the sequencer.

        ``fee`` goes to the operator, beside the amount and in the same token: see ``operator.collect_fees``.
        A receiver without an account for the token gets one first, by a deposit of 0 on L1.

        Raises:
            NoAccount: The sender has no account for the token.
            InexactFee: The fee has too many digits for its 16 bits.
            RefusedOperation: It breaks a rule of the ledger or of the sequencer.
        """
        number = token_number(token)
        payer = self.account_index(token, sender)
        if self._find_account(number, to) is None:
            self.open_account(token, to)
        receiver = self.account_index(token, to)
        ledger = self.operator.ledger
        unsigned = Transfer(payer, receiver, amount, ledger.account(payer).nonce, fee=fee)
        transfer = unsigned.signed(sender.key, ledger.account(receiver), self.operator.domain)
        self.operator.submit(transfer)
        return transfer

    def withdraw(
        self, token: Token, amount: int, *, sender: User, recipient: str | User | None = None, fee: int = 0
    ) -> ExitHandle:
        """Signs a burn on L2 for an L1 address, the sender's own by default, and hands it to the sequencer.

        ``fee`` goes to the operator, beside the amount and in the same token: see ``operator.collect_fees``.

        Raises:
            InvalidAddress: The recipient is no address, or its checksum is wrong.
            NoAccount: The sender has no account for the token.
            InexactFee: The fee has too many digits for its 16 bits.
            RefusedOperation: It breaks a rule of the ledger or of the sequencer.
        """
        payer = self.account_index(token, sender)
        target = _address_number(sender if recipient is None else recipient)
        nonce = self.operator.ledger.account(payer).nonce
        unsigned = Withdrawal(payer, target, amount, nonce, fee=fee)
        withdrawal = unsigned.signed(sender.key, self.operator.domain)
        self.operator.submit(withdrawal)
        return ExitHandle(withdrawal, self)

    def account_index(self, token: Token, user: User) -> int:
        """The index of a user's account for a token.

        Raises:
            NoAccount: There is none.
        """
        number = token_number(token)
        self.operator.sync()
        index = self._find_account(number, user)
        if index is None:
            raise NoAccount(user, number)
        return index

    # Settling

    def seal(self) -> SealedBatch:
        """Orders what waits into a batch; L1 sees nothing of it. Raises NothingToSeal if nothing waits."""
        self.operator.sync()
        return self.operator.seal()

    def commit(self, batch: SealedBatch) -> Receipt:
        """Posts a sealed batch's data to L1, whose root does not move yet."""
        return self.operator.commit(batch)

    def prove(self, batch: SealedBatch) -> SettledBatch:
        """Makes a committed batch's proof and has L1 verify it, which moves L1's root."""
        return self.operator.finalize(self.operator.prove(batch))

    def settle(self) -> SettledBatch:
        """Seals, commits and proves all that waits; returns the last batch. Raises NothingToSeal."""
        return self.operator.settle()

    # Inside

    def _find_account(self, token: int, user: User) -> int | None:
        key = user.key.public
        registered, index = self.contract.accountIndex(key.x, key.y, user.address, to_address(token))
        return int(index) if registered else None

    def _erc20(self, token: int) -> Contract:
        return self.l1.contract(self.token.abi, to_address(token))


def token_number(token: Token) -> int:
    """A token as the ledger numbers it: its L1 address, 0 for ETH.

    Raises:
        InvalidAddress: It is no address.
    """
    if isinstance(token, int):
        if not 0 <= token < 1 << ADDRESS_BITS:
            raise InvalidAddress(token)
        return token
    return _address_number(token)


def _address_number(value: object) -> int:
    """An address as a number. Mixed case needs a right checksum (EIP-55): a typing error would burn money."""
    text = getattr(value, "address", value)
    if not isinstance(text, str):
        raise InvalidAddress(value)
    if is_checksum_address(text) or (is_hex_address(text) and text == text.lower()):
        return int(text, 16)
    raise InvalidAddress(value)
