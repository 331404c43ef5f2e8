"""Which releases of solc a source takes: ``pragma solidity``, read as solc reads it.

The expressions look like npm's and differ from them: ``^0.0.3`` takes 0.0.7, for example. Source:
solc's liblangutil/SemVerHandler.cpp.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from zkrollup.compilers.tokens import tokens, without_comments

Release = tuple[int, ...]
"""A version as three numbers, such as (0, 8, 37)."""

_ANY: Final = -1
_VERSION: Final = r"(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}"
_BOUND: Final = re.compile(rf"(?P<sign>\^|~|<=|>=|<|>|=)?\s*(?P<version>{_VERSION})")
_BETWEEN: Final = re.compile(rf"\s*(?P<least>{_VERSION})\s*-\s*(?P<most>{_VERSION})\s*")


class _Bound(NamedTuple):
    """One comparison, such as ``>=0.5.0``: its sign, and as many numbers as are written."""

    sign: str
    numbers: tuple[int, ...]

    def takes(self, release: Release) -> bool:
        if self.sign in ("^", "~"):
            return (
                self._compare(release) >= 0
                and _Bound("<=", self.numbers[: self._kept])._compare(release) <= 0
            )
        order = self._compare(release)
        return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}.get(self.sign, order == 0)

    @property
    def _kept(self) -> int:
        """How many numbers ``^`` or ``~`` holds fast, of as many as are written."""
        return 2 if self.sign == "~" or self.numbers[0] == 0 else 1

    def _compare(self, release: Release) -> int:
        """The order of the release and the bound: negative if the release comes first, 0 if neither does."""
        differences = (had - own for had, own in zip(release, self.numbers, strict=False) if own != _ANY)
        return next((difference for difference in differences if difference), 0)


def pragmas(source: str) -> Iterator[str]:
    """The expressions of a source's ``pragma solidity`` statements, such as ``>=0.5.0 <0.9.0``."""
    start = -1
    for token in tokens(source):
        if token["word"] == "pragma":
            start = token.end()
        elif token["end"] and start >= 0:
            name, _, expression = (
                without_comments(source[start : token.start()]).strip().partition("solidity")
            )
            if not name and expression:
                yield " ".join(expression.split())
            start = -1


def takes(pragma: str, release: Release) -> bool:
    """Whether the expression admits a release. What is no expression admits all: solc says so better."""
    try:
        alternatives = [_bounds(part) for part in pragma.split("||")]
    except ValueError:
        return True
    return any(all(bound.takes(release) for bound in bounds) for bounds in alternatives)


def mentioned(pragma: str) -> Iterator[Release]:
    """The releases that an expression writes out, admitted or not: 0.5.16 of ``>=0.5.16 <0.9``."""
    for numbers in re.findall(r"(\d+)\.(\d+)\.(\d+)", pragma):
        yield tuple(map(int, numbers))


def _bounds(text: str) -> Sequence[_Bound]:
    """The comparisons that a part between ``||`` asks for, all together.

    Raises:
        ValueError: it is none.
    """
    between = _BETWEEN.fullmatch(text)
    if between:
        return (_Bound(">=", _numbers(between["least"])), _Bound("<=", _numbers(between["most"])))
    bounds, rest = [], text.strip()
    while rest:
        found = _BOUND.match(rest)
        if found is None:
            raise ValueError(text)
        bounds.append(_Bound(found["sign"] or "=", _numbers(found["version"])))
        rest = rest[found.end() :].strip()
    if not bounds:
        raise ValueError(text)
    return bounds


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else _ANY for part in version.split("."))
