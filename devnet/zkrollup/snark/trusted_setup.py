"""Groth16's setup by a single party: fast, and for TEST keys only.

Owns the secrets while it runs. Whoever knows them can forge proofs; here they come from the operating
system, are never seeded, never stored and dropped at the end. A key for real value needs a ceremony.

Source: Groth, "On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016, 3.2.
"""

import secrets
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR
from zkrollup.kernels import fixed_base, msm, ntt, sparse, threads, vectors
from zkrollup.kernels.jit import Progress, Words, ignore_progress
from zkrollup.kernels.limbs import from_ints, montgomery
from zkrollup.kernels.montgomery import P, R
from zkrollup.snark import qap
from zkrollup.snark.keys import ProvingKey, VerificationKey
from zkrollup.snark.points import g1_of, g2_of
from zkrollup.snark.r1cs import R1CS


@dataclass(frozen=True, slots=True, repr=False)
class _Secrets:
    tau: int
    alpha: int
    beta: int
    gamma: int
    delta: int

    @classmethod
    def draw(cls, size: int) -> "_Secrets":
        """Five distinct numbers, tau being neither a root of unity nor one of its coset."""
        while True:
            drawn = [secrets.randbelow(R - 1) + 1 for _ in range(5)]
            on_domain = pow(drawn[0], size, R) in (1, R - 1)
            if len(set(drawn)) == 5 and not on_domain:
                return cls(*drawn)


@dataclass(frozen=True, slots=True, repr=False)
class _Exponents:
    """Logarithms of the key's points, canonical; u and v for each wire."""

    u: Words
    v: Words
    private: Words
    quotient: Words
    public: Words


def setup(r1cs: R1CS, *, progress: Progress = ignore_progress) -> ProvingKey:
    """Make a TEST key for a constraint system.

    Args:
        r1cs: the constraints.
        progress: called with "make keys".
    """
    progress("make keys", 0.0)
    log = qap.log_size(r1cs)
    secret = _Secrets.draw(1 << log)
    with threads.pool() as pool:
        exponents = _exponents(pool, r1cs, log, secret)
        progress("make keys", 0.1)
        key = _points(pool, r1cs, log, secret, exponents, progress)
    key.vk.check(n_public=r1cs.n_public)
    progress("make keys", 1.0)
    return key


def _exponents(pool: Executor, r1cs: R1CS, log: int, secret: _Secrets) -> _Exponents:
    basis = _lagrange(log, secret.tau, 1)
    columns = [np.zeros((r1cs.n_wires, 4), np.uint64) for _ in range(3)]
    tasks = [
        pool.submit(sparse.transposed_product, each.ptr, each.col, each.val, basis, column)
        for each, column in zip(qap.matrices(r1cs), columns, strict=True)
    ]
    for task in tasks:
        task.result()
    public = slice(0, r1cs.n_public + 1)
    private = slice(r1cs.n_public + 1, None)
    per_delta, per_gamma = pow(secret.delta, -1, R), pow(secret.gamma, -1, R)
    size = 1 << log
    # Z is -2 all over the coset.
    vanishing = (pow(secret.tau, size, R) - 1) * pow(-2, -1, R)
    quotient = _lagrange(log, secret.tau * pow(ntt.domain(log).coset, -1, R), vanishing * per_delta)
    return _Exponents(
        u=_canonical(columns[0]),
        v=_canonical(columns[1]),
        private=_combined([each[private] for each in columns], secret, per_delta),
        quotient=_canonical(quotient),
        public=_combined([each[public] for each in columns], secret, per_gamma),
    )


def _lagrange(log: int, point: int, scale: int) -> Words:
    """The domain's Lagrange basis at ``point``, times ``scale``."""
    size = 1 << log
    scale = scale * (pow(point, size, R) - 1) * pow(size, -1, R)
    basis = np.empty((size, 4), np.uint64)
    roots = vectors.powers(ntt.domain(log).root, size)
    vectors.fill_lagrange(roots, montgomery([point], R), montgomery([scale % R], R), basis)
    return basis


def _combined(columns: list[Words], secret: _Secrets, scale: int) -> Words:
    """(beta u + alpha v + w) * scale."""
    out = np.empty_like(columns[0])
    factors = montgomery([secret.beta * scale % R, secret.alpha * scale % R, scale], R)
    vectors.combine(*columns, factors, out)
    return out


def _canonical(values: Words) -> Words:
    out = np.empty_like(values)
    vectors.leave_montgomery(values, out)
    return out


def _points(
    pool: Executor, r1cs: R1CS, log: int, secret: _Secrets, exponents: _Exponents, progress: Progress
) -> ProvingKey:
    a_wires, b_wires = (np.flatnonzero(each.any(axis=1)) for each in (exponents.u, exponents.v))
    alpha, beta, gamma, delta = from_ints([secret.alpha, secret.beta, secret.gamma, secret.delta])[:, None]
    v = [exponents.v[b_wires], beta, delta]
    parts = [
        [exponents.u[a_wires], alpha, delta],
        v,
        [exponents.private, exponents.quotient, delta],
        [exponents.public],
    ]
    joined = [np.concatenate(part) for part in parts]
    g1 = montgomery(G1_GENERATOR, P).reshape(1, -1)
    points = fixed_base.multiples(pool, msm.G1, g1, np.concatenate(joined))
    a, b1, c, ic = np.split(points, np.cumsum([len(each) for each in joined])[:-1])
    progress("make keys", 0.6)
    g2 = montgomery([*G2_GENERATOR[0], *G2_GENERATOR[1]], P).reshape(1, -1)
    b2 = fixed_base.multiples(pool, msm.G2, g2, np.concatenate([*v, gamma]))
    vk = VerificationKey(
        alpha=g1_of(a[-2]),
        beta=g2_of(b2[-3]),
        gamma=g2_of(b2[-1]),
        delta=g2_of(b2[-2]),
        ic=tuple(g1_of(row) for row in ic),
    )
    wires = a_wires.astype(np.uint32), b_wires.astype(np.uint32)
    return ProvingKey(vk, r1cs.n_wires, log, *wires, a=a, b1=b1, b2=b2[:-1], c=c)
