"""Assertions about what must happen: a refusal by a contract on L1 or by the ledger on L2, an event."""

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.evm import Chain, Contract, Event, Reverted
    from zkrollup.ledger.transition import RefusedOperation

E = TypeVar("E", bound=ZkRollupError)


class Expectation(Generic[E]):
    """A block that must end with an error; what ``reverts`` and ``refuses`` give."""

    def __init__(self) -> None:
        self._error: E | None = None

    @property
    def error(self) -> E:
        """The error that ended the block.

        Raises:
            LookupError: The block has not ended yet.
        """
        if self._error is None:
            raise LookupError("there is no error before the block has ended; read it after the block")
        return self._error

    def __enter__(self) -> "Expectation[E]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        __tracebackhide__ = True
        if error is None:
            raise AssertionError(f"expected {self._wanted()}, but {self._nothing()}")
        if not self._is_kind(error):
            return False
        mismatch = self._mismatch(error)  # type: ignore[arg-type]  # _is_kind has just said so
        if mismatch is not None:
            raise AssertionError(f"expected {self._wanted()}, but got {mismatch}") from error
        self._error = error  # type: ignore[assignment]
        return True

    def _wanted(self) -> str:
        raise NotImplementedError

    def _nothing(self) -> str:
        raise NotImplementedError

    def _is_kind(self, error: BaseException) -> bool:
        raise NotImplementedError

    def _mismatch(self, error: E) -> str | None:
        raise NotImplementedError


class reverts(Expectation["Reverted"]):  # noqa: N801  # reads as a verb: with reverts("Paused")
    """Passes when the block ends with a revert of this name and with these fields.

        with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        with reverts("Panic", code=0x11):
        with reverts("Error", message="paused"):
        with reverts("transfer amount exceeds balance"):  # the same for text that is no name
        with reverts("OutOfGas"):                         # an exceptional halt
        with reverts(b""):                                # without data
        with reverts(token.encode_error("Paused")):       # just this data, whatever it means
        with reverts() as refusal:                        # any; see refusal.error

    Reverts of web3.py's own calls are its exceptions, not these.

    Args:
        name: A custom error's name, "Error", "Panic", a halt's name, or a revert string that could not be
            a name; revert data as bytes; None takes any revert.
        fields: Expected arguments, by parameter name; those left out may be anything. Addresses may be
            anything that has ``.address``, in any case. A parameter ``from`` is given as ``from_``.

    Raises:
        AssertionError: On leaving: nothing reverted, or something else did; it shows both.
        TypeError: Fields beside a revert string or data.
    """

    def __init__(self, name: str | bytes | None = None, /, **fields: Any) -> None:
        super().__init__()
        self._data = name if isinstance(name, bytes) else None
        if isinstance(name, bytes) or (name is not None and not name.isidentifier()):
            if fields:
                what = "revert data" if isinstance(name, bytes) else "a revert string"
                raise TypeError(f"{what} has no fields, but {', '.join(fields)} came with {name!r}")
            name, fields = "Error", {"message": name}
        self._name, self._fields = name, fields

    def _wanted(self) -> str:
        if self._data is not None:
            return f"a revert with 0x{self._data.hex()}" if self._data else "a revert without data"
        return _described(self._name or "any revert", self._fields)

    def _nothing(self) -> str:
        return "nothing reverted"

    def _is_kind(self, error: BaseException) -> bool:
        from zkrollup.evm import Reverted

        return isinstance(error, Reverted)

    def _mismatch(self, error: "Reverted") -> str | None:
        if self._data is not None:
            return None if error.failure == "Revert" and error.data == self._data else str(error)
        name = error.name if error.failure == "Revert" else error.failure
        fits = self._name in (None, name) and _has(error.args_by_name, self._fields)
        return None if fits else str(error)


class refuses(Expectation["RefusedOperation"]):  # noqa: N801
    """Passes when the block ends with the L2 ledger refusing an operation by this rule.

        with refuses("balance"):
            rollup.withdraw(ETH, 6, sender=alice)

    Args:
        rule: See ``RefusedOperation.rule``; None takes any.

    Raises:
        AssertionError: On leaving: nothing was refused, or by another rule.
    """

    def __init__(self, rule: str | None = None, /) -> None:
        super().__init__()
        self._rule = rule

    def _wanted(self) -> str:
        return f"a refusal by rule {self._rule!r}" if self._rule else "a refusal by the ledger"

    def _nothing(self) -> str:
        return "the ledger refused nothing"

    def _is_kind(self, error: BaseException) -> bool:
        from zkrollup.ledger.transition import RefusedOperation

        return isinstance(error, RefusedOperation)

    def _mismatch(self, error: "RefusedOperation") -> str | None:
        return None if self._rule in (None, error.rule) else f"rule {error.rule!r}: {error}"


class emits:  # noqa: N801
    """Passes when a contract emits an event with these fields inside the block.

        with emits(token, "Transfer", to=bob, value=5):
            token.transfer(bob, 5, sender=alice)
        with emits(chain, "Deposited") as emitted:  # by any contract
            ...
        assert emitted.event["amount"] == 5

    Args:
        source: The contract, or a chain for any contract on it.
        name: The event's.
        fields: Expected arguments, by parameter name; those left out may be anything. Addresses may be
            anything that has ``.address``, in any case. A parameter ``from`` is given as ``from_``.

    Raises:
        AssertionError: On leaving: there was no such event; it shows those that there were.
    """

    def __init__(self, source: "Contract | Chain", name: str, /, **fields: Any) -> None:
        self._source, self._name, self._fields = source, name, fields
        self._chain: Chain = getattr(source, "chain", source)  # type: ignore[arg-type]  # a chain has none
        self._start = 0
        self._found: list[Event] | None = None

    @property
    def events(self) -> "list[Event]":
        """The events that fit, oldest first.

        Raises:
            LookupError: The block has not ended yet.
        """
        if self._found is None:
            raise LookupError("no event is looked for before the block has ended; read it after the block")
        return self._found

    @property
    def event(self) -> "Event":
        """The first event that fits.

        Raises:
            LookupError: The block has not ended yet.
        """
        return self.events[0]

    def __enter__(self) -> "emits":
        self._start = self._chain.block_number + 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        if error is not None:
            return
        contract = None if self._source is self._chain else self._source
        seen = self._chain.logs(address=contract, from_block=self._start)
        found = [each for each in seen if each.name == self._name and _has(each.args, self._fields)]
        if not found:
            wanted = _described(self._name, self._fields)
            raise AssertionError(f"expected {wanted}, but {_listed(seen)}")
        self._found = found


def _listed(events: "list[Event]") -> str:
    if not events:
        return "no event was emitted that a known ABI decodes"
    return "there were only:" + "".join(f"\n  {_described(each.name, each.args)}" for each in events)


def _described(name: str, fields: Mapping[str, Any]) -> str:
    if not fields:
        return name
    return f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in fields.items())})"


def _shown(value: Any) -> str:
    value = getattr(value, "address", value)
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _has(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """Whether there are all expected fields; one that Python has a use for is given with an underscore."""
    named = {key if key in actual else key.removesuffix("_"): value for key, value in expected.items()}
    return all(key in actual and _same(actual[key], value) for key, value in named.items())


def _same(actual: Any, expected: Any) -> bool:
    """Equality that takes addresses in any case, and whatever has one."""
    expected = getattr(expected, "address", expected)
    if isinstance(actual, str) and isinstance(expected, str) and actual.startswith("0x"):
        return actual.lower() == expected.lower()
    return bool(actual == expected)
