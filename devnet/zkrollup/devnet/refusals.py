"""What a rollup must refuse, by a name that suites and targets share. Suites say who must refuse it."""

from enum import StrEnum


class Refusal(StrEnum):
    """Something that must be refused. ``Target.refusals`` says under what name a target refuses it."""

    OVERSPENT = "to spend more than there is"
    NOT_COMMITTED = "to prove a batch whose data is not posted"
    WRONG_PROOF = "a proof that does not hold"
    USURPED = "a step by somebody who must not take it"
    DEPOSITED_SHORT = "to credit more than was sent"
    DEPOSITED_LONG = "to keep more than it credits"
    ODD_DEPOSIT = "a deposit that nobody could take in"
    NOT_FINISHED = "to pay an exit before its batch is finished"
    PAID_ALREADY = "to pay an exit twice"
    ALTERED = "to pay another amount, token or recipient than was burned"
    FABRICATED = "to pay what no batch burned"
    ALIASED = "to pay an exit under another name of a number"
    NO_EXIT = "to pay as an exit what is none"
    NOT_APPLIED = "to pay a forced withdrawal of more than there was"
    NOTHING_DUE = "to freeze where nothing is due"
    NOT_OVERDUE = "to freeze before the deadline"
    NOT_FROZEN = "to leave a rollup that runs by its emergency exit"
    REFUNDED_ALREADY = "to give a deposit back twice"
