"""Powers of tau as snarkjs keeps them: .ptau, version 1. What the circuit's phase of a ceremony starts from.

Owns which points a circuit of a given size needs, and that they are in their groups. That they are powers of
one number, and who took part, ``snarkjs powersoftau verify`` shows. Files of public ceremonies have
gigabytes: only what is needed is read.

     1  header            32, p; power (uint32), power of the whole ceremony
     2  tau in G1         2^(power + 1) - 1 points, from the generator on
     3  tau in G2         2^power points
     4  alpha tau in G1   2^power points, 5 beta tau in G1 likewise
     6  beta in G2
     7  contributions
    12 to 15              Lagrange bases, which follow from 2 to 5

Points are affine, in Montgomery form, little-endian: as rows of ``ProvingKey`` are.

Source: snarkjs, src/powersoftau_utils.js and src/powersoftau_new.js.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zkrollup.crypto.field import P
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.limbs import Limbs
from zkrollup.snark.formats.pointrows import G1_BYTES, G2_BYTES, read_g1, read_g2
from zkrollup.snark.formats.sections import read_sections, required
from zkrollup.snark.points import g1_of, g2_of

_HEADER, _TAU1, _TAU2, _ALPHA, _BETA, _BETA2 = range(1, 7)
_LAST: Final = 15
_POWER_AT: Final = 36


class TooFewPowers(ZkRollupError):
    """A file of powers of tau is for smaller circuits.

    Attributes:
        path: The file.
        power: Of the file: it serves 2^power rows.
        needed: Log2 of the circuit's rows.
    """

    def __init__(self, path: Path, power: int, needed: int) -> None:
        self.path, self.power, self.needed = path, power, needed
        super().__init__(
            f"{path} has powers of tau for circuits of 2^{power} rows, this one has 2^{needed}; "
            f"give the file of the same ceremony for 2^{needed} rows or more"
        )


@dataclass(frozen=True, slots=True)
class Powers:
    """Powers of tau for circuits of n = 2^log rows.

    Attributes:
        path: Of the file.
        tau1: G1, (2 n, 8): tau^0 to tau^(2n - 1); one less where the file is for no larger circuit.
        tau2: G2, (n, 16): tau^0 to tau^(n - 1).
        alpha: G1, (n, 8): alpha tau^i.
        beta: G1, (n, 8): beta tau^i.
        beta2: G2, (1, 16): beta.
    """

    path: Path
    tau1: Limbs
    tau2: Limbs
    alpha: Limbs
    beta: Limbs
    beta2: Limbs


def read(path: Path, log_size: int) -> Powers:
    """What a circuit of 2^log_size rows needs of a .ptau file.

    Raises:
        FileNotFoundError: There is none.
        InvalidFile: It is none over BN254; a section is missing or too short; a point is off its curve or
            outside its group; the first powers are not the generators.
        TooFewPowers: It is for smaller circuits.
    """
    sections = read_sections(path, "ptau", (1,), range(1, _LAST + 1), mapped=True)
    header = required(sections, _HEADER, path)
    header.require_prime(0, P, "the field of coordinates")
    power = header.integer(_POWER_AT)
    if power < log_size:
        raise TooFewPowers(path, power, log_size)
    size = 1 << log_size
    tau1, tau2, alpha, beta, beta2 = (required(sections, number, path) for number in range(_TAU1, _BETA2 + 1))
    powers = Powers(
        path,
        tau1=read_g1(tau1, 0, min(2 * size, (2 << power) - 1)),
        tau2=read_g2(tau2, 0, size),
        alpha=read_g1(alpha, 0, size),
        beta=read_g1(beta, 0, size),
        beta2=read_g2(beta2, 0, 1, whole=True),
    )
    if g1_of(powers.tau1[0]) != G1_GENERATOR:
        raise tau1.refused(0, f"the first {G1_BYTES} bytes are not G1's generator")
    if g2_of(powers.tau2[0]) != G2_GENERATOR:
        raise tau2.refused(0, f"the first {G2_BYTES} bytes are not G2's generator")
    return powers
