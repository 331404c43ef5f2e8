"""What an onlooker sees of both layers at one moment, and of the transactions that L1 mined between two."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zkrollup.devnet import ETH, Devnet, User
from zkrollup.evm import Contract


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody holds on one layer, in the smallest unit."""

    eth: int
    test: int

    def __sub__(self, other: "Holding") -> "Holding":
        return Holding(self.eth - other.eth, self.test - other.test)


@dataclass(frozen=True, slots=True)
class Roots:
    """The roots of L2's state, as each place knows it.

    Attributes:
        l1_proven: What L1 has seen proved.
        l1_committed: What the operator has claimed on L1, proved or not.
        l2: What the sequencer has sealed.
    """

    l1_proven: int
    l1_committed: int
    l2: int


@dataclass(frozen=True, slots=True)
class View:
    """Both layers at one moment.

    Attributes:
        l1_block: Number of L1's last block.
        roots: Of L2's state.
        holdings: By holder and layer, always the same in the same order.
    """

    l1_block: int
    roots: Roots
    holdings: Mapping[str, Holding]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that L1 has mined.

    Attributes:
        sender: By name where known, else the address.
        contract: Called or created, by name where known.
        function: What was called; "deploy" for a creation.
        gas: Used.
        succeeded: Whether it was not reverted.
    """

    sender: str
    contract: str
    function: str
    gas: int
    succeeded: bool


class Observer:
    """Reads both chains; changes neither."""

    def __init__(self, devnet: Devnet, users: Sequence[User]) -> None:
        self._devnet = devnet
        self._users = users
        contracts = devnet.rollup.operator.bridge.contracts
        self._contracts: dict[str, Contract] = {
            "Lock": contracts.lock,
            "Rollup": contracts.rollup,
            "batch verifier": contracts.batch_verifier,
            "claim verifier": contracts.claim_verifier,
            "TestToken": devnet.token,
        }
        operator = devnet.rollup.operator.bridge.operator.address
        self.addresses: Mapping[str, str] = {
            **{name: contract.address for name, contract in self._contracts.items()},
            **{user.name: user.address for user in users},
            "operator": str(operator),
        }
        """By name: contracts on L1, users, operator."""
        self._names = {address: name for name, address in self.addresses.items()}

    def view(self) -> View:
        """Both layers now."""
        rollup = self._devnet.rollup
        # Before the roots: reading balances takes in deposits that have arrived.
        holdings = self._holdings()
        contract = rollup.contract
        roots = Roots(int(contract.stateRoot()), int(contract.committedRoot()), rollup.state_root)
        return View(self._devnet.l1.block_number, roots, holdings)

    def transactions(self, after: int, to: int) -> tuple[Transaction, ...]:
        """What L1 mined in blocks ``after`` + 1 to ``to``."""
        return tuple(self._read(after + 1, to))

    def deployment(self) -> tuple[Transaction, ...]:
        """The transactions that created contracts, from the beginning."""
        everything = self._read(0, self._devnet.l1.block_number)
        return tuple(each for each in everything if each.function == "deploy")

    # Inside

    def _holdings(self) -> dict[str, Holding]:
        rollup, token = self._devnet.rollup, self._devnet.token
        holdings = {}
        for user in self._users:
            holdings[f"{user.name}, L1"] = Holding(user.l1_balance(ETH), user.l1_balance(token))
            holdings[f"{user.name}, L2"] = Holding(user.l2_balance(ETH), user.l2_balance(token))
            holdings[f"{user.name}, L2 Mint"] = Holding(self._minted(ETH, user), self._minted(token, user))
        holdings["Lock, L1"] = Holding(
            rollup.lock.locked("0x" + "00" * 20), rollup.lock.locked(token.address)
        )
        return holdings

    def _minted(self, token: Contract | int, user: User) -> int:
        """0 as long as a token has no Mint."""
        mints = self._devnet.rollup.operator.mirror.state.mints
        number = token if isinstance(token, int) else int(token.address, 16)
        return int(mints[number].balanceOf(user)) if number in mints else 0

    def _read(self, first: int, last: int) -> Iterable[Transaction]:
        eth: Any = self._devnet.l1.w3.eth  # web3.py types a block's transactions as either kind
        for number in range(first, last + 1):
            # One by one: eth-tester's full blocks keep Python's names for a transaction's fields.
            for digest in eth.get_block(number)["transactions"]:
                yield self._describe(eth.get_transaction(digest), eth.get_transaction_receipt(digest))

    def _describe(self, transaction: Any, receipt: Any) -> Transaction:
        created = receipt["contractAddress"]
        address = created or transaction["to"]
        contract = self._names.get(address, address)
        function = "deploy" if created else self._function(contract, bytes(transaction["input"]))
        sender = self._names.get(transaction["from"], transaction["from"])
        return Transaction(sender, contract, function, receipt["gasUsed"], receipt["status"] == 1)

    def _function(self, contract: str, data: bytes) -> str:
        if contract not in self._contracts or len(data) < 4:
            return data[:4].hex() or "transfer of ETH"
        found = self._contracts[contract].w3.get_function_by_selector(data[:4])
        return str(found.fn_name)
