"""The chain as tests see it. Owns contracts, transactions, calls and logs.

Does not own what only testers may do (`cheats`, `snapshots`), execution (`engine`), ABIs (`abi`).

Everything here takes effect at once: a transaction is mined in a block of its own as it is sent.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils import to_canonical_address, to_checksum_address

from zkrollup.evm import accounts as mnemonic
from zkrollup.evm.abi import Abi, Signature, signatures
from zkrollup.evm.cheats import Cheats
from zkrollup.evm.contract import Contract
from zkrollup.evm.engine.blocks import Mined
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.mocks import Mocks
from zkrollup.evm.engine.transactions import CallFields
from zkrollup.evm.events import Event, EventTable
from zkrollup.evm.parties import Sender, UnknownSender, address_bytes, data_bytes
from zkrollup.evm.receipts import Receipt
from zkrollup.evm.reverts import ErrorTable
from zkrollup.evm.snapshots import Snapshots
from zkrollup.evm.traces import Call, FunctionTable, Names

if TYPE_CHECKING:
    from web3 import Web3

DEFAULT_GAS: Final = 2**24
"""Gas limit of a transaction that names none. Nothing is estimated: an estimate would report a
revert before the transaction is sent. 2^24 is the most that Osaka allows (EIP-7825)."""


class Chain(Cheats, Snapshots):
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
        checksummed = to_checksum_address(address_bytes(address))
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
        **named: Any,
    ) -> Contract:
        """Deploy a contract.

        Args:
            abi: of the contract.
            bytecode: init code without constructor arguments, as bytes or hex.
            args: of the constructor; they may be named, see `Method`.
            sender: the first account by default.
            value: wei to send along.
            gas: limit; DEFAULT_GAS by default.
            named: arguments of the constructor by name.

        Raises:
            InvalidArgument: a constructor argument has no encoding.
            InvalidTransaction: it cannot be in a block.
            Reverted: the constructor failed.
        """
        self._errors.add(abi)
        self._events.add(abi)
        constructors = signatures(abi, "constructor")
        constructor = constructors[0] if constructors else Signature("constructor", ())
        code = data_bytes(bytecode) + constructor.encode(args, named)
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
        receipt = self.transact(to=None, data=data_bytes(init_code), sender=sender, value=value, gas=gas)
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
        target = b"" if to is None else address_bytes(to)
        limit = DEFAULT_GAS if gas is None else gas
        transaction = self.engine.sign(CallFields(source, target, data_bytes(data), value, limit))
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
        source = address_bytes(self.accounts[0] if sender is None else sender)
        target = b"" if to is None else address_bytes(to)
        fields = CallFields(source, target, data_bytes(data), value, gas)
        outcome = self.engine.call(fields)
        if outcome.failure:
            reverted, block = self._errors.reverted(outcome.failure, outcome.output), self.block_number
            mocks = self.engine.mocks
            reverted.retrace = lambda: self._retrace(fields, block, mocks)
            raise reverted
        return outcome.output

    def trace(self, transaction: Receipt | bytes | str) -> Call:
        """Execute a mined transaction once more and return what it did, call by call; print it to see it.

        Args:
            transaction: its receipt, or its hash.

        Raises:
            LookupError: it is not mined, or a reorganisation or revert has dropped it.
        """
        named = transaction.transaction_hash if isinstance(transaction, Receipt) else data_bytes(transaction)
        return self._names.decoded(self.engine.trace(named))

    def _retrace(self, fields: CallFields, block: int, mocks: Mocks) -> Call:
        with self.engine.mocking(mocks):
            return self._names.decoded(self.engine.trace_call(fields, at=block))

    def label(self, address: object, name: str) -> None:
        """Call an address by a name in traces."""
        self._labels[to_checksum_address(address_bytes(address))] = name

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
            [] if address is None else [address_bytes(address)],
            [] if topics is None else [topics],
        )
        return [found for found in self._events.decode_all(raw) if event in (None, found.name)]

    # --- inside

    def _sender(self, sender: Sender | None) -> bytes:
        sender = self.accounts[0] if sender is None else sender
        address = address_bytes(sender)
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
            to=to_checksum_address(mined.transaction.to) if mined.transaction.to else None,
            output=mined.output,
        )
