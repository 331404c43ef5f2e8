"""What a suite accepts as a refusal: by whom, under which name, and with nothing moved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from zkrollup.arguments import WrongArgument
from zkrollup.devnet import ETH_ADDRESS, Attempts, Capability, Refusal, Rollup, Unsupported
from zkrollup.errors import RefusedBy, ZkRollupError
from zkrollup.evm import Reverted

STRANGER: Final = "0x" + "c3" * 20
"""An address that nobody has the key of."""

L1: Final = (RefusedBy.L1,)
"""Where a transaction is refused."""

PROOF_OR_L1: Final = (RefusedBy.CIRCUIT, RefusedBy.L1)
"""Where what goes past the sequencer ends."""

ANYBODY: Final = tuple(RefusedBy)
"""Where an honest operator may be the one who refuses."""


@contextmanager
def refused(
    rollup: Rollup, refusal: Refusal, token: str, *, by: tuple[RefusedBy, ...] = L1
) -> Iterator[None]:
    """Passes if the block is refused by one of ``by``, under the target's name for it, and moves nothing.

    ``token`` is the one under test, which the target need not name among its ``tokens``.

    Raises:
        AssertionError: Nothing was refused, or by somebody else, or under another name; or something moved.
    """
    __tracebackhide__ = True
    with _unmoved(rollup, refusal, token), _expected(rollup, refusal, by):
        yield


def refused_each(rollup: Rollup, refusal: Refusal, token: str, attempts: Attempts) -> None:
    """Passes if L1 refuses every attempt, and all of them together move nothing.

    Raises:
        AssertionError: As ``refused``; it names the attempt.
    """
    __tracebackhide__ = True
    with _unmoved(rollup, refusal, token):
        for name, attempt in attempts.items():
            with _expected(rollup, refusal, L1, name):
                attempt()


def is_taken(rollup: Rollup, refusal: Refusal, token: str, attempt: Callable[[], object]) -> bool:
    """Whether L1 takes what it may also refuse; if it does not, all must be as ``refused`` asks.

    Raises:
        AssertionError: As ``refused``, but for where nothing was refused.
    """
    __tracebackhide__ = True
    before = Footprint.of(rollup, token)
    taken = False
    with _expected(rollup, refusal, L1, or_none=True):
        attempt()
        taken = True
    if not taken:
        before.require_unmoved(rollup, refusal, token)
    return taken


@contextmanager
def _unmoved(rollup: Rollup, refusal: Refusal, token: str) -> Iterator[None]:
    __tracebackhide__ = True
    before = Footprint.of(rollup, token)
    yield
    before.require_unmoved(rollup, refusal, token)


@contextmanager
def _expected(
    rollup: Rollup,
    refusal: Refusal,
    by: tuple[RefusedBy, ...],
    attempt: str = "",
    *,
    or_none: bool = False,
) -> Iterator[None]:
    """A refusal by one of ``by``; none at all passes with ``or_none``."""
    __tracebackhide__ = True
    where = f" ({attempt})" if attempt else ""
    try:
        yield
    except (WrongArgument, Unsupported):
        raise  # a mistake in the call, which says nothing about the rollup
    except ZkRollupError as error:
        flaw = _flaw(rollup, refusal, by, error)
        if flaw is not None:
            raise AssertionError(flaw + where) from error
    else:
        if not or_none:
            raise AssertionError(
                f"{rollup.target.name} must refuse {refusal}, but nothing was refused{where}"
            )


def _flaw(rollup: Rollup, refusal: Refusal, by: tuple[RefusedBy, ...], error: ZkRollupError) -> str | None:
    """What is wrong with a refusal; None where nothing is."""
    name = name_of(error)
    if error.refused_by not in by:
        who, remedy = f"the {error.refused_by}", ""
        if error.refused_by is RefusedBy.ADAPTER:
            who = f"{rollup.target.name}'s own Python"
            remedy = ", which a thief leaves out; let the operation send it as it is"
        return f"{' or '.join(by)} must refuse {refusal}, but {who} did ({name}: {error}){remedy}"
    named = rollup.target.refusals.get(refusal)
    expected = (named,) if isinstance(named, str) else named
    if expected is not None and name not in expected:
        return f"{rollup.target.name} refuses {refusal} with {' or '.join(expected)}, but got {name}: {error}"
    return None


def name_of(error: ZkRollupError) -> str:
    """A refusal's name: a contract's error, revert string or halt; of others the class."""
    if not isinstance(error, Reverted):
        return type(error).__name__
    if error.failure != "Revert":
        return error.failure
    return str(error.args_by_name["message"]) if error.name == "Error" else error.name


@dataclass(frozen=True, slots=True)
class Footprint:
    """All that a refusal must leave as it was, as far as the target declares that it can say.

    Attributes:
        exact: By name: roots, counters, what is owed, and what everybody holds on L1.
        ether: What those hold who may have paid for gas.
    """

    exact: dict[str, object]
    ether: dict[str, int]

    @classmethod
    def of(cls, rollup: Rollup, token: str) -> "Footprint":
        """As it is now, with ``token`` beside the target's own."""
        exact, ether = {}, {}
        people = {account.address for account in rollup.l1.accounts}
        for (holder, each), amount in holdings(rollup, token).items():
            if each == ETH_ADDRESS and holder in people:
                ether[f"the ETH of {holder}"] = amount
            else:
                exact[f"the balance of {holder} in {each}"] = amount
        return cls(exact | _counters(rollup, token), ether)

    def require_unmoved(self, rollup: Rollup, refusal: Refusal, token: str) -> None:
        """Raises AssertionError if it is another one now, after something was refused."""
        __tracebackhide__ = True
        moved = self.moved_to(Footprint.of(rollup, token))
        if moved:
            raise AssertionError(f"{rollup.target.name} refused {refusal}, but moved {'; '.join(moved)}")

    def moved_to(self, after: "Footprint") -> list[str]:
        """What is different in ``after``, in words; gas may have been paid."""
        exact = [
            f"{name} from {value} to {after.exact[name]}"
            for name, value in self.exact.items()
            if value != after.exact[name]
        ]
        ether = [
            f"{name} from {value} up to {after.ether[name]}"
            for name, value in self.ether.items()
            if value < after.ether[name]
        ]
        return exact + ether


def holdings(rollup: Rollup, token: str) -> dict[tuple[str, str], int]:
    """What everybody holds on L1 of ``token`` and of the target's tokens, by holder and token."""
    return rollup.target.l1_holdings(tokens=(token,), holders=(STRANGER,))


def _tokens(rollup: Rollup, token: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*rollup.target.tokens, token)))


def _counters(rollup: Rollup, token: str) -> dict[str, object]:
    target = rollup.target
    seen: dict[str, object] = {}
    for capability, names in _COUNTERS.items():
        if target.can(capability):
            seen |= {name: getattr(target, name) for name in names}
    if target.can(Capability.BOOKS):
        for each in _tokens(rollup, token):
            seen[f"custody of {each}"] = target.custody(each)
            seen[f"what is owed of {each}"] = dict(target.owed(each))
    return seen


_COUNTERS: Final = {
    Capability.BATCH: ("waiting", "sealed_root"),
    Capability.COMMIT: ("committed_root",),
    Capability.PROVE: ("proven_root", "settled"),
    Capability.POST: ("posted_root",),
    Capability.FREEZE: ("is_frozen", "deadline"),
}
