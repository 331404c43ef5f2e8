"""A proof and its public inputs as ``snarkjs zkey export soliditycalldata`` prints them.

Owns the text in both directions: arrays of 0x-numbers of 64 digits, separated by commas; G2 coordinates c1
first. Calls are encoded by ``verifier_contract``.

Source: snarkjs, src/groth16_exportsoliditycalldata.js.
"""

import re
from collections.abc import Sequence
from typing import Any

from zkrollup import jsontext
from zkrollup.crypto.field import P, R, require_field
from zkrollup.crypto.pairing import G1, G2
from zkrollup.snark.formats.snarkjs_json import InvalidFormat
from zkrollup.snark.keys import Proof
from zkrollup.snark.verifier_contract import solidity_proof

_WORD = re.compile(r"0x[0-9a-fA-F]{64}")


def dump(proof: Proof, public: Sequence[int]) -> str:
    """The text for a proof; infinity is written as zeros, as the precompiles read it.

    Raises:
        FieldRangeError: A public input is not in [0, r).
    """
    a, (b_x, b_y), c = solidity_proof(proof)
    inputs = ",".join(_word(require_field(f"public[{i}]", value)) for i, value in enumerate(public))
    return f"{_pair(a)},[{_pair(b_x)},{_pair(b_y)}],{_pair(c)},[{inputs}]"


def load(text: str) -> tuple[Proof, tuple[int, ...]]:
    """The proof and public inputs in a text.

    Raises:
        InvalidFormat: It is not four arrays, or one is too long or short, or a number is none or out of
            range.
    """
    try:
        parts = jsontext.loads(f"[{text}]")
    except ValueError as error:
        raise InvalidFormat("calldata", text[:40], f"it is not four arrays ({error})") from error
    a, b, c, public = _list("calldata", parts, 4)
    b_rows = [_numbers(f"b[{i}]", row, 2, P) for i, row in enumerate(_list("b", b, 2))]
    proof = Proof(_g1(_numbers("a", a, 2, P)), _g2(b_rows), _g1(_numbers("c", c, 2, P)))
    return proof, tuple(_numbers("public", public, None, R))


def _word(value: int) -> str:
    return f'"0x{value:064x}"'


def _pair(values: tuple[int, int]) -> str:
    return f"[{', '.join(map(_word, values))}]"


def _list(name: str, value: Any, length: int | None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise InvalidFormat(name, value, "an array is needed" + (f", of {length}" if length else ""))
    return value


def _numbers(name: str, values: Any, length: int | None, order: int) -> list[int]:
    numbers = []
    for i, value in enumerate(_list(name, values, length)):
        if not (isinstance(value, str) and _WORD.fullmatch(value)):
            raise InvalidFormat(f"{name}[{i}]", value, "0x and 64 hex digits are needed")
        if int(value, 16) >= order:
            raise InvalidFormat(f"{name}[{i}]", value, f"it is not below {order}")
        numbers.append(int(value, 16))
    return numbers


def _g1(words: list[int]) -> G1:
    x, y = words
    return (x, y) if x or y else None


def _g2(rows: list[list[int]]) -> G2:
    (x1, x0), (y1, y0) = rows
    return ((x0, x1), (y0, y1)) if any((x0, x1, y0, y1)) else None
