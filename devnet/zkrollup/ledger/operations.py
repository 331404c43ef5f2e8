"""What can happen on layer 2: what L1's queue holds, and signed transfers and withdrawals.

Owns their shapes and what a key signs. Addresses are integers here; L1's text form ends at the bridge.
"""

from dataclasses import dataclass, field, replace

from zkrollup.circuits.encoding import Op, SlotWords, pack_operation, signed_message
from zkrollup.circuits.inputs import NO_SIGNATURE, Account
from zkrollup.crypto.babyjubjub import Point
from zkrollup.crypto.eddsa import PrivateKey, Signature

ETH = 0
"""The token number of ether: L1's zero address."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A deposit in L1's queue, index included: the contract has assigned it.

    Attributes:
        account: Index of the credited account.
        owner: L1 address that the account belongs to.
        token: L1 address of the token, 0 for ETH.
        amount: In the token's smallest unit, below 2^128; 0 only opens the account.
        key: BabyJubJub key.
    """

    account: int
    owner: int
    token: int
    amount: int
    key: Point

    def words(self) -> SlotWords:
        """The slot's words, as the contract rebuilds them from its queue."""
        operation = pack_operation(Op.DEPOSIT, 0, self.account, self.amount)
        return SlotWords(operation, self.owner, self.token, *self.key)


@dataclass(frozen=True, slots=True)
class ForcedWithdrawal:
    """A withdrawal in L1's queue, paid to who asked; it applies only if the account is theirs and covers it.

    Attributes:
        account: Index of the account that pays, if it is open.
        requester: The L1 address that asked, and is paid.
        amount: Below 2^128.
    """

    account: int
    requester: int
    amount: int

    @property
    def owner(self) -> int:
        """Who gets its fee back where it is never proven: the requester."""
        return self.requester

    def words(self) -> SlotWords:
        """The slot's words, as the contract rebuilds them from its queue."""
        return SlotWords(pack_operation(Op.FORCED_WITHDRAW, self.account, 0, self.amount), self.requester)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A payment between two accounts of one token.

    Attributes:
        sender: Index of the paying account.
        receiver: Index of the paid account, which must be open.
        amount: Below 2^128.
        nonce: The sender's, as it stands before.
        signature: By the sender's key, on ``message``.
        fee: What the sender pays beside the amount; see ``encoding.encode_fee``.
    """

    sender: int
    receiver: int
    amount: int
    nonce: int
    signature: Signature = field(default=NO_SIGNATURE, repr=False)
    fee: int = 0

    def words(self) -> SlotWords:
        """The slot's words."""
        return SlotWords(pack_operation(Op.TRANSFER, self.sender, self.receiver, self.amount, fee=self.fee))

    def message(self, receiver: Account, domain: int) -> int:
        """What is signed; it binds the receiver's key and owner, not only the index."""
        return signed_message(self.words(), self.nonce, receiver.key, receiver.owner, domain)

    def signed(self, key: PrivateKey, receiver: Account, domain: int) -> "Transfer":
        """The same with a signature by ``key``."""
        return replace(self, signature=key.sign(self.message(receiver, domain)))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A burn on layer 2 that lets ``recipient`` be paid on L1.

    Attributes:
        sender: Index of the paying account.
        recipient: L1 address.
        amount: Below 2^128.
        nonce: The sender's, as it stands before.
        signature: By the sender's key, on ``message``.
        fee: What the sender pays beside the amount; see ``encoding.encode_fee``.
    """

    sender: int
    recipient: int
    amount: int
    nonce: int
    signature: Signature = field(default=NO_SIGNATURE, repr=False)
    fee: int = 0

    def words(self) -> SlotWords:
        """The slot's words."""
        operation = pack_operation(Op.WITHDRAW, self.sender, 0, self.amount, fee=self.fee)
        return SlotWords(operation, self.recipient)

    def message(self, domain: int) -> int:
        """What is signed; it binds the recipient."""
        return signed_message(self.words(), self.nonce, (0, 0), 0, domain)

    def signed(self, key: PrivateKey, domain: int) -> "Withdrawal":
        """The same with a signature by ``key``."""
        return replace(self, signature=key.sign(self.message(domain)))


Signed = Transfer | Withdrawal
"""What an L2 key signs."""

Queued = Deposit | ForcedWithdrawal
"""What L1's queue holds: nobody can leave it out."""

Operation = Queued | Signed
"""What takes a slot."""
