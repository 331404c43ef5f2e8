"""Powers of tau and keys of known secrets, as a ceremony of nobody's would leave them."""

import dataclasses

import numpy as np
import pytest

from zkrollup.crypto.field import P, R
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR
from zkrollup.kernels import fixed_base, msm, threads
from zkrollup.kernels.limbs import from_ints, montgomery
from zkrollup.snark import groth16, trusted_setup
from zkrollup.snark.formats.sections import integers, prime, stored, write_sections

TAU, ALPHA, BETA, DELTA = 0x1D3B7, 0x2C90F, 0x3A66B, 0x41E25


def key_of(system, *, delta=DELTA):
    """The key that a ceremony with these secrets gives."""
    drawn = trusted_setup._Secrets(TAU, ALPHA, BETA, 1, delta)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trusted_setup._Secrets, "draw", lambda size: drawn)
        return groth16.setup(system)


def write_ptau(path, power, *, tau=TAU, changed=None):
    """A .ptau file for 2^power rows; ``changed`` replaces sections."""
    size = 1 << power
    powers = [pow(tau, i, R) for i in range(2 * size - 1)]
    sections = {
        1: [prime(P), integers(power, power)],
        2: [_points(msm.G1, powers)],
        3: [_points(msm.G2, powers[:size])],
        4: [_points(msm.G1, [ALPHA * each for each in powers[:size]])],
        5: [_points(msm.G1, [BETA * each for each in powers[:size]])],
        6: [_points(msm.G2, [BETA])],
        7: [integers(0)],
    }
    with path.open("wb") as file:
        write_sections(file, "ptau", 1, sections | (changed or {}))
    return path


def truncated(key):
    """The key with H as snarkjs makes it from powers for no larger circuit: without tau^(2n - 1)."""
    n = 1 << key.log_size
    root = pow(5, (R - 1) >> (key.log_size + 1), R)
    roots = [pow(root, 2 * i + 1, R) for i in range(n)]
    exponents = []
    for point in roots:
        value = sum(pow(point, -k, R) * pow(TAU, k, R) for k in range(2 * n - 1))
        exponents.append(value * pow(2 * n * DELTA, -1, R) % R)
    rows = np.frombuffer(_points(msm.G1, exponents), "<u8").reshape(n, 8)
    c = key.c.copy()
    c[-1 - n : -1] = rows
    return dataclasses.replace(key, c=c)


def _points(group, exponents):
    base = G1_GENERATOR if group is msm.G1 else (*G2_GENERATOR[0], *G2_GENERATOR[1])
    with threads.pool() as pool:
        row = montgomery(base, P).reshape(1, -1)
        return stored(fixed_base.multiples(pool, group, row, from_ints(each % R for each in exponents)))
