"""Groth16 verifiers as Solidity source, for one key each, to be read and compiled by others.

Owns the text that is put into ``verifier.sol.template``. The contract that the rollup itself uses needs no
compiler: see ``verifier_contract``.
"""

import re
from collections.abc import Iterator
from importlib import resources
from string import Template
from typing import Final, NamedTuple

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.snark.keys import VerificationKey
from zkrollup.snark.verifier_contract import g1_words, g2_words

TEST_KEY: Final = (
    "TEST KEY, made on one machine by a single party, who could keep its secrets and forge proofs. "
    "Never put value behind it."
)
"""What every source says whose key comes from this project's own setup."""

_LINE: Final = 110
_G1: Final = ("X", "Y")
_G2: Final = ("X1", "X0", "Y1", "Y0")


class _Style(NamedTuple):
    """How a verifier's function takes a proof. The fields stand in the template."""

    errors: str
    calldata_parts: str
    proof_words: int
    documented: str
    parameters: str
    opened: str
    a_and_b: str
    c: str


_POINTS: Final = _Style(
    errors="",
    calldata_parts="the proof's eight words",
    proof_words=8,
    documented="""\
    /// @notice Whether (a, b, c) is a proof for `inputs`.
    /// @dev Takes what `snarkjs zkey export soliditycalldata` prints. Reverts if that is shorter or longer.
    /// @param a Point of G1.
    /// @param b Point of G2: [[X1, X0], [Y1, Y0]].
    /// @param c Point of G1.
""",
    parameters="""\
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
""",
    opened="",
    a_and_b="a[0], a[1], b[0][0], b[0][1], b[1][0], b[1][1]",
    c="c[0], c[1]",
)
"""As snarkjs has it."""

# Elsewhere, an input could be read as the length, and then bytes behind the proof would be nobody's.
_BYTES: Final = _Style(
    errors="""\
    /// @notice The proof does not follow the inputs, as it does where abi.encode made the calldata.
    /// @param expected Its offset then.
    /// @param given Its offset.
    error ProofElsewhere(uint256 expected, uint256 given);

""",
    calldata_parts="the proof's offset, its length and its eight words",
    proof_words=10,
    documented="""\
    /// @notice Whether `proof` is one for `inputs`.
    /// @dev Reverts where the calldata or the proof is too short, too long or in another place.
    /// @param proof a, b and c as abi.encode gives uint256[8]: points of G1, G2, G1; b is X1, X0, Y1, Y0.
""",
    parameters="""\
        bytes calldata proof,
""",
    opened="""\
        uint256 behindInputs = CALLDATA_BYTES - (4 + 32 * 9);
        uint256 offset = uint256(bytes32(msg.data[4:36]));
        if (offset != behindInputs) revert ProofElsewhere(behindInputs, offset);
        uint256[8] memory p = abi.decode(proof, (uint256[8]));
""",
    a_and_b="p[0], p[1], p[2], p[3], p[4], p[5]",
    c="p[6], p[7]",
)
"""As Tornado Cash's pools call it."""


class InvalidSourceOption(ZkRollupError):
    """A verifier's source was asked for with something that Solidity cannot take.

    Attributes:
        option: "name", "pragma" or "public inputs".
        value: What was given.
    """

    def __init__(self, option: str, value: object, rule: str) -> None:
        self.option, self.value = option, value
        super().__init__(f"{option} = {value!r}: {rule}")


def verifier_source(
    vk: VerificationKey, *, origin: str, name: str, pragma: str, proof_bytes: bool = False
) -> str:
    """Return a Solidity contract whose ``verifyProof`` has snarkjs's signature, or takes a proof as bytes.

    Args:
        vk: the key.
        origin: where the key comes from and what is to be thought of it; becomes the header's comment.
        name: the contract's.
        pragma: versions of the compiler that may compile it; 0.8.20 and 0.8.37 were tried.
        proof_bytes: whether the function is ``verifyProof(bytes, uint256[n])``, as Tornado Cash's pools and
            contracts after them call it. The bytes are those of ``abi.encode`` of the proof's eight words.

    Raises:
        InvalidKey: the key is not sound.
        InvalidSourceOption: no identifier, no range of versions, or a key without public inputs.
    """
    vk.check()
    _require(r"[A-Za-z_$][A-Za-z0-9_$]*", "name", name, "a Solidity identifier is needed, such as MyVerifier")
    _require(r"[\d.^~<>=| -]+", "pragma", pragma, "a range of versions is needed, such as ^0.8.20")
    if vk.n_public == 0:
        raise InvalidSourceOption(
            "public inputs", 0, "Solidity has no array of none; deploy the bytecode, or publish an input"
        )
    template = resources.files(__package__).joinpath("verifier.sol.template").read_text(encoding="utf-8")
    return Template(template).substitute(
        name=name,
        pragma=pragma,
        origin="\n".join(_comment(origin)),
        **(_BYTES if proof_bytes else _POINTS)._asdict(),
        n_public=vk.n_public,
        count="1 public input" if vk.n_public == 1 else f"{vk.n_public} public inputs",
        r=R,
        constants="\n".join(_constants(vk)),
        terms="\n".join(
            f"        _addMultiple(sum, IC{i + 1}_X, IC{i + 1}_Y, inputs[{i}]);" for i in range(vk.n_public)
        ),
    )


def _require(pattern: str, option: str, value: str, rule: str) -> None:
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise InvalidSourceOption(option, value, rule)


def _comment(text: str) -> Iterator[str]:
    """Lines of comment. A file's name may hold anything, line ends too, and must not become code."""
    line = "//"
    for word in text.encode("unicode_escape").decode().split(" "):
        if len(line) + 1 + len(word) > _LINE:
            yield line
            line = "//"
        line += f" {word}"
    yield line


def _constants(vk: VerificationKey) -> Iterator[str]:
    points = {
        "ALPHA": (_G1, g1_words(vk.alpha)),
        "NEGATIVE_BETA": (_G2, g2_words(vk.beta, negated=True)),
        "NEGATIVE_GAMMA": (_G2, g2_words(vk.gamma, negated=True)),
        "NEGATIVE_DELTA": (_G2, g2_words(vk.delta, negated=True)),
        **{f"IC{i}": (_G1, g1_words(point)) for i, point in enumerate(vk.ic)},
    }
    for point, (coordinates, words) in points.items():
        for coordinate, word in zip(coordinates, words, strict=True):
            yield f"    uint256 private constant {point}_{coordinate} = {word};"
