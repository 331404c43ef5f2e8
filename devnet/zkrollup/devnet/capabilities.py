"""What a rollup under test can do, by name, and whether it does what it says.

Owns the table of operations and the check that a target's class has what it declares. The operations
themselves are described in ``target``.
"""

import inspect
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.devnet.attacks import Attacks
    from zkrollup.devnet.target import Target


class Capability(StrEnum):
    """Something that a rollup can do, and that a suite may ask of it."""

    DEPOSIT = "deposit"
    """Takes tokens in on L1, for an account on L2."""
    BALANCE = "balance"
    """Says what an account on L2 holds."""
    TRANSFER = "transfer"
    """Moves tokens on L2."""
    FEES = "fees"
    """Takes a ``fee`` with transfers and withdrawals, in one token."""
    WITHDRAW = "withdraw"
    """Burns tokens on L2 for somebody on L1."""
    BATCH = "batch"
    """Orders what waits into batches."""
    COMMIT = "commit"
    """Posts a batch's data to L1 in a step of its own."""
    PROVE = "prove"
    """Moves a root on L1 by a proof."""
    POST = "post"
    """Moves a root on L1 without a proof, on somebody's word."""
    EXECUTE = "execute"
    """Needs a last step on L1, after its root has moved, before exits can be paid."""
    CLAIM = "claim"
    """Pays an exit in a transaction that anybody may send."""
    FORGE = "forge"
    """Can be made to send a proof that does not hold."""
    BOOKS = "books"
    """Says what it has in custody, and what it owes."""
    FORCE = "force"
    """Takes withdrawals on L1 that no operator can leave out."""
    FREEZE = "freeze"
    """Can be stopped for good, where the operator does not serve."""
    ESCAPE = "escape"
    """Pays from the last proven state, once frozen."""
    REFUND = "refund"
    """Gives back what no proven batch took, once frozen."""

    # What a thief may try, past the target's own checks; see ``attacks``.

    DEPOSIT_SHORT = "deposit short"
    """Can ask for a credit of more than it sends."""
    DEPOSIT_LONG = "deposit long"
    """Can send more ETH than it asks a credit of."""
    ODD_DEPOSITS = "odd deposits"
    """Knows deposits that nobody makes by accident."""
    OVERSPEND = "overspend"
    """Can have a sequencer that does not look bring through a payment of more than there is."""
    PROVE_EARLY = "prove early"
    """Can send a batch's proof before its data is on L1."""
    CLAIM_EARLY = "claim early"
    """Can send a claim before its batch is finished."""
    CLAIM_ALTERED = "claim altered"
    """Can send a claim with another amount, token or recipient than was burned."""
    CLAIM_FABRICATED = "claim fabricated"
    """Can claim what no batch burned, by a proof that holds under a root of the thief's own making."""
    CLAIM_ALIASES = "claim aliases"
    """Can send a claim under other names of the same numbers."""
    CLAIM_TRANSFER = "claim transfer"
    """Can claim a transfer as if it were an exit."""
    CLAIM_DEPOSIT = "claim deposit"
    """Can claim a deposit as if it were an exit."""
    USURP = "usurp"
    """Can send a batch's next step as somebody who must not."""


OPERATIONS: Final[Mapping[Capability, tuple[str, ...]]] = {
    Capability.DEPOSIT: ("deposit",),
    Capability.BALANCE: ("balance",),
    Capability.TRANSFER: ("transfer",),
    Capability.FEES: ("fee_token",),
    Capability.WITHDRAW: ("withdraw",),
    Capability.BATCH: ("waiting", "seal", "sealed_root"),
    Capability.COMMIT: ("commit", "committed_root"),
    Capability.PROVE: ("prove", "proven_root", "settled"),
    Capability.POST: ("post", "posted_root"),
    Capability.EXECUTE: ("execute",),
    Capability.CLAIM: ("claim", "is_claimed"),
    Capability.FORGE: ("prove_wrongly",),
    Capability.BOOKS: ("custody", "custodians", "owed"),
    Capability.FORCE: ("force_withdraw",),
    Capability.FREEZE: ("freeze", "is_frozen", "deadline"),
    Capability.ESCAPE: ("escape",),
    Capability.REFUND: ("refund",),
    Capability.DEPOSIT_SHORT: ("deposit_short",),
    Capability.DEPOSIT_LONG: ("deposit_long",),
    Capability.ODD_DEPOSITS: ("odd_deposits",),
    Capability.OVERSPEND: ("overspend",),
    Capability.PROVE_EARLY: ("prove_early",),
    Capability.CLAIM_EARLY: ("claim_early",),
    Capability.CLAIM_ALTERED: ("claim_altered",),
    Capability.CLAIM_FABRICATED: ("claim_fabricated",),
    Capability.CLAIM_ALIASES: ("claim_aliases",),
    Capability.CLAIM_TRANSFER: ("claim_transfer",),
    Capability.CLAIM_DEPOSIT: ("claim_deposit",),
    Capability.USURP: ("usurp",),
}
"""The operations of ``Target`` that a target overrides for each capability that it declares."""


class Unsupported(ZkRollupError):
    """An operation was asked of a target that does not declare it.

    Attributes:
        target: That was asked.
        operation: The name.
        capability: That it belongs to.
        signature: What a target that has it defines.
    """

    def __init__(self, target: "Attacks", operation: str) -> None:
        self.target, self.operation = target, operation
        self.capability = next(c for c, names in OPERATIONS.items() if operation in names)
        self.signature = _signature(_base(type(target), operation), operation)
        super().__init__(
            f"{target.name} has no {operation}: its capabilities are {_listed(target.capabilities)}. "
            f"A target that has it names Capability.{self.capability.name} among them "
            f"and defines {self.signature}"
        )


class IncompleteTarget(ZkRollupError):
    """A target's class is not what its ``capabilities`` say.

    Attributes:
        target: Whose class it is.
        operation: What is missing, undeclared, or takes other arguments.
        signature: What it should be.
    """

    def __init__(self, target: "Target", operation: str, signature: str, problem: str) -> None:
        self.target, self.operation, self.signature = target, operation, signature
        super().__init__(f"{target.name} {problem}")


def require_complete(target: "Target") -> None:
    """Passes if a target defines what it declares, so that it can be called, and declares what it defines.

    Raises:
        IncompleteTarget: It does not; the first operation that is wrong.
    """
    kind = type(target)
    for capability, names in OPERATIONS.items():
        declared = capability in target.capabilities
        for name in names:
            base = _base(kind, name)
            signature = _signature(base, name)
            defined = inspect.getattr_static(kind, name) is not vars(base)[name]
            label = f"Capability.{capability.name}"
            if declared and not defined:
                raise IncompleteTarget(target, name, signature, f"declares {label} but has no {signature}")
            if defined and not declared:
                raise IncompleteTarget(
                    target, name, signature, f"has {name} but does not declare {label} in its capabilities"
                )
            if defined and not _takes_the_same(kind, base, name):
                given = _signature(kind, name)
                raise IncompleteTarget(
                    target, name, signature, f"has {given}, which cannot be called as {signature}"
                )


def _base(kind: type, name: str) -> type:
    """Where an operation is first described: ``Target``."""
    return next(each for each in reversed(kind.__mro__) if name in vars(each))


def _listed(capabilities: Iterable[Capability]) -> str:
    return ", ".join(sorted(capability.name for capability in capabilities)) or "none"


def _signature(kind: type, name: str) -> str:
    member = inspect.getattr_static(kind, name)
    if isinstance(member, property):
        result = inspect.signature(member.fget).return_annotation if member.fget else Any
        shown = "" if result is inspect.Signature.empty else f" -> {_named(result)}"
        return f"property {name}{shown}"
    if not callable(member):
        return f"attribute {name}"
    return f"{name}{inspect.signature(member)}".replace("'", "")


def _named(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _takes_the_same(kind: type, base: type, name: str) -> bool:
    """Whether what ``base`` can be called with, ``kind``'s can be: all arguments, or only those needed."""
    wanted, given = inspect.getattr_static(base, name), inspect.getattr_static(kind, name)
    if isinstance(wanted, property):
        return not callable(given)
    if not callable(given):
        return False
    parameters = inspect.signature(wanted).parameters.values()
    needed = [p for p in parameters if p.default is p.empty]
    return all(_binds(inspect.signature(given), chosen) for chosen in (list(parameters), needed))


def _binds(signature: inspect.Signature, arguments: list[inspect.Parameter]) -> bool:
    positional = [p.name for p in arguments if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {p.name: None for p in arguments if p.kind is p.KEYWORD_ONLY}
    try:
        signature.bind(*positional, **named)
    except TypeError:
        return False
    return True
