"""A deployed contract as a Python object. Owns names and overloads; execution is the chain's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from eth_abi.exceptions import DecodingError

from zkrollup.errors import ZkRollupError, suggestion
from zkrollup.evm.abi import Abi, Interface, InvalidArgument, Signature, UndecodableResult, signatures
from zkrollup.evm.events import Event
from zkrollup.evm.receipts import Receipt
from zkrollup.units import Written, smallest_units

if TYPE_CHECKING:
    from zkrollup.evm.chain import Chain
    from zkrollup.evm.parties import Sender

_NO_CODE: Final = "there is no code; was it deployed after a snapshot since reverted?"


class NoCode(ZkRollupError):
    """A transaction calls a function where there is no code. It would succeed and do nothing.

    Solidity's callers refuse it too, by the size of the code.

    Attributes:
        function: with its parameters.
        address: that has no code.
    """

    def __init__(self, function: str, address: str) -> None:
        self.function, self.address = function, address
        super().__init__(f"{function} at {address} would do nothing: {_NO_CODE}")


class UnknownFunction(ZkRollupError, AttributeError):
    """The ABI has no such function, or none that takes such arguments.

    Attributes:
        function: the name asked for.
        candidates: signatures to choose from.
    """

    def __init__(self, function: str, candidates: Sequence[str], rule: str) -> None:
        self.function = function
        self.candidates = tuple(candidates)
        names = [each.partition("(")[0] for each in candidates]
        hint = "" if function in names else suggestion(function, names)
        super().__init__(f"{function}: {rule}{hint}; there is: {', '.join(candidates) or 'nothing'}")


class AmbiguousFunction(ZkRollupError):
    """Several functions of a name take such arguments.

    Attributes:
        function: the name asked for.
        candidates: signatures to choose from.
    """

    def __init__(self, function: str, candidates: Sequence[str], arguments: str) -> None:
        self.function = function
        self.candidates = tuple(candidates)
        choices = " or ".join(f"contract[{each!r}]" for each in candidates)
        super().__init__(f"{function} is ambiguous: {len(candidates)} take {arguments}; use {choices}")


class UnknownError(ZkRollupError):
    """The ABI has no such error.

    Attributes:
        error: the name asked for.
        candidates: signatures to choose from.
    """

    def __init__(self, error: str, candidates: Sequence[str]) -> None:
        self.error = error
        self.candidates = tuple(candidates)
        hint = suggestion(error, [each.partition("(")[0] for each in candidates])
        listed = ", ".join(candidates) or "nothing"
        super().__init__(f"{error}: no such error in the ABI{hint}; there is: {listed}")


class NotCalled(ZkRollupError, TypeError):
    """A function of a contract was used as its answer: the call is missing.

    Attributes:
        function: its name.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        super().__init__(
            f"{function} is a function of a contract, which is always true and equals nothing; call it: "
            f"{function}(...)"
        )


class NotSettable(ZkRollupError, AttributeError):
    """A function of a contract was assigned to, which changes nothing on the chain.

    Attributes:
        function: its name.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        super().__init__(
            f"{function} is a function of the contract, and what it answers is on the chain; send a "
            "transaction that changes it, or answer for it inside "
            f"`with chain.mock(contract.{function}, returns=...):`"
        )


class Method:
    """The functions of one name of one contract. Calling it reads or transacts, as the ABI says.

    Arguments may be named, as in ``vault.deposit(assets=5, receiver=alice, sender=alice)``. `sender`, `value`
    and `gas` are the transaction's: a parameter of such a name, or of a Python keyword's, is given with an
    underscore after it: ``token.transfer(to=bob, value_=5)``.

    Attributes:
        contract: that it is of.
        name: without types.
        overloads: the functions.
    """

    def __init__(self, contract: "Contract", name: str, overloads: Sequence[Signature]) -> None:
        self.contract = contract
        self.name = name
        self.overloads = tuple(overloads)

    def __call__(
        self,
        *args: Any,
        sender: "Sender | None" = None,
        value: int = 0,
        gas: int | None = None,
        **named: Any,
    ) -> Any:
        """Call a view or pure function, transact any other."""
        act = self.call if self.choose(args, named).reads else self.transact
        return act(*args, sender=sender, value=value, gas=gas, **named)

    def call(
        self,
        *args: Any,
        sender: "Sender | None" = None,
        value: int = 0,
        gas: int | None = None,
        **named: Any,
    ) -> Any:
        """Execute without keeping the effects and return the decoded result.

        Raises:
            InvalidArgument: an argument has no encoding.
            Reverted: the execution failed.
            UndecodableResult: the result is not what the ABI says.
        """
        function, contract = self.choose(args, named), self.contract
        data = function.selector + function.encode(args, named)
        output = contract.chain.call(to=contract, data=data, sender=sender, value=value, gas=gas)
        if not output and contract.chain.is_codeless(contract.address):
            raise UndecodableResult(function.canonical, contract.address, output, _NO_CODE)
        try:
            return function.decode_result(output)
        except DecodingError as error:
            raise UndecodableResult.of(function, contract.address, output, error) from error

    def transact(
        self,
        *args: Any,
        sender: "Sender | None" = None,
        value: int = 0,
        gas: int | None = None,
        **named: Any,
    ) -> Receipt:
        """Send a transaction and return its receipt.

        Raises:
            InvalidArgument: an argument has no encoding.
            InvalidTransaction: it cannot be in a block; nothing changed.
            NoCode: there is no contract; nothing changed.
            Reverted: it was mined and failed.
        """
        function, contract = self.choose(args, named), self.contract
        data = function.selector + function.encode(args, named)
        if contract.chain.is_codeless(contract.address):
            raise NoCode(function.declared, contract.address)
        receipt = contract.chain.transact(to=contract, data=data, sender=sender, value=value, gas=gas)
        return replace(receipt, function=function)

    def encode(self, *args: Any, **named: Any) -> bytes:
        """Return the calldata."""
        function = self.choose(args, named)
        return function.selector + function.encode(args, named)

    def choose(self, args: Sequence[Any], named: Mapping[str, Any] | None = None) -> Signature:
        """Return the overload that takes these arguments, by their number and names.

        Raises:
            UnknownFunction: none of several does.
            AmbiguousFunction: more than one does.
        """
        named = named or {}
        if len(self.overloads) == 1:
            return self.overloads[0]
        fitting = [f for f in self.overloads if _takes(f, args, named)]
        if len(fitting) == 1:
            return fitting[0]
        names = f" with {', '.join(named)} by name" if named else ""
        arguments = f"{len(args) + len(named)} arguments{names}"
        if fitting:
            raise AmbiguousFunction(self.name, [f.canonical for f in fitting], arguments)
        rule = f"none of {len(self.overloads)} overloads takes {arguments}"
        raise UnknownFunction(self.name, [f.canonical for f in self.overloads], rule)

    def __bool__(self) -> bool:
        raise NotCalled(self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Method):
            raise NotCalled(self.name)
        return (self.contract, self.overloads) == (other.contract, other.overloads)

    def __hash__(self) -> int:
        return hash((self.contract, self.overloads))

    def __repr__(self) -> str:
        return f"<{' | '.join(f.declared for f in self.overloads)} of {self.contract.address}>"


def _takes(function: Signature, args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    try:
        function.bind(args, named)
    except InvalidArgument:
        return False
    return True


class Contract:
    """A contract at an address; its functions are attributes.

    `contract.balanceOf(a)` calls and returns the value, `contract.transfer(a, 5, sender=alice)`
    transacts and returns the receipt; the ABI tells which. `contract["f(uint256)"]` picks an
    overload, or a function whose name this class uses itself. `contract.units("2.5")` is an amount of
    a token in its smallest unit, where the ABI has `decimals` and no function of that name.

    Attributes:
        address: checksummed.
        abi: as given.
        interface: its signatures by their hashes.
        chain: that it is on.
    """

    def __init__(self, chain: "Chain", address: str, abi: Abi) -> None:
        self.chain = chain
        self.address = address
        self.abi = abi
        self.interface = Interface.of(abi)
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

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling probe for dunders before __init__ has run.
        if name.startswith("__") or "_functions" not in self.__dict__:
            raise AttributeError(name)
        if name == "units" and not self.has(name) and self.has("decimals"):
            return self._units  # a contract's own function of the name comes first
        return self[name]

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__.get("_functions", ()):
            raise NotSettable(name)
        super().__setattr__(name, value)

    def _units(self, amount: Written) -> int:
        """An amount of whole tokens in the smallest unit, by the contract's ``decimals``.

        Raises:
            WrongArgument: It is no such amount, or has more decimals than the token.
        """
        return smallest_units(amount, int(self["decimals"]()))

    def has(self, function: str) -> bool:
        """Whether the ABI has a function of this name."""
        return function in self._functions

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._functions]

    def encode(self, name: str, *args: Any) -> bytes:
        """Return the calldata of a function, by name or full signature."""
        return self[name].encode(*args)

    def encode_error(self, name: str, /, *args: Any, **named: Any) -> bytes:
        """Return the revert data of a custom error of the ABI.

        Raises:
            InvalidArgument: an argument has no encoding.
            UnknownError: the ABI has no such error.
        """
        errors = {error.name: error for error in signatures(self.abi, "error")}
        if name not in errors:
            raise UnknownError(name, [error.canonical for error in errors.values()])
        return errors[name].selector + errors[name].encode(args, named)

    def events(self, name: str | None = None, from_block: int = 0) -> list[Event]:
        """Return this contract's events of a name, or all, oldest first. Raises what ``Chain.logs`` does."""
        return self.chain.logs(address=self, event=name, from_block=from_block)

    @property
    def w3(self) -> Any:
        """web3.py's contract object."""
        return self.chain.w3.eth.contract(address=self.address, abi=self.abi)  # type: ignore[call-overload]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contract) and (self.chain, self.address) == (other.chain, other.address)

    def __hash__(self) -> int:
        return hash((id(self.chain), self.address))

    def __repr__(self) -> str:
        name = self.chain.knowledge.labels.get(self.address, "Contract")
        return f"<{name} {self.address} on chain {self.chain.chain_id}>"
