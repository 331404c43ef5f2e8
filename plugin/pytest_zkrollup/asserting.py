"""Assertions about refusals: by a contract on L1, or by the ledger on L2."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.evm import Reverted
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
        with reverts() as refusal:                        # any; see refusal.error

    Reverts of web3.py's own calls are its exceptions, not these.

    Args:
        name: A custom error's name, "Error", "Panic", a halt's name, or a revert string that could not be
            a name; None takes any revert.
        fields: Expected arguments, by parameter name; those left out may be anything. Addresses may be
            anything that has ``.address``, in any case.

    Raises:
        AssertionError: On leaving: nothing reverted, or something else did; it shows both.
        TypeError: Fields beside a revert string.
    """

    def __init__(self, name: str | None = None, /, **fields: Any) -> None:
        super().__init__()
        if name is not None and not name.isidentifier():
            if fields:
                raise TypeError(f"a revert string has no fields, but {', '.join(fields)} came with {name!r}")
            name, fields = "Error", {"message": name}
        self._name, self._fields = name, fields

    def _wanted(self) -> str:
        name = self._name or "any revert"
        if not self._fields:
            return name
        values = {key: getattr(value, "address", value) for key, value in self._fields.items()}
        return f"{name}({', '.join(f'{key}={value}' for key, value in values.items())})"

    def _nothing(self) -> str:
        return "nothing reverted"

    def _is_kind(self, error: BaseException) -> bool:
        from zkrollup.evm import Reverted

        return isinstance(error, Reverted)

    def _mismatch(self, error: "Reverted") -> str | None:
        name = error.name if error.failure == "Revert" else error.failure
        fields = error.args_by_name
        fits = all(key in fields and _same(fields[key], value) for key, value in self._fields.items())
        return None if fits and self._name in (None, name) else str(error)


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


def _same(actual: Any, expected: Any) -> bool:
    """Equality that takes addresses in any case, and whatever has one."""
    expected = getattr(expected, "address", expected)
    if isinstance(actual, str) and isinstance(expected, str) and actual.startswith("0x"):
        return actual.lower() == expected.lower()
    return bool(actual == expected)
