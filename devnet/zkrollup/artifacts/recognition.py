"""Which artifact the code at an address was made from.

Owns what may differ: immutables, libraries' addresses, a library's own address, and the metadata that
compilers append, which changes with every comment. Constructor arguments leave nothing else in the code. Init
code differs in libraries' addresses and in the arguments behind it.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from zkrollup.artifacts.artifact import Artifact, ByteRange

_LIBRARY_START: Final = b"\x73" + bytes(20) + b"\x30\x14"
"""PUSH20 0, ADDRESS, EQ: a library compares its own address, which deployment puts in, with where it runs."""
_CBOR_MAPS: Final = range(0xA1, 0xA8)
"""First byte of solc's metadata: a CBOR map of one to seven entries."""
_WORD: Final = 32


class Fit(IntEnum):
    """How well code fits an artifact; the larger, the better."""

    NONE = 0
    BUT_METADATA = 1
    EXACT = 2


def fit(artifact: Artifact, code: bytes) -> Fit:
    """Return how well code fits: exactly, or but for the metadata at its end."""
    if not artifact.runtime:
        return Fit.NONE
    expected, actual = artifact.runtime, _without_unknown_immutables(artifact, code)
    if len(expected) == len(actual) and _masked(artifact, expected) == _masked(artifact, actual):
        return Fit.EXACT
    body, actual_body = _without_metadata(expected), _without_metadata(actual)
    if len(body) != len(actual_body) or len(body) == len(expected):
        return Fit.NONE
    return Fit.BUT_METADATA if _masked(artifact, body) == _masked(artifact, actual_body) else Fit.NONE


def best(artifacts: Iterable[Artifact], code: bytes) -> tuple[Artifact, ...]:
    """Return the artifacts that code fits best; none, or several of the same code."""
    fits = [(fit(artifact, code), artifact) for artifact in artifacts]
    highest = max((found for found, _ in fits), default=Fit.NONE)
    return tuple(artifact for found, artifact in fits if found == highest) if highest else ()


def made_by(artifacts: Iterable[Artifact], init_code: bytes) -> tuple[Artifact, ...]:
    """Return the artifacts whose init code this is, but for arguments; none, or several of the same.

    It tells contracts apart whose immutables are unknown, since init code has none.
    """
    fitting = [each for each in artifacts if each.bytecode and _begins_with(init_code, each)]
    longest = max((len(each.bytecode) for each in fitting), default=0)
    return tuple(each for each in fitting if len(each.bytecode) == longest)


def _begins_with(init_code: bytes, artifact: Artifact) -> bool:
    libraries = [ByteRange(link.start, link.length) for link in artifact.link_references]
    beginning = init_code[: len(artifact.bytecode)]
    return _blanked(beginning, libraries) == _blanked(artifact.bytecode, libraries)


def immutables(artifact: Artifact, code: bytes) -> dict[str, bytes]:
    """Return what code that fits the artifact holds for each immutable: for a value, a word of 32 bytes."""
    firsts = {name: ranges[0] for name, ranges in artifact.immutables.items() if ranges}
    return {name: code[first.start : first.start + first.length] for name, first in firsts.items()}


def _masked(artifact: Artifact, code: bytes) -> bytes:
    masks = [*artifact.immutable_references]
    masks += [ByteRange(link.start, link.length) for link in artifact.runtime_link_references]
    if artifact.runtime.startswith(_LIBRARY_START):
        masks.append(ByteRange(1, 20))
    return _blanked(code, masks)


def _blanked(code: bytes, ranges: Iterable[ByteRange]) -> bytes:
    blanked = bytearray(code)
    for start, length in ranges:
        blanked[start : start + length] = bytes(max(0, min(length, len(code) - start)))
    return bytes(blanked)


def _without_metadata(code: bytes) -> bytes:
    length = int.from_bytes(code[-2:], "big") + 2
    has_any = length < len(code) and code[-length] in _CBOR_MAPS
    return code[:-length] if has_any else code


def _without_unknown_immutables(artifact: Artifact, code: bytes) -> bytes:
    # Foundry's artifacts of Vyper have no layout: then how many words follow the code is not known.
    extra = len(code) - len(artifact.runtime)
    if artifact.language == "Vyper" and not artifact.immutables and extra > 0 and extra % _WORD == 0:
        return code[:-extra]
    return code
