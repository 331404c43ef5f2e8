"""The chain as tests see it. Owns the public interface; execution is `engine`'s, ABIs are `abi`'s.

Everything here takes effect at once: a transaction is mined in a block of its own as it is sent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from eth_account.signers.local import LocalAccount
from eth_utils import is_hex_address, to_canonical_address, to_checksum_address

from zkrollup.errors import ZkRollupError
from zkrollup.evm import accounts as mnemonic
from zkrollup.evm.abi import Abi, Signature, signatures
from zkrollup.evm.contract import Contract
from zkrollup.evm.engine.blocks import Mined
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.timeline import Reorder, Reorg
from zkrollup.evm.engine.transactions import CallFields
from zkrollup.evm.events import Event, EventTable
from zkrollup.evm.receipts import Receipt
from zkrollup.evm.reverts import ErrorTable
from zkrollup.evm.traces import Call, FunctionTable, Names

if TYPE_CHECKING:
    from web3 import Web3

DEFAULT_GAS: Final = 2**24
"""Gas limit of a transaction that names none. Nothing is estimated: an estimate would report a
revert before the transaction is sent. 2^24 is the most that Osaka allows (EIP-7825)."""


class HasAddress(Protocol):
    """Anything that stands for an account, such as a fixture's user."""

    @property
    def address(self) -> str:
        """Of the account."""


Sender: TypeAlias = LocalAccount | HasAddress | str
"""Who sends: an account (its key is then known to the chain), an address whose key the chain has,
or one that is being impersonated."""


class UnknownSender(ZkRollupError):
    """The chain has no key for a sender, and nobody impersonates it.

    Attributes:
        address: of the sender.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(
            f"no key for sender {address}: pass the account itself, one of chain.accounts, "
            f"or send inside `with chain.impersonate({address!r}) as sender:`"
        )


class InvalidAddress(ZkRollupError):
    """Not an address.

    Attributes:
        value: what was given.
    """

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(
            f"{value!r} is no address: pass 20 bytes, 0x and 40 hex digits, or what has .address"
        )


class UnknownSnapshot(ZkRollupError):
    """A snapshot that cannot be reverted to.

    Attributes:
        snapshot: the id given.
    """

    def __init__(self, snapshot: "SnapshotId", reason: str) -> None:
        self.snapshot = snapshot
        super().__init__(f"snapshot {snapshot.number}: {reason}")


class InvalidTravel(ZkRollupError):
    """Time that would not move forward.

    Attributes:
        seconds: asked for.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"cannot travel {seconds} s: a block is at least one second after its parent")


@dataclass(frozen=True, slots=True)
class SnapshotId:
    """Names a state of one chain.

    Attributes:
        number: counts up; never given twice by one chain.
        chain: that it belongs to.
    """

    number: int
    chain: "Chain"


@dataclass(frozen=True, slots=True)
class Impersonated:
    """An address that sends without a key.

    Attributes:
        address: checksummed.
    """

    address: str


class Chain:
    """A blockchain in this process, Prague rules, one block a transaction.

    Args:
        chain_id: of the CHAINID opcode, of signatures and of `w3.eth.chain_id`.
        accounts: how many accounts of the test mnemonic to fund, with 10,000 ETH each.
        exact_roots: whether state roots are Merkle-Patricia roots. By default a hash of what changed
            stands in for them, which no proof can use.

    Attributes:
        chain_id: as given.
        engine: what executes; below ABIs and JSON-RPC.
        accounts: the funded accounts; their keys are public knowledge.
    """

    def __init__(self, chain_id: int = 31337, *, accounts: int = 10, exact_roots: bool = False) -> None:
        self.chain_id = chain_id
        self.accounts = mnemonic.derive(accounts)
        funded: dict[bytes, int] = {to_canonical_address(a.address): mnemonic.BALANCE for a in self.accounts}
        self.engine = Engine(chain_id, funded, exact_roots=exact_roots)
        self._events = EventTable()
        self._errors = ErrorTable()
        self._functions = FunctionTable()
        self._labels: dict[str, str] = {}
        self._names = Names(self._functions, self._events, self._errors, self._labels)
        for account in self.accounts:
            self.add_account(account)

    def __repr__(self) -> str:
        return f"<Chain {self.chain_id} at block {self.block_number}>"

    # --- web3

    @cached_property
    def w3(self) -> "Web3":
        """web3.py over this chain. Managed accounts are `accounts`, and whoever is impersonated."""
        from web3 import Web3

        from zkrollup.evm.rpc.provider import Provider

        return Web3(Provider(self.engine))

    # --- contracts

    def contract(self, abi: Abi, address: object) -> Contract:
        """Return the contract at an address; its errors and events are decoded from now on."""
        checksummed = to_checksum_address(_address(address))
        self._events.add(abi, checksummed)
        self._errors.add(abi)
        self._functions.add(abi, checksummed)
        return Contract(self, checksummed, abi)

    def deploy(
        self,
        abi: Abi,
        bytecode: bytes | str,
        *args: Any,
        sender: Sender | None = None,
        value: int = 0,
        gas: int | None = None,
    ) -> Contract:
        """Deploy a contract.

        Args:
            abi: of the contract.
            bytecode: init code without constructor arguments, as bytes or hex.
            args: of the constructor.
            sender: the first account by default.
            value: wei to send along.
            gas: limit; DEFAULT_GAS by default.

        Raises:
            InvalidArgument: a constructor argument has no encoding.
            InvalidTransaction: it cannot be in a block.
            Reverted: the constructor failed.
        """
        self._errors.add(abi)
        self._events.add(abi)
        constructors = signatures(abi, "constructor")
        constructor = constructors[0] if constructors else Signature("constructor", ())
        code = _bytes(bytecode) + constructor.encode(args)
        receipt = self.transact(to=None, data=code, sender=sender, value=value, gas=gas)
        return self.contract(abi, receipt.contract_address)

    def deploy_raw(
        self, init_code: bytes | str, sender: Sender | None = None, *, value: int = 0, gas: int | None = None
    ) -> str:
        """Run init code and return the address of what it left.

        Raises:
            InvalidTransaction: it cannot be in a block.
            Reverted: the init code failed.
        """
        receipt = self.transact(to=None, data=_bytes(init_code), sender=sender, value=value, gas=gas)
        return str(receipt.contract_address)

    # --- execution

    def transact(
        self,
        *,
        sender: Sender | None = None,
        to: object = None,
        data: bytes | str = b"",
        value: int = 0,
        gas: int | None = None,
    ) -> Receipt:
        """Send a transaction, mined at once in a block of its own.

        Args:
            sender: the first account by default.
            to: address, or what has one; None creates a contract.
            data: calldata or init code, as bytes or hex.
            value: wei.
            gas: limit; DEFAULT_GAS by default.

        Raises:
            UnknownSender: no key for the sender.
            InvalidTransaction: it cannot be in a block; nothing changed.
            Reverted: it failed. It has been mined; `error.receipt` is its receipt.
        """
        source = self._sender(sender)
        target = b"" if to is None else _address(to)
        limit = DEFAULT_GAS if gas is None else gas
        transaction = self.engine.sign(CallFields(source, target, _bytes(data), value, limit))
        mined = self.engine.mine_transaction(transaction)
        receipt = self._receipt(mined)
        if mined.failure:
            reverted = self._errors.reverted(mined.failure, mined.output, receipt)
            reverted.retrace = lambda: self.trace(receipt)
            raise reverted
        return receipt

    def call(
        self,
        *,
        to: object = None,
        data: bytes | str = b"",
        sender: Sender | None = None,
        value: int = 0,
        gas: int | None = None,
    ) -> bytes:
        """Execute on top of the latest block, keep nothing, and return the output.

        Args:
            to: address, or what has one; None runs init code.
            data: calldata or init code, as bytes or hex.
            sender: anybody, no key needed; the first account by default.
            value: wei; the sender must have it.
            gas: limit; a whole block's by default.

        Raises:
            InvalidTransaction: the sender lacks the value, or gas the intrinsic cost.
            Reverted: it failed.
        """
        source = _address(self.accounts[0] if sender is None else sender)
        target = b"" if to is None else _address(to)
        fields = CallFields(source, target, _bytes(data), value, gas)
        outcome = self.engine.call(fields)
        if outcome.failure:
            reverted, block = self._errors.reverted(outcome.failure, outcome.output), self.block_number
            reverted.retrace = lambda: self._names.decoded(self.engine.trace_call(fields, at=block))
            raise reverted
        return outcome.output

    def trace(self, transaction: Receipt | bytes | str) -> Call:
        """Execute a mined transaction once more and return what it did, call by call; print it to see it.

        Args:
            transaction: its receipt, or its hash.

        Raises:
            LookupError: it is not mined, or a reorganisation or revert has dropped it.
        """
        named = transaction.transaction_hash if isinstance(transaction, Receipt) else _bytes(transaction)
        return self._names.decoded(self.engine.trace(named))

    def label(self, address: object, name: str) -> None:
        """Call an address by a name in traces."""
        self._labels[to_checksum_address(_address(address))] = name

    @contextmanager
    def impersonate(self, address: object) -> Iterator[Impersonated]:
        """Let an address send without a key, a contract's too, inside the context.

        Such transactions are mined like others and pay no gas; a value they send must be there. The
        sender's nonce moves, so a contract's next CREATE address does too. Through `w3` the address
        can be `from` as well.
        """
        raw = _address(address)
        nested = raw in self.engine.impersonated
        self.engine.impersonate(raw)
        try:
            yield Impersonated(to_checksum_address(raw))
        finally:
            if not nested:
                self.engine.stop_impersonating(raw)

    def add_account(self, account: LocalAccount) -> None:
        """Let the chain sign for an account, so that its address alone can send. It gets no ether."""
        self.engine.add_key(bytes(account.key))

    # --- state

    def balance(self, address: object) -> int:
        """Return a balance in wei."""
        return self.engine.balance(_address(address))

    def set_balance(self, address: object, wei: int) -> None:
        """Set a balance; mines a block."""
        self.engine.set_balance(_address(address), wei)
        self.engine.mine()

    def nonce(self, address: object) -> int:
        """Return the number of transactions sent, or contracts created."""
        return self.engine.nonce(_address(address))

    def code(self, address: object) -> bytes:
        """Return the code at an address; empty if there is none."""
        return self.engine.code(_address(address))

    def storage(self, address: object, slot: int) -> int:
        """Return a storage word."""
        return self.engine.storage(_address(address), slot)

    # --- blocks and time

    @property
    def block_number(self) -> int:
        """Number of the latest block; 0 is genesis."""
        return self.engine.head.number

    @property
    def timestamp(self) -> int:
        """Time of the latest block, in seconds; genesis is 2026-01-01. Each block adds one second."""
        return self.engine.head.timestamp

    def mine(self, n: int = 1) -> None:
        """Mine empty blocks."""
        self.engine.mine(n)

    def travel(self, seconds: int) -> None:
        """Mine a block that many seconds after the latest.

        Raises:
            InvalidTravel: seconds is below one.
        """
        if seconds < 1:
            raise InvalidTravel(seconds)
        self.engine.mine(timestamp=self.timestamp + seconds)

    # --- snapshots

    def snapshot(self) -> SnapshotId:
        """Remember the present state, time included."""
        return SnapshotId(self.engine.snapshot(), self)

    def revert(self, snapshot: SnapshotId) -> None:
        """Return to a snapshot. It stays valid; those taken after it do not.

        Everything that happened since is gone: blocks, time, receipts, keys that the chain learned.
        ABIs that it learned stay.

        Raises:
            UnknownSnapshot: of another chain, or taken after a state that was reverted to.
        """
        if snapshot.chain is not self:
            raise UnknownSnapshot(snapshot, f"it belongs to {snapshot.chain}, not to {self}")
        if not self.engine.revert(snapshot.number, keep=True):
            raise UnknownSnapshot(
                snapshot,
                "it is gone: an earlier snapshot was reverted to, or its anchor() ended; take a new one",
            )

    @contextmanager
    def anchor(self) -> Iterator[SnapshotId]:
        """Take a snapshot, and revert to it at the end of the context, whatever happened."""
        snapshot = self.snapshot()
        try:
            yield snapshot
        finally:
            # Whoever reverted to an earlier state inside has undone all this, and more.
            self.engine.revert(snapshot.number)

    def reorg(self, depth: int, *, transactions: Reorder | None = None) -> Reorg:
        """Replace the last blocks by as many others, as when another miner's branch wins.

        Snapshots taken since are gone, and so are balances set since.

        Args:
            depth: how many.
            transactions: from those of the dropped blocks, returns which go back, in their new order; by
                default all, as they were.

        Raises:
            InvalidReorg: depth is below one, or reaches genesis.
        """
        return self.engine.reorg(depth, transactions=transactions)

    # --- logs

    def logs(
        self,
        *,
        address: object = None,
        event: str | None = None,
        from_block: int = 0,
        to_block: int | None = None,
    ) -> list[Event]:
        """Return the logs that a known ABI decodes, oldest first.

        Args:
            address: only of this contract.
            event: only events of this name.
            from_block: first block.
            to_block: last block, included; the latest by default.
        """
        topics = None if event is None else self._events.topics(event)
        if topics == []:
            return []
        raw = self.engine.logs(
            from_block,
            "latest" if to_block is None else to_block,
            [] if address is None else [_address(address)],
            [] if topics is None else [topics],
        )
        return [found for found in self._events.decode_all(raw) if event in (None, found.name)]

    # --- inside

    def _sender(self, sender: Sender | None) -> bytes:
        sender = self.accounts[0] if sender is None else sender
        address = _address(sender)
        if not self.engine.can_send(address):
            if not isinstance(sender, LocalAccount):
                raise UnknownSender(to_checksum_address(address))
            self.add_account(sender)
        return address

    def _receipt(self, mined: Mined) -> Receipt:
        created = mined.contract_address if mined.status else None
        return Receipt(
            status=mined.status,
            gas_used=mined.gas_used,
            gas_price=mined.effective_gas_price,
            block_number=mined.block_number,
            transaction_hash=mined.hash,
            contract_address=None if created is None else to_checksum_address(created),
            logs=mined.logs,
            events=self._events.decode_all(mined.logs),
        )


def _address(value: object) -> bytes:
    value = getattr(value, "address", value)
    if isinstance(value, bytes) and len(value) == 20:
        return value
    if isinstance(value, str) and is_hex_address(value):
        return bytes(to_canonical_address(value))
    raise InvalidAddress(value)


def _bytes(data: bytes | str) -> bytes:
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else bytes(data)
