"""Assertions about what must happen: a refusal by a contract on L1 or by the ledger on L2, an event."""

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pytest_zkrollup import entering
from zkrollup.arguments import WrongArgumentType
from zkrollup.errors import ZkRollupError, suggestion

if TYPE_CHECKING:
    from zkrollup.evm import Chain, Contract, Event, Reverted
    from zkrollup.evm.abi import Signature
    from zkrollup.ledger.transition import RefusedOperation

E = TypeVar("E", bound=ZkRollupError)


class UnknownRule(ZkRollupError, ValueError):
    """No operation is ever refused by a rule of this name.

    Attributes:
        rule: Expected.
    """

    def __init__(self, rule: str, known: Iterable[str]) -> None:
        self.rule = rule
        hint = suggestion(rule, known) or f"; there is: {', '.join(known)}"
        super().__init__(f"the ledger has no rule {rule!r}{hint}")


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
        entering.entered(self)
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
            raise AssertionError(mismatch) from error
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


class _Whichever:
    """What stands for a name that was left out. None does not: it is what a lookup that failed gives."""

    def __repr__(self) -> str:
        return "any"


_ANY: Any = _Whichever()


class reverts(Expectation["Reverted"]):  # noqa: N801  # reads as a verb: with reverts("Paused")
    """Passes when the block ends with a revert of this name and with these fields.

        with reverts("AlreadyClaimed", nullifier=exit_.nullifier):
        with reverts("Panic", code=0x11):
        with reverts("Error", message="paused"):
        with reverts("transfer amount exceeds balance"):  # the same
        with reverts("GS020"):                            # an error of this name, or this revert string
        with reverts("OutOfGas"):                         # an exceptional halt
        with reverts(b""):                                # without data
        with reverts(token.encode_error("Paused")):       # just this data, whatever it means
        with reverts() as refusal:                        # any; see refusal.error

    Reverts of web3.py's own calls are its exceptions, not these.

    Args:
        name: A custom error's name, "Error", "Panic", a halt's name, or a revert string; revert data as
            bytes; left out, any revert passes.
        fields: Expected arguments, by parameter name, as values of their types: hex or bytes, an account or
            an address in any case, a dictionary or a tuple for a struct. Those left out may be anything. A
            parameter ``from`` is given as ``from_``.

    Raises:
        AssertionError: On leaving: nothing reverted, or something else did; it shows both.
        WrongArgumentType: The name is neither text nor bytes.
        TypeError: Fields beside a revert string or data.
    """

    def __init__(self, given: str | bytes = _ANY, /, **fields: Any) -> None:
        super().__init__()
        if given is not _ANY and not isinstance(given, str | bytes):
            raise WrongArgumentType(
                "name", given, "pass an error's name, a revert string, or revert data as bytes"
            )
        name = None if given is _ANY else given
        self._data = name if isinstance(name, bytes) else None
        # What could be an error's name could be a revert string too, as long as it has no fields.
        self._message = name if isinstance(name, str) and not fields else None
        if isinstance(name, bytes) or (name is not None and not name.isidentifier()):
            if fields:
                what = "revert data" if isinstance(name, bytes) else "a revert string"
                raise TypeError(f"{what} has no fields, but {', '.join(fields)} came with {name!r}")
            name, fields = "Error", {"message": name}
        self._name, self._fields = name, fields
        entering.made(self)

    def _wanted(self) -> str:
        return self._described(None)

    def _described(self, signature: "Signature | None") -> str:
        from zkrollup.evm.matching import Fields, written

        if self._data is not None:
            return f"a revert with 0x{self._data.hex()}" if self._data else "a revert without data"
        return written(self._name or "any revert", str(Fields(self._fields, signature)))

    def _nothing(self) -> str:
        return "nothing reverted"

    def _is_kind(self, error: BaseException) -> bool:
        from zkrollup.evm import Reverted

        return isinstance(error, Reverted)

    def _mismatch(self, error: "Reverted") -> str | None:
        if self._data is not None:
            fits = error.failure == "Revert" and error.data == self._data
            return None if fits else f"expected {self._wanted()}, but got {error}"
        if self._fits(error):
            return None
        signature, notes = self._looked_up(error)
        got = f"expected {self._described(signature)}, but got {error}"
        return "\n".join([got, *notes])

    def _fits(self, error: "Reverted") -> bool:
        from zkrollup.evm.matching import Fields

        is_message = error.name == "Error" and error.args_by_name.get("message") == self._message
        if self._message is not None and is_message:
            return True
        name = error.name if error.failure == "Revert" else error.failure
        fields = Fields(self._fields, error.signature)
        return self._name in (None, name) and fields.fit(error.args_by_name)

    def _looked_up(self, error: "Reverted") -> "tuple[Signature | None, list[str]]":
        """The error that was meant, as far as the chain knows one, and what is wrong with the expectation."""
        from zkrollup.evm.matching import Fields
        from zkrollup.evm.reverts import names_known_to

        if self._name is None or error.known is None:
            return None, []
        named = [error.signature] if error.name == self._name else error.known.errors_named(self._name)
        if named and named[0] is not None:
            return named[0], Fields(self._fields, named[0]).notes()
        names = names_known_to(error.known)
        if self._name in names:
            return None, []
        return None, [f"no known ABI has an error {self._name!r}{suggestion(self._name, names)}"]


class refuses(Expectation["RefusedOperation"]):  # noqa: N801
    """Passes when the block ends with the L2 ledger refusing an operation by this rule.

        with refuses("balance"):
            rollup.withdraw(ETH, 6, sender=alice)

    Args:
        rule: See ``RefusedOperation.rule``; left out, any passes.

    Raises:
        AssertionError: On leaving: nothing was refused, or by another rule.
        UnknownRule: At once: the ledger and the sequencer have no such rule.
    """

    def __init__(self, given: str = _ANY, /) -> None:
        super().__init__()
        if given is not _ANY and not isinstance(given, str):
            raise WrongArgumentType(
                "rule", given, "pass the name of one of the ledger's rules, such as 'balance'"
            )
        rule = None if given is _ANY else given
        if rule is not None:
            _require_rule(rule)
        self._rule = rule
        entering.made(self)

    def _wanted(self) -> str:
        return f"a refusal by rule {self._rule!r}" if self._rule else "a refusal by the ledger"

    def _nothing(self) -> str:
        return "the ledger refused nothing"

    def _is_kind(self, error: BaseException) -> bool:
        from zkrollup.ledger.transition import RefusedOperation

        return isinstance(error, RefusedOperation)

    def _mismatch(self, error: "RefusedOperation") -> str | None:
        if self._rule in (None, error.rule):
            return None
        return f"expected {self._wanted()}, but got rule {error.rule!r}: {error}"


def _require_rule(rule: str) -> None:
    from zkrollup.ledger.transition import RULES
    from zkrollup.operator.mempool import POOL_RULES

    known = (*RULES, *POOL_RULES)
    if rule not in known:
        raise UnknownRule(rule, known)


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
        fields: Expected arguments, by parameter name, as values of their types; see ``reverts``. An indexed
            string, bytes, array or struct is given as such, or as the hash that the log holds.

    Raises:
        WrongArgumentType: There is no source, or no name.
        AssertionError: On leaving: there was no such event; it shows those that there were.
    """

    def __init__(self, source: "Contract | Chain", name: str = "", /, **fields: Any) -> None:
        usage = "pass a contract or a chain, and then the event's name, as in emits(chain, 'Transfer')"
        if not hasattr(getattr(source, "chain", source), "block_number"):
            raise WrongArgumentType("source", source, usage)
        if not isinstance(name, str) or not name:
            raise WrongArgumentType("name", name, usage)
        self._source, self._name, self._fields = source, name, fields
        self._chain: Chain = getattr(source, "chain", source)  # type: ignore[arg-type]  # a chain has none
        self._start = 0
        self._found: list[Event] | None = None
        entering.made(self)

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
        entering.entered(self)
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
        from zkrollup.evm.matching import Fields

        contract = None if self._source is self._chain else self._source
        seen = self._chain.logs(address=contract, from_block=self._start)
        named = [each for each in seen if each.name == self._name]
        found = [each for each in named if Fields(self._fields, each.signature).fit(each.args)]
        if not found:
            raise AssertionError(self._failure(seen, [each.signature for each in named]))
        self._found = found

    def _failure(self, seen: "list[Event]", signatures: "list[Signature | None]") -> str:
        from zkrollup.evm.matching import Fields, written

        known = self._chain.known(self._source)
        signatures = [*signatures, *known.events_named(self._name)]
        fields = Fields(self._fields, signatures[0] if signatures else None)
        lines = [f"expected {written(self._name, str(fields))}, but {_listed(seen)}", *fields.notes()]
        if not signatures:
            names = known.event_names()
            lines.append(f"no known ABI has an event {self._name!r}{suggestion(self._name, names)}")
        return "\n".join(lines)


def _listed(events: "list[Event]") -> str:
    if not events:
        return "no event was emitted that a known ABI decodes"
    return "there were only:" + "".join(f"\n  {_shown(each)}" for each in events)


def _shown(event: "Event") -> str:
    from zkrollup.evm.matching import written
    from zkrollup.evm.values import shown_fields

    flaw = f", with a flaw: {event.flaw}" if event.flaw else ""
    return written(event.name, shown_fields(event.args)) + flaw
