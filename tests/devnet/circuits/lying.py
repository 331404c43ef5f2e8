"""Tools for batches of one slot on which a prover lies where the ledger would refuse.

All inputs are made here by hand, past the ledger's checks; the prover commits to its own words. What he is
not asked for, but computes on the way, he may set as he likes too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from tests.devnet.circuits.scenarios import (
    ALICE,
    ALICE_ETH,
    BOB,
    BOB_ETH,
    CAROL,
    CAROL_TOKEN,
    DAVE,
    DOMAIN,
    ERIN_ETH,
    FREE,
    NUMBER,
    TOKEN,
    batch,
    deposit,
    forced,
    populated,
    run,
    self_consistent,
    transfer,
    withdrawal,
)
from tests.soundness.attacks import Constraints, made_by, value

from zkrollup.circuits.inputs import NO_SIGNATURE, LaneInputs
from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints
from zkrollup.ledger.operations import ForcedWithdrawal, Transfer
from zkrollup.ledger.transition import _inputs

LEVELS = 2
FEE = 30


@cache
def slot_constraints():
    """The constraints of a batch of one slot."""
    return Constraints(batch(1, LEVELS))


def raw(slot, *, root, number=NUMBER, domain=DOMAIN, fees=None, **changes):
    """Inputs of a slot as given, and of the account that takes fees; ``changes`` as in ``changed``."""
    values = {
        "challenge": 0x5EED**17 % R,
        "old_root": root,
        "number": number,
        "domain": domain,
        "queue_start": 6,
        "queue_count": 1,
    }
    values.update((fees or LaneInputs.idle(LEVELS)).named("fees"))
    values.update(slot.named("slot[0]"))
    return changed(lambda: values, **changes)


def changed(base, **changes):
    """The inputs ``base()`` with some overwritten: by their name in the slot, or ``fees__`` for that lane."""
    values = dict(base())
    for name, new in changes.items():
        key = name.replace("__", ".")
        key = key if key.startswith("fees.") else f"slot[0].{key}"
        assert key in values, key
        values[key] = new
    return self_consistent(batch(1, LEVELS), values)


def executed(state, operation, *, domain=DOMAIN, signature=None, before=None, taker=ERIN_ETH):
    """A slot without any check, its fee paid to ``taker``. ``before`` is the state that the prover reads."""
    seen, fee = before or state, getattr(operation, "fee", 0)
    words, idle = operation.words(), LaneInputs.idle(LEVELS)
    debit, credit = seen.lane(words.operation >> 160 & 0xFFFFFFFF), idle
    signed = not isinstance(operation, ForcedWithdrawal)
    paid = replace(
        debit.account,
        balance=(debit.account.balance - operation.amount - fee) % R,
        nonce=debit.account.nonce + signed,
    )
    after = seen.replaced(debit.index, paid)
    if isinstance(operation, Transfer):
        credit = after.lane(operation.receiver)
        received = replace(credit.account, balance=(credit.account.balance + operation.amount) % R)
        after = after.replaced(credit.index, received)
    signature = signature or getattr(operation, "signature", NO_SIGNATURE)
    slot = _inputs(words, words.op, operation.amount, fee, debit, credit, signature)
    return raw(slot, root=state.root, domain=domain, fees=after.lane(taker) if fee else idle)


# What lies start from


def accepted(operation, **changes):
    """Inputs of a batch of this one operation, which the ledger accepts."""
    state = populated(LEVELS, **changes)
    _, trace = run(state, *operation(state), slots=1)
    return raw(trace.slots[0].inputs, root=state.root, fees=trace.fees)


def accepted_noop():
    return accepted(lambda s: [])


def accepted_deposit():
    return accepted(lambda s: [deposit(BOB, BOB_ETH, 0, 41)])


def accepted_opening():
    return accepted(lambda s: [deposit(DAVE, FREE, TOKEN, 37)])


def accepted_transfer():
    return accepted(lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE)])


def accepted_withdrawal():
    return accepted(lambda s: [withdrawal(s, CAROL_TOKEN, 0xBEEF, 67, key=CAROL)])


def accepted_fee():
    return accepted(lambda s: [transfer(s, ALICE_ETH, BOB_ETH, 113, key=ALICE, fee=FEE)])


def accepted_forced():
    return accepted(lambda s: [forced(ALICE, ALICE_ETH, 113)])


def accepted_forced_by_another():
    return accepted(lambda s: [forced(BOB, ALICE_ETH, 113)])


def accepted_forced_of_too_much():
    return accepted(lambda s: [forced(ALICE, ALICE_ETH, 1010)])


def accepted_forced_of_nobody():
    return accepted(lambda s: [forced(DAVE, FREE, 0)])


HONEST = (
    accepted_noop,
    accepted_deposit,
    accepted_opening,
    accepted_transfer,
    accepted_withdrawal,
    accepted_fee,
    accepted_forced,
    accepted_forced_by_another,
    accepted_forced_of_too_much,
    accepted_forced_of_nobody,
)


# Lies


def located(label):
    """A constraint's whole label: the fee lane is the batch's, all else here the slot's."""
    return label if label.startswith("fees.") else f"slot[0].{label}"


@dataclass(frozen=True)
class Lie:
    """What is claimed, and the constraint that must refuse it.

    Attributes:
        name: What is claimed.
        label: What refuses it, within the slot, or of the fee lane.
        inputs: What the prover gives.
        alone: Whether no other constraint would refuse it.
        wires: What he sets on wires that constraints make, by label; all that follows is consistent with it.
    """

    name: str
    label: str
    inputs: Callable[[], dict]
    alone: bool = False
    wires: Mapping[str, int] = field(default_factory=dict)

    def __str__(self):
        return self.name

    def witness(self):
        """The lying witness, with the C and y that follow from it."""
        circuit, inputs = batch(1, LEVELS), self.inputs()
        if not self.wires:
            return circuit.witness(inputs)
        constraints = slot_constraints()
        set_to = {made_by(constraints, located(label)): new for label, new in self.wires.items()}
        w = constraints.solve({**inputs, "commitment": 0, "evaluation": 0}, set_to)
        for name in ("commitment", "evaluation"):
            w[circuit.inputs[name]] = value(constraints.a[circuit.labels.index(name)], w)
        return from_ints(w)
