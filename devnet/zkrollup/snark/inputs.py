"""Inputs of circuits as they are given: Python values, numpy arrays, JSON, or a whole witness in a file.

Owns what counts as a number, as a list and as an object of them. Which inputs a circuit has, ``circuit`` and
``circom`` know.
"""

import operator
import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from zkrollup import jsontext
from zkrollup.snark.formats import wtns
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import InputError, Inputs, Provable, require_form

_DECIMAL: Final = re.compile(r"-?[0-9]{1,78}", re.ASCII)
_DEEPEST: Final = 64
"""Lists and objects within one another: more are no signal's, and Python would give up far below."""


def as_mapping(circuit: str, inputs: Inputs) -> Mapping[str, Any]:
    """Inputs by name.

    Args:
        circuit: Its name, for errors.
        inputs: A mapping, or a JSON object as text; or a path to a file of it.

    Raises:
        InputError: It is something else, or a name is no text.
        FileNotFoundError: There is no such file.
    """
    if isinstance(inputs, Path):
        inputs = inputs.read_bytes()
    if isinstance(inputs, str | bytes):
        inputs = _parsed(circuit, inputs)
    if not isinstance(inputs, Mapping):
        raise InputError(circuit, None, f"are {reprlib.repr(inputs)}; {_GIVE}")
    for name in inputs:
        if not isinstance(name, str):
            raise InputError(circuit, None, f"have the name {name!r}, which is no text; {_GIVE}")
    return inputs


def given_witness(circuit: Provable, inputs: Inputs) -> Limbs | None:
    """The witness in a .wtns file, uint64 (n_wires, 4); None where the inputs are no path of one.

    Raises:
        FileNotFoundError: There is no such file.
        InvalidFile: It is no .wtns file over BN254.
        MalformedWitness: It is of a circuit with more or fewer wires.
    """
    if not (isinstance(inputs, Path) and inputs.suffix == ".wtns"):
        return None
    witness = wtns.read(inputs)
    require_form(circuit, witness)
    return witness


def whole_number(value: Any) -> int | None:
    """The number that an integer of any type, or decimal text of at most 78 digits, stands for; else None."""
    if isinstance(value, str):
        return int(value) if _DECIMAL.fullmatch(value) else None
    try:
        return operator.index(value)
    except TypeError:
        return None


def by_signal(circuit: str, inputs: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Single values by signal, in the order of the signal's array.

    An object gives each of its fields by name, as circom's own calculator names them: ``q.p[0].x``. So the
    order of its keys does not matter.

    Args:
        circuit: Its name, for errors.
        inputs: By name: a value, lists, tuples or arrays of them, or objects.

    Raises:
        InputError: A signal is given twice, or its lists are nested too deep.
    """
    found: dict[str, list[Any]] = {}
    for name, value in inputs.items():
        for signal, values in _signals(name, _plain(circuit, name, value)):
            if signal in found:
                raise InputError(circuit, signal, "is given twice; give it once")
            found[signal] = values
    for signal in found:
        outer = next((each for each in enclosing(signal) if each in found), None)
        if outer is not None:
            raise InputError(circuit, signal, f"is given twice, in {outer!r} too; give it once")
    return found


def enclosing(signal: str) -> Iterator[str]:
    """What a signal is a part of, the outermost first: of ``q.p[0].x`` these are q, q.p, and q.p[0]."""
    for mark in re.finditer(r"[.\[]", signal):
        yield signal[: mark.start()]


_GIVE: Final = "give a mapping from each input's name to its values, or a JSON object as text"


def _parsed(circuit: str, text: str | bytes) -> Any:
    try:
        return jsontext.loads(text)
    except ValueError as error:
        raise InputError(circuit, None, f"are {reprlib.repr(text)}, which is no JSON; {_GIVE}") from error


def _plain(circuit: str, name: str, value: Any, depth: int = 0) -> Any:
    """The value with lists for arrays and tuples, and dicts for mappings."""
    if depth > _DEEPEST:
        raise InputError(circuit, name, f"is nested more than {_DEEPEST} deep; give its array's dimensions")
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(circuit, name, inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
        return [_plain(circuit, name, inner, depth + 1) for inner in value]
    return value


def _signals(name: str, value: Any) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _signals(f"{name}.{key}", inner)
    elif _holds_an_object(value):
        for i, inner in enumerate(value):
            yield from _signals(f"{name}[{i}]", inner)
    else:
        yield name, _flattened(value)


def _holds_an_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_an_object, value)))


def _flattened(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [each for inner in value for each in _flattened(inner)]
    return [value]
