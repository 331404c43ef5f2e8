"""A circuit of any size: a chain of Poseidon hashes whose first input is public.

One link is described with the builder, the others are its arrays with their wires renumbered: to describe
half a million constraints one by one takes longer than to prove them.
"""

import numpy as np
from numpy.typing import NDArray

from zkrollup.circuits.gadgets.poseidon import poseidon as enforced_poseidon
from zkrollup.crypto.poseidon import poseidon
from zkrollup.kernels.limbs import Limbs, from_ints
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.r1cs import R1CS, SparseMatrix

START = 7919
_SHARED = 2  # a link's first wires: the one, and its input, which is the previous link's output


def link() -> Circuit:
    """output = Poseidon(input), on wires 2 and 1."""
    b = Builder("link")
    given, output = b.private("input"), b.private("output")
    b.enforce_equal(enforced_poseidon(b, [given], "hash"), output, "output")
    return b.build()


def links_for(log: int, constraints: int) -> int:
    """As many as fit, with the rows of the one and of the public input, into a domain of 2^log roots."""
    return ((1 << log) - 2) // constraints


def chain(links: int) -> tuple[R1CS, Limbs]:
    """The constraints and their witness; wire 1, public, is the first input."""
    one = link()
    own = one.r1cs.n_wires - _SHARED
    sides = (one.r1cs.a, one.r1cs.b, one.r1cs.c)
    r1cs = R1CS(_SHARED + links * own, 1, *(_tiled(side, links, own) for side in sides))
    return r1cs, _witness(one, links)


def _witness(one: Circuit, links: int) -> Limbs:
    value, parts = START, [from_ints([1, START])]
    for _ in range(links):
        output = poseidon([value])
        parts.append(one.witness({"input": value, "output": output})[_SHARED:])
        value = output
    return np.concatenate(parts)


def _tiled(side: SparseMatrix, links: int, own: int) -> SparseMatrix:
    """A link's matrix for each link, below one another. Columns still ascend within a row."""
    number = np.arange(links, dtype=np.int64)[:, None]
    entries = int(side.ptr[-1])
    starts = (side.ptr[:-1] + number * entries).ravel()
    return SparseMatrix(
        ptr=np.append(starts, np.int64(links * entries)),
        col=_renumbered(side.col.astype(np.int64), number, own).ravel().astype(np.uint32),
        val=np.tile(side.val, (links, 1)),
    )


def _renumbered(wires: NDArray[np.int64], link_number: NDArray[np.int64], own: int) -> NDArray[np.int64]:
    """A link's own wires follow those of the link before; its input is their first, the output."""
    mine = wires + link_number * own
    previous_output = np.where(link_number == 0, 1, _SHARED + (link_number - 1) * own)
    return np.where(wires == 0, 0, np.where(wires == 1, previous_output, mine))
