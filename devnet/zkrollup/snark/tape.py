"""How a witness is computed: one step a wire, recorded while the circuit is described.

Owns the record. The machine that runs it is ``kernels.witness``.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from zkrollup.snark.r1cs import Limbs, SparseMatrix


class Rule(IntEnum):
    """What a step does; ``row`` and ``extra`` are the step's operands."""

    PRODUCT = 0
    """wire = (A w) * (B w) - (C w) of constraint ``row``, where C reads the wire once and it is still 0."""
    QUOTIENT = 1
    """wire = hint ``row`` / hint ``row + 1``, or 0 where that divisor is 0."""
    BITS = 2
    """wires from ``wire`` on = bits, lowest first, of hint ``row`` as the integer in [lower, lower + r);
    ``extra`` is the number of bits, plus 2^16 times the first bit's number, plus 2^32 times the position of
    ``lower`` in ``Tape.lowers``."""


@dataclass(frozen=True, slots=True)
class Tape:
    """The steps in order, each reading only wires that are inputs or that an earlier step wrote.

    Attributes:
        rules: uint8 (steps,), see Rule.
        wires: int64 (steps,), the first wire a step writes.
        rows: int64 (steps,), a constraint or a row of ``hints``.
        extras: int64 (steps,), see Rule.
        hints: combinations that only hints read; they constrain nothing.
        lowers: uint64 (n, 4), lower ends of BITS windows, canonical.
    """

    rules: NDArray[np.uint8]
    wires: NDArray[np.int64]
    rows: NDArray[np.int64]
    extras: NDArray[np.int64]
    hints: SparseMatrix
    lowers: Limbs
