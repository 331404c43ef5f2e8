"""A deployed contract as a Python object. Owns names and overloads; execution is the chain's."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eth_abi.exceptions import DecodingError

from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import Abi, Signature, decode, signatures, unwrap
from zkrollup.evm.events import Event
from zkrollup.evm.receipts import Receipt

if TYPE_CHECKING:
    from zkrollup.evm.chain import Chain, Sender


class UnknownFunction(ZkRollupError, AttributeError):
    """The ABI has no such function, or several and no way to choose.

    Attributes:
        function: the name asked for.
        candidates: signatures to choose from.
    """

    def __init__(self, function: str, candidates: Sequence[str], rule: str) -> None:
        self.function = function
        self.candidates = tuple(candidates)
        super().__init__(f"{function}: {rule}; there is: {', '.join(candidates) or 'nothing'}")


class UndecodableResult(ZkRollupError):
    """A call returned what its ABI does not allow.

    Attributes:
        function: canonical signature.
        address: of the contract called.
        data: what came back.
    """

    def __init__(self, function: str, address: str, data: bytes, code: bytes) -> None:
        self.function = function
        self.address = address
        self.data = data
        hint = (
            "the ABI is of another contract"
            if code
            else "there is no code; was it deployed after a snapshot since reverted?"
        )
        super().__init__(f"{function} at {address} returned {len(data)} bytes (0x{data.hex()}): {hint}")


class Method:
    """The functions of one name of one contract. Calling it reads or transacts, as the ABI says."""

    def __init__(self, contract: "Contract", name: str, overloads: Sequence[Signature]) -> None:
        self._contract = contract
        self._name = name
        self._overloads = overloads

    def __call__(
        self, *args: Any, sender: "Sender | None" = None, value: int = 0, gas: int | None = None
    ) -> Any:
        """Call a view or pure function, transact any other."""
        if self._choose(len(args)).reads:
            return self.call(*args, sender=sender, value=value, gas=gas)
        return self.transact(*args, sender=sender, value=value, gas=gas)

    def call(self, *args: Any, sender: "Sender | None" = None, value: int = 0, gas: int | None = None) -> Any:
        """Execute without keeping the effects and return the decoded result.

        Raises:
            InvalidArgument: an argument has no encoding.
            Reverted: the execution failed.
            UndecodableResult: the result is not what the ABI says.
        """
        function, contract = self._choose(len(args)), self._contract
        data = function.selector + function.encode(args)
        output = contract.chain.call(to=contract.address, data=data, sender=sender, value=value, gas=gas)
        try:
            return unwrap(function.outputs, decode(function.outputs, output))
        except DecodingError as error:
            code = contract.chain.code(contract.address)
            raise UndecodableResult(function.canonical, contract.address, output, code) from error

    def transact(
        self, *args: Any, sender: "Sender | None" = None, value: int = 0, gas: int | None = None
    ) -> Receipt:
        """Send a transaction and return its receipt.

        Raises:
            InvalidArgument: an argument has no encoding.
            InvalidTransaction: it cannot be in a block; nothing changed.
            Reverted: it was mined and failed.
        """
        contract = self._contract
        return contract.chain.transact(
            to=contract.address, data=self.encode(*args), sender=sender, value=value, gas=gas
        )

    def encode(self, *args: Any) -> bytes:
        """Return the calldata."""
        function = self._choose(len(args))
        return function.selector + function.encode(args)

    def _choose(self, count: int) -> Signature:
        if len(self._overloads) == 1:
            return self._overloads[0]
        fitting = [f for f in self._overloads if len(f.inputs) == count]
        if len(fitting) == 1:
            return fitting[0]
        rule = f"{len(fitting)} overloads take {count} arguments; use contract['name(types)']"
        raise UnknownFunction(self._name, [f.canonical for f in self._overloads], rule)

    def __repr__(self) -> str:
        return f"<{' | '.join(f.canonical for f in self._overloads)} of {self._contract.address}>"


class Contract:
    """A contract at an address; its functions are attributes.

    `contract.balanceOf(a)` calls and returns the value, `contract.transfer(a, 5, sender=alice)`
    transacts and returns the receipt; the ABI tells which. `contract["f(uint256)"]` picks an
    overload, or a function whose name this class uses itself.

    Attributes:
        address: checksummed.
        abi: as given.
        chain: that it is on.
    """

    def __init__(self, chain: "Chain", address: str, abi: Abi) -> None:
        self.chain = chain
        self.address = address
        self.abi = abi
        self._functions: dict[str, list[Signature]] = {}
        for function in signatures(abi, "function"):
            self._functions.setdefault(function.name, []).append(function)

    def __getitem__(self, name: str) -> Method:
        overloads = self._functions.get(name.split("(")[0], [])
        if "(" in name:
            overloads = [f for f in overloads if f.canonical == name.replace(" ", "")]
        if not overloads:
            known = sorted(f.canonical for fs in self._functions.values() for f in fs)
            raise UnknownFunction(name, known, "no such function in the ABI")
        return Method(self, name, overloads)

    def __getattr__(self, name: str) -> Method:
        # Copying and pickling probe for dunders before __init__ has run.
        if name.startswith("__") or "_functions" not in self.__dict__:
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._functions]

    def encode(self, name: str, *args: Any) -> bytes:
        """Return the calldata of a function, by name or full signature."""
        return self[name].encode(*args)

    def events(self, name: str | None = None, from_block: int = 0) -> list[Event]:
        """Return this contract's events of a name, or all, oldest first."""
        return self.chain.logs(address=self.address, event=name, from_block=from_block)

    @property
    def w3(self) -> Any:
        """web3.py's contract object."""
        return self.chain.w3.eth.contract(address=self.address, abi=self.abi)  # type: ignore[call-overload]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contract) and (self.chain, self.address) == (other.chain, other.address)

    def __hash__(self) -> int:
        return hash((id(self.chain), self.address))

    def __repr__(self) -> str:
        return f"<Contract {self.address} on chain {self.chain.chain_id}>"
