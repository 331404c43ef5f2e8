"""The chain as tests see it. Owns contracts, transactions and calls.

Does not own logs (`logs`), what only testers may do (`cheats`, `snapshots`), execution (`engine`), nor ABIs
(`abi`).

Everything here takes effect at once: a transaction is mined in a block of its own as it is sent.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils import to_canonical_address, to_checksum_address

from zkrollup import arguments
from zkrollup.arguments import WrongArgumentType, WrongArgumentValue, integer
from zkrollup.errors import ZkRollupError
from zkrollup.evm import accounts as mnemonic
from zkrollup.evm import pictures
from zkrollup.evm.abi import Abi, Interface, Signature, signatures
from zkrollup.evm.addresses import contract_address
from zkrollup.evm.cheats import WEI, Cheats
from zkrollup.evm.contract import Contract
from zkrollup.evm.dataless import codeless
from zkrollup.evm.engine.blocks import Mined
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.mocks import Mocks
from zkrollup.evm.engine.tracing import CallTree, Trace
from zkrollup.evm.engine.transactions import CallFields, require_recipient_or_code
from zkrollup.evm.events import decode_all
from zkrollup.evm.knowledge import Knowledge, Lookup
from zkrollup.evm.logs import Logs
from zkrollup.evm.parties import (
    Sender,
    UnknownSender,
    address_bytes,
    block_number,
    data_bytes,
    init_code_bytes,
)
from zkrollup.evm.receipts import Receipt
from zkrollup.evm.reverts import Reverted, is_ambiguous
from zkrollup.evm.reverts import decode as decode_error
from zkrollup.evm.snapshots import Snapshots
from zkrollup.evm.traces import Call, Names, outermost
from zkrollup.locking import Lock, locked

if TYPE_CHECKING:
    from web3 import Web3

    from zkrollup.evm.rpc.provider import Provider

DEFAULT_GAS: Final = 2**24
"""Gas limit of a transaction that names none. Nothing is estimated: an estimate would report a
revert before the transaction is sent. 2^24 is the most that Osaka allows (EIP-7825)."""


_CHAIN_ID: Final = "pass a number from 1 to 2^64 - 1, such as 31337"


class Chain(Cheats, Logs, Snapshots):
    """A blockchain in this process, Prague rules, one block a transaction.

    Args:
        chain_id: of the CHAINID opcode, of signatures and of `w3.eth.chain_id`; 1 to 2^64 - 1.
        accounts: how many accounts of the test mnemonic to fund, with 10,000 ETH each.
        exact_roots: whether state roots are Merkle-Patricia roots. By default a hash of what changed
            stands in for them, which no proof can use.
        lock: that threads take turns by. Chains that are used together share one; by default it is its own.

    Attributes:
        engine: what executes; below ABIs and JSON-RPC.
        accounts: the funded accounts; their keys are public knowledge.
        knowledge: ABIs and labels of what is on it. It goes back with the chain.

    Raises:
        WrongArgument: one of them is of another type, or out of its range.
    """

    def __init__(
        self,
        chain_id: int = 31337,
        *,
        accounts: int = 10,
        exact_roots: bool = False,
        lock: Lock | None = None,
    ) -> None:
        number = _chain_id(chain_id)
        if not isinstance(exact_roots, bool):
            raise WrongArgumentType("exact_roots", exact_roots, "pass True or False")
        if not isinstance(lock, Lock | None):
            raise WrongArgumentType("lock", lock, "pass another chain's `exclusive`, or nothing")
        self.accounts = mnemonic.derive(accounts)
        funded: dict[bytes, int] = {to_canonical_address(a.address): mnemonic.BALANCE for a in self.accounts}
        self.engine = Engine(number, funded, exact_roots=exact_roots, lock=lock)
        self.knowledge = Knowledge()
        self._w3: Web3 | None = None
        self._provider: Provider | None = None
        self.engine.accompany(self.knowledge)
        for account in self.accounts:
            self.add_account(account)

    @property
    def chain_id(self) -> int:
        """The number that signatures and the CHAINID opcode have; `anvil_setChainId` changes it."""
        return self.engine.chain_id

    def __repr__(self) -> str:
        return f"<Chain {self.chain_id} at block {self.block_number}>"

    # --- web3

    @property
    @locked
    def w3(self) -> "Web3":
        """web3.py over this chain. Managed accounts are `accounts`, and whoever is impersonated."""
        if self._w3 is None:
            from web3 import Web3

            from zkrollup.evm.rpc.provider import Provider

            self._provider = self._provider or Provider(self.engine)
            self._w3 = Web3(self._provider)
        return self._w3

    @locked
    def retrace_web3(self, data: bytes) -> Call | None:
        """Return what the last request of `w3` that reverted did.

        Args:
            data: what it reverted with; None is returned where the last one reverted with something else.
        """
        tree = None if self._provider is None else self._provider.retrace(data)
        return None if tree is None else self._decoded(tree, self.known())

    # --- contracts

    @locked
    def contract(self, abi: Abi, address: object) -> Contract:
        """Return the contract at an address; its errors and events are decoded from now on.

        A snapshot that is reverted to takes that back. Of several ABIs at one address the latest counts;
        what is asked of a contract goes by its own.

        Raises:
            InvalidAddress: there is no such address.
            WrongArgument: the ABI is none.
        """
        contract = Contract(self, str(to_checksum_address(address_bytes(address))), abi)
        self.knowledge.declare(contract.interface, contract.address)
        return contract

    @locked
    def deploy(
        self,
        /,
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
            WrongArgument: the ABI is none, or the bytecode none or empty, as that of an interface is.
        """
        Interface.of(abi)  # refuses what is none
        init_code = init_code_bytes(bytecode, "bytecode")
        constructors = signatures(abi, "constructor")
        constructor = constructors[0] if constructors else Signature("constructor", ())
        code = init_code + constructor.encode(args, named)
        source = self._sender(sender)
        nonce = self.engine.nonce(source, at="pending")
        created = Contract(self, contract_address(to_checksum_address(source), nonce), abi)
        self._transact(created, _fields(source, b"", code, value, gas))
        self.knowledge.declare(created.interface, created.address)
        return created

    def deploy_raw(
        self, init_code: bytes | str, sender: Sender | None = None, *, value: int = 0, gas: int | None = None
    ) -> str:
        """Run init code and return the address of what it left.

        Raises:
            InvalidTransaction: it cannot be in a block.
            Reverted: the init code failed.
            WrongArgument: it is none, or empty.
        """
        code = init_code_bytes(init_code, "init_code")
        receipt = self.transact(to=None, data=code, sender=sender, value=value, gas=gas)
        return str(receipt.contract_address)

    # --- execution

    @locked
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
            to: address, or what has one; None creates a contract. A contract's own ABI comes first.
            data: calldata or init code, as bytes or hex.
            value: wei.
            gas: limit; DEFAULT_GAS by default.

        Raises:
            UnknownSender: no key for the sender.
            InvalidTransaction: it cannot be in a block; nothing changed.
            Reverted: it failed. It has been mined; `error.receipt` is its receipt.
        """
        target = b"" if to is None else address_bytes(to)
        fields = _fields(self._sender(sender), target, data_bytes(data), value, gas)
        require_recipient_or_code(fields)
        return self._transact(to, fields)

    @locked
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
            to: address, or what has one; None runs init code. A contract's own ABI comes first.
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
        fields = _fields(source, target, data_bytes(data), value, gas)
        outcome = self.engine.call(fields)
        if outcome.failure:
            block, mocks = self.block_number, self.engine.mocks
            raise self._failed(
                to, outcome.failure, outcome.output, lambda steps: self._record(fields, block, mocks, steps)
            )
        return outcome.output

    @locked
    def trace(self, transaction: Receipt | bytes | str) -> Call:
        """Execute a mined transaction once more and return what it did, call by call; print it to see it.

        Args:
            transaction: its receipt, or its hash.

        Raises:
            LookupError: it is not mined, or a reorganisation or revert has dropped it.
        """
        named = transaction.transaction_hash if isinstance(transaction, Receipt) else data_bytes(transaction)
        return self._decoded(self.engine.trace(named), self.known())

    @locked
    def transcript(self, after: int = 0, *, most: int = 20, without: object = None) -> str:
        """List mined transactions as text: sender, call, gas, and events or failure; "" where there are none.

        Args:
            after: number of a block; only transactions of later ones.
            most: how many are shown, the latest ones; the others are counted.
            without: a sender whose transactions are not shown.
        """
        first = block_number(after, "after") + 1
        blocks = (self.engine.block(number) for number in range(first, self.block_number + 1))
        ignored = None if without is None else address_bytes(without)
        mined = [each for block in blocks for each in block.transactions if each.sender != ignored]
        before = max(0, len(mined) - integer(most, "most", "pass how many transactions to show"))
        calls = [self._decoded(outermost(each), self.known()) for each in mined[before:]]
        return pictures.listing(calls, before)

    @locked
    def label(self, address: object, name: str) -> None:
        """Call an address by a name in traces.

        Raises:
            InvalidAddress: it is none.
            WrongArgument: the name does not print.
        """
        text = arguments.name(name)
        self.knowledge.label(str(to_checksum_address(address_bytes(address))), text)

    # --- inside

    def _sender(self, sender: Sender | None) -> bytes:
        sender = self.accounts[0] if sender is None else sender
        address = address_bytes(sender)
        if not self.engine.can_send(address):
            if not isinstance(sender, LocalAccount):
                raise UnknownSender(to_checksum_address(address))
            self.add_account(sender)
        return address

    def _transact(self, contract: object, fields: CallFields) -> Receipt:
        """Mine a transaction; `contract` is what it calls or creates."""
        limit = DEFAULT_GAS if fields.gas is None else fields.gas
        mined = self.engine.mine_transaction(self.engine.sign(replace(fields, gas=limit)))
        receipt = self._receipt(mined, self.known(contract))
        if mined.failure:
            raise self._failed(
                contract,
                mined.failure,
                mined.output,
                lambda steps: self.engine.recorded(mined.hash, steps=steps),
                receipt,
            )
        return receipt

    @locked
    def _record(self, fields: CallFields, block: int, mocks: Mocks, steps: bool) -> Trace:
        with self.engine.mocking(mocks):
            return self.engine.recorded_call(fields, at=block, steps=steps)

    def _failed(
        self,
        contract: object,
        failure: str,
        data: bytes,
        record: Callable[[bool], Trace],
        receipt: Receipt | None = None,
    ) -> Reverted:
        """Make the exception; `record` executes once more, with its steps or without."""
        known = self.known(contract)
        names = Names(known)
        if failure == "Revert" and is_ambiguous(data, known):
            reason = names.reason(record(False).root)
        else:
            reason = decode_error(data, known, *filter(None, (known.address,)))
        reverted = Reverted.of(reason, data, failure, receipt)
        reverted.known = known
        reverted.retrace = lambda: self._retraced(record, known)
        reverted.why = cache(lambda: self._why(data, failure, record))
        return reverted

    @locked
    def _retraced(self, record: Callable[[bool], Trace], known: Lookup) -> Call:
        return self._decoded(record(False).root, known)

    def _decoded(self, tree: CallTree, known: Lookup) -> Call:
        """Put a call into words; contracts that nobody has declared are introduced first."""
        for address in {frame.to for frame in tree.frames()}:
            if self.code(address):
                self.knowledge.introduce(str(to_checksum_address(address)))
        return Names(known).decoded(tree)

    @locked
    def _why(self, data: bytes, failure: str, record: Callable[[bool], Trace]) -> str:
        """Say whose missing code made a contract revert without data; "" if it was not that."""
        try:
            trace = record(True)
        except (ZkRollupError, LookupError):  # the chain has gone back since, or it took too many steps
            return ""
        execution = trace.execution
        if (execution.output, execution.failure) != (data, failure):
            return ""
        found = codeless(trace.steps, lambda address: bool(self.code(address)))
        if found is None:
            return ""
        address = to_checksum_address(found)
        name = self.knowledge.labels.get(address)
        return f"there is no code at {address}{f' ({name})' if name else ''}"

    def _receipt(self, mined: Mined, known: Lookup) -> Receipt:
        created = mined.contract_address if mined.status else None
        return Receipt(
            status=mined.status,
            gas_used=mined.gas_used,
            gas_price=mined.effective_gas_price,
            block_number=mined.block_number,
            transaction_hash=mined.hash,
            contract_address=None if created is None else to_checksum_address(created),
            logs=mined.logs,
            events=decode_all(mined.logs, known),
            target=mined.transaction.to,
            output=mined.output,
        )


def _chain_id(value: object) -> int:
    number = integer(value, "chain_id", _CHAIN_ID)
    if not 1 <= number < 2**64:
        raise WrongArgumentValue("chain_id", value, _CHAIN_ID)
    return number


def _fields(sender: bytes, to: bytes, data: bytes, value: int, gas: int | None) -> CallFields:
    """A transaction's fields; what is in range is the engine's to say.

    Raises:
        WrongArgumentType: Value or gas is no whole number.
    """
    limit = None if gas is None else integer(gas, "gas")
    return CallFields(sender, to, data, integer(value, "value", WEI), limit)
