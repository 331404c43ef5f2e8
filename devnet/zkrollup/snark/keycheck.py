"""Whether a proving key is what a ceremony makes of a circuit: all its points against the powers of tau.

Owns the equations, as ``snarkjs zkey verify`` has them: every point has to be the combination of powers that
the constraints say, C and H up to one factor 1/delta. All points of a section are checked at once, by sums
with random scalars: a section with any wrong point passes with a probability of 2^-247 at most.

Does not own how contributions follow from each other (each of them changes delta alone), nor whether the
powers come from an honest ceremony.

Source: snarkjs, src/zkey_verify_frominit.js and src/zkey_new.js.
"""

import secrets
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from zkrollup.crypto.pairing import G1, G1_GENERATOR, G2_GENERATOR, g1_negate, pairing_check
from zkrollup.errors import ZkRollupError
from zkrollup.kernels import msm, ntt, sparse, threads, vectors
from zkrollup.kernels.limbs import Limbs, montgomery
from zkrollup.kernels.montgomery import R
from zkrollup.snark import qap
from zkrollup.snark.formats.pointrows import g1_row
from zkrollup.snark.formats.ptau import Powers
from zkrollup.snark.keys import ProvingKey
from zkrollup.snark.points import g1_of, g2_of
from zkrollup.snark.r1cs import R1CS

_SCALAR_BYTES = 31


class KeyNotOfCircuit(ZkRollupError):
    """A proving key is not what the powers of tau give for a circuit.

    Attributes:
        part: Of the key: "alpha", "beta", "gamma", "delta", "A", "B1", "B2", "C", "H" or "IC".
        powers: The file of powers.
    """

    def __init__(self, part: str, powers: Powers) -> None:
        self.part, self.powers = part, powers.path
        super().__init__(
            f"the key's {part} is not what {powers.path.name} gives for these constraints: under such a key "
            "false statements may be proved. Give the .ptau file that the key was made from or a larger one "
            "of its ceremony, or get the key again from those who held it, and run snarkjs zkey verify"
        )


def require_made_from(key: ProvingKey, r1cs: R1CS, powers: Powers) -> None:
    """Passes when every point of a key is the one that the circuit and the powers of tau determine.

    Args:
        key: Of gamma 1, as all keys from ceremonies are. Its points are in their groups.
        r1cs: The circuit's constraints.
        powers: For as many rows.

    Raises:
        KeyMismatch: The key is for a circuit of other sizes.
        KeyNotOfCircuit: With the first part of the key that is another.
    """
    key.require_fit(r1cs)
    with threads.pool() as pool:
        for part, holds in _Check(pool, key, r1cs, powers).parts():
            if not holds:
                raise KeyNotOfCircuit(part, powers)


@dataclass(frozen=True, slots=True)
class _Check:
    pool: Executor
    key: ProvingKey
    r1cs: R1CS
    powers: Powers

    def parts(self) -> Iterator[tuple[str, bool]]:
        """Each part of the key, and whether it is right; the cheap ones first."""
        yield from self._fixed()
        yield from self._factors()
        yield "IC", self._statement_holds()
        yield "C", self._private_holds()
        yield "H", self._quotient_holds()

    def _fixed(self) -> Iterator[tuple[str, bool]]:
        key, powers = self.key, self.powers
        vk, alpha, beta = key.vk, powers.alpha[0], powers.beta[0]
        yield "alpha", _same(key.a[-2], alpha) and vk.alpha == g1_of(alpha)
        is_beta = _same(key.b1[-2], beta) and _same(key.b2[-2], powers.beta2[0])
        yield "beta", is_beta and vk.beta == g2_of(powers.beta2[0])
        yield "gamma", vk.gamma == G2_GENERATOR
        delta = key.a[-1]
        agree = _same(key.b1[-1], delta) and _same(key.c[-1], delta) and vk.delta == g2_of(key.b2[-1])
        yield "delta", agree and pairing_check([(g1_of(delta), G2_GENERATOR), (_MINUS_ONE, vk.delta)])

    def _factors(self) -> Iterator[tuple[str, bool]]:
        """A, B1 and B2: a wire's polynomial at tau."""
        key, n = self.key, 1 << self.key.log_size
        scalars = _random(key.n_wires)
        u, v, _ = self._polynomials(scalars)
        tau1, tau2 = self.powers.tau1[:n], self.powers.tau2
        sides = (
            ("A", msm.G1, key.a, key.a_wires, tau1, u),
            ("B1", msm.G1, key.b1, key.b_wires, tau1, v),
            ("B2", msm.G2, key.b2, key.b_wires, tau2, v),
        )
        for part, group, points, wires, tau, polynomial in sides:
            mine = self._sum(group, np.ascontiguousarray(points[:-2]), scalars[wires])
            yield part, _same(mine, self._sum(group, tau, polynomial))

    def _statement_holds(self) -> bool:
        ic = np.concatenate([g1_row(point) for point in self.key.vk.ic])
        scalars = _random(len(ic))
        return _same(self._sum(msm.G1, ic, scalars), self._combined(scalars, 0))

    def _private_holds(self) -> bool:
        first = self.key.vk.n_public + 1
        n_private = self.key.n_wires - first
        if not n_private:
            return True
        scalars = _random(n_private)
        mine = self._sum(msm.G1, self.key.c[:n_private], scalars)
        return self._is_over_delta(mine, self._combined(scalars, first))

    def _quotient_holds(self) -> bool:
        """H: the quotient's Lagrange basis on the coset, times Z(tau) / -2.

        The highest power, tau^(2n - 1), is in no file that was made for circuits of just this size. snarkjs
        leaves its terms away then. No honest prover needs them: a quotient's degree is below n - 1.

        Nor do they help another one. With such an H, who takes a quotient q of leading coefficient l proves
        A B - C = q Z - l X^(2n - 1), so that A B - C is -l w^-i in row i, w being the domain's root. In the
        rows that bind public inputs B and C are 0, and ``qap.matrices`` always adds one at least: so l is 0
        there and everywhere, and each row holds.
        """
        n = 1 << self.key.log_size
        scalars = _random(n)
        mine = self._sum(msm.G1, self.key.c[-1 - n : -1], scalars)
        quotient = self._quotient(scalars)
        lengths = {2 * n - 1, len(self.powers.tau1)}
        return any(
            self._is_over_delta(mine, self._sum(msm.G1, self.powers.tau1[:length], quotient[:length]))
            for length in sorted(lengths, reverse=True)
        )

    def _quotient(self, values: Limbs) -> Limbs:
        """Coefficients of q Z / -2, canonical (2 n, 4), where q has these values on the coset."""
        log = self.key.log_size
        domain = ntt.domain(log)
        q = np.empty_like(values)
        vectors.enter_montgomery(values, q)
        domain.inverse(q)
        q = np.ascontiguousarray(q[ntt.bit_reversed(log)])
        half = pow(2 * domain.size, -1, R)
        shift = pow(domain.coset, -1, R)
        out = []
        for factor in (half, R - half):
            scaled = q.copy()
            vectors.multiply(scaled, vectors.powers(shift, domain.size, first=factor))
            vectors.leave_montgomery(scaled, scaled)
            out.append(scaled)
        return np.concatenate(out)

    def _combined(self, scalars: Limbs, first: int) -> Limbs:
        """The sum of scalars[i] (beta u + alpha v + w)(tau) over wires from ``first`` on."""
        n = 1 << self.key.log_size
        by_wire = np.zeros((self.key.n_wires, 4), np.uint64)
        by_wire[first : first + len(scalars)] = scalars
        powers = self.powers
        points = np.concatenate([powers.beta, powers.alpha, powers.tau1[:n]])
        return self._sum(msm.G1, points, np.concatenate(self._polynomials(by_wire)))

    def _polynomials(self, scalars: Limbs) -> list[Limbs]:
        """Coefficients, canonical, of the wires' polynomials of A, B and C, summed with a scalar for each."""
        log = self.key.log_size
        domain, order = ntt.domain(log), ntt.bit_reversed(log)
        by_wire = np.empty_like(scalars)
        vectors.enter_montgomery(scalars, by_wire)
        scale = np.repeat(montgomery([pow(domain.size, -1, R)], R), domain.size, axis=0)
        out = []
        for each in qap.matrices(self.r1cs):
            values = np.zeros((domain.size, 4), np.uint64)
            sparse.product(each.ptr, each.col, each.val, by_wire, values)
            domain.inverse(values)
            values = np.ascontiguousarray(values[order])
            vectors.multiply(values, scale)
            vectors.leave_montgomery(values, values)
            out.append(values)
        return out

    def _sum(self, group: msm.Group, points: Limbs, scalars: Limbs) -> Limbs:
        """A row."""
        if not len(points):
            return np.zeros(group.words, np.uint64)
        row: Limbs = msm.start_sum(self.pool, group, points, np.ascontiguousarray(scalars)).result()[0]
        return row

    def _is_over_delta(self, mine: Limbs, whole: Limbs) -> bool:
        """Whether ``mine`` times delta is ``whole``."""
        return pairing_check([(g1_of(mine), self.key.vk.delta), (g1_negate(g1_of(whole)), G2_GENERATOR)])


_MINUS_ONE: G1 = g1_negate(G1_GENERATOR)


def _random(count: int) -> Limbs:
    """Scalars below 2^248, canonical (count, 4)."""
    drawn = np.frombuffer(secrets.token_bytes(_SCALAR_BYTES * count), np.uint8).reshape(count, _SCALAR_BYTES)
    padded = np.zeros((count, 32), np.uint8)
    padded[:, :_SCALAR_BYTES] = drawn
    words: Limbs = padded.view("<u8").astype(np.uint64)
    return words


def _same(one: Limbs, other: Limbs) -> bool:
    return bool((one == other).all())
