"""Groth16 verifiers as Solidity source, for one key each, to be read and compiled by others.

Owns the text that is put into ``verifier.sol.template``. The contract that the rollup itself uses needs no
compiler: see ``verifier_contract``.
"""

import re
from collections.abc import Iterator
from importlib import resources
from string import Template
from typing import Final

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


class InvalidSourceOption(ZkRollupError):
    """A verifier's source was asked for with something that Solidity cannot take.

    Attributes:
        option: "name", "pragma" or "public inputs".
        value: What was given.
    """

    def __init__(self, option: str, value: object, rule: str) -> None:
        self.option, self.value = option, value
        super().__init__(f"{option} = {value!r}: {rule}")


def verifier_source(vk: VerificationKey, *, origin: str, name: str, pragma: str) -> str:
    """Return a Solidity contract whose ``verifyProof`` has snarkjs's signature.

    Args:
        vk: the key.
        origin: where the key comes from and what is to be thought of it; becomes the header's comment.
        name: the contract's.
        pragma: versions of the compiler that may compile it; 0.8.20 and 0.8.37 were tried.

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
