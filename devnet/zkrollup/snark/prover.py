"""Groth16's prover. Every proof is verified by ``verifier`` before it leaves this module.

Owns the proof's polynomials and sums. Not constant-time: witnesses of a test network are no secrets.

Source: Groth, EUROCRYPT 2016, 3.2. The quotient (a b - c) / Z is never interpolated: the key holds the
Lagrange basis on the coset, so its values there are the scalars.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np

from zkrollup.errors import RefusedBy, ZkRollupError
from zkrollup.kernels import msm, ntt, sparse, threads, vectors
from zkrollup.kernels.jit import Progress, Words, ignore_progress
from zkrollup.kernels.limbs import from_ints, to_ints
from zkrollup.kernels.montgomery import R
from zkrollup.snark import qap
from zkrollup.snark.keys import Proof, ProvingKey
from zkrollup.snark.points import g1_of, g2_of
from zkrollup.snark.r1cs import R1CS
from zkrollup.snark.verifier import verify


class UnsatisfiedWitness(ZkRollupError):
    """A witness breaks a constraint.

    Attributes:
        constraint: the first one's index.
    """

    refused_by = RefusedBy.CIRCUIT

    def __init__(self, constraint: int) -> None:
        self.constraint = constraint
        super().__init__(
            f"constraint {constraint} is not satisfied: the statement is false, or a wire was computed "
            "wrongly; no proof exists"
        )


class InvalidWitness(ZkRollupError):
    """An array that is no witness for the constraint system.

    Attributes:
        value: what was found.
        rule: what it breaks.
    """

    def __init__(self, value: object, rule: str) -> None:
        self.value, self.rule = value, rule
        super().__init__(f"witness: {value}: {rule}")


class ProofRejected(ZkRollupError):
    """A fresh proof did not verify: the key does not belong to the circuit, or the prover is broken."""

    def __init__(self, public: tuple[int, ...], proof: Proof) -> None:
        self.public, self.proof = public, proof
        super().__init__(
            f"the proof just made for public inputs {public} does not verify; check that key, "
            "constraints and witness calculator are of one compilation, then report it"
        )


def prove(pk: ProvingKey, r1cs: R1CS, witness: Words, *, progress: Progress = ignore_progress) -> Proof:
    """Prove that the witness satisfies the constraints.

    Args:
        pk: the circuit's key.
        r1cs: the circuit's constraints.
        witness: canonical, (n_wires, 4), the constant one first.
        progress: called with "prove".

    Raises:
        KeyMismatch: the key's sizes are not the circuit's.
        InvalidWitness: wrong shape, a value >= r, or wire 0 is not one.
        UnsatisfiedWitness: names the first constraint that the witness breaks.
        ProofRejected: the proof failed verification, so there is none.
    """
    progress("prove", 0.0)
    pk.require_fit(r1cs)
    _require_witness(r1cs, witness)
    witness = np.require(witness, requirements=["C_CONTIGUOUS", "WRITEABLE"])  # as kernels are typed
    with threads.pool() as pool:
        proof = _prove(pool, pk, r1cs, witness, progress)
    public = tuple(to_ints(witness[1 : r1cs.n_public + 1]))
    if not verify(pk.vk, public, proof):
        raise ProofRejected(public, proof)
    progress("prove", 1.0)
    return proof


def _require_witness(r1cs: R1CS, witness: Words) -> None:
    if witness.shape != (r1cs.n_wires, 4) or witness.dtype != np.uint64:
        raise InvalidWitness(
            f"{witness.dtype} {witness.shape}", f"uint64 ({r1cs.n_wires}, 4) is needed, one row a wire"
        )
    suspects = np.flatnonzero(witness[:, 3] >= np.uint64(R >> 192))
    for wire, value in zip(suspects, to_ints(witness[suspects]), strict=True):
        if value >= R:
            raise InvalidWitness(f"wire {wire} = {value}", "values are in [0, r)")
    if to_ints(witness[0]) != [1]:
        raise InvalidWitness(f"wire 0 = {to_ints(witness[0])[0]}", "it is the constant one")


def _prove(pool: Executor, pk: ProvingKey, r1cs: R1CS, witness: Words, progress: Progress) -> Proof:
    """Tasks wait in line for the threads; what is not needed next stands behind what is, to fill its gaps."""
    pending = _Products.start(pool, r1cs, witness)
    r, s = secrets.randbelow(R), secrets.randbelow(R)
    b_scalars = np.concatenate([witness[pk.b_wires], from_ints([1, s])])
    b2 = msm.start_sum(pool, msm.G2, pk.b2, b_scalars)
    polynomials = pending.result()
    transforms = [pool.submit(_move_to_coset, each, pk.log_size) for each in polynomials]
    a = msm.start_sum(pool, msm.G1, pk.a, np.concatenate([witness[pk.a_wires], from_ints([1, r])]))
    b1 = msm.start_sum(pool, msm.G1, pk.b1, b_scalars)
    for transform in transforms:
        transform.result()
    progress("prove", 0.3)
    quotient = np.empty_like(polynomials[0])
    vectors.product_minus(*polynomials, quotient)
    private = witness[r1cs.n_public + 1 :]
    c = msm.start_sum(pool, msm.G1, pk.c, np.concatenate([private, quotient, from_ints([-r * s % R])]))
    a_row, b1_row = a.result(), b1.result()
    progress("prove", 0.6)
    terms = np.concatenate([a_row, b1_row, c.result()])
    c_row = msm.start_sum(pool, msm.G1, terms, from_ints([s, r, 1])).result()
    progress("prove", 0.95)
    return Proof(g1_of(a_row[0]), g2_of(b2.result()[0]), g1_of(c_row[0]))


@dataclass(frozen=True, slots=True)
class _Products:
    """A w, B w and C w on the domain, Montgomery, while they are computed."""

    rows: Sequence[Words]
    n_constraints: int
    lacks_c: bool
    tasks: Sequence[Future[None]]

    @classmethod
    def start(cls, pool: Executor, r1cs: R1CS, witness: Words) -> "_Products":
        wires = np.empty_like(witness)
        vectors.enter_montgomery(witness, wires)
        rows = [np.zeros((1 << qap.log_size(r1cs), 4), np.uint64) for _ in range(3)]
        tasks = [
            pool.submit(sparse.product, each.ptr, each.col, each.val, wires, out)
            for each, out in zip(qap.matrices(r1cs), rows, strict=True)
        ]
        return cls(rows, r1cs.n_constraints, r1cs.lacks_c, tasks)

    def result(self) -> Sequence[Words]:
        """Wait for them.

        Raises:
            UnsatisfiedWitness: A w * B w is not C w.
        """
        for task in self.tasks:
            task.result()
        if self.lacks_c:
            # What C w is for a right witness; a false one leads to a proof that does not verify.
            self.rows[2][:] = self.rows[0]
            vectors.multiply(self.rows[2], self.rows[1])
        broken = vectors.first_mismatch(*self.rows, self.n_constraints)
        if broken >= 0:
            raise UnsatisfiedWitness(broken)
        return self.rows


def _move_to_coset(values: Words, log_size: int) -> None:
    """Values on the domain to values on its coset, in place."""
    domain = ntt.domain(log_size)
    domain.inverse(values)
    vectors.multiply(values, domain.shift)
    domain.forward(values)
