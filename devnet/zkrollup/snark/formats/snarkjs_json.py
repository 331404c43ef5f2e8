"""Proofs, public inputs and verification keys in snarkjs's JSON, as it and its relatives write them.

Owns the format, in both directions, and refuses everything that is not in it by the field's name. What all
write is needed; what only some write may be missing, but must be right where it stands: rapidsnark's proofs
name no curve, go-rapidsnark's no protocol either, snarkjs before 0.2 says "groth" and "vk_alfa_1", and
buffers of C end in NULs. Does not decide whether points are on their curve: see ``VerificationKey.check`` and
``verifier``.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from zkrollup import jsontext
from zkrollup.crypto.pairing import G1, G2, Fp2
from zkrollup.errors import ZkRollupError
from zkrollup.kernels.montgomery import P, R
from zkrollup.snark.formats.origins import COMPILE_FOR_BN254, USE_GROTH16, is_bn254, is_groth16
from zkrollup.snark.keys import Proof, VerificationKey

_HEADER = {"protocol": "groth16", "curve": "bn128"}
_PUBLIC_NAMES = ("publicSignals", "pub_signals", "public_signals", "pubSignals")
"""Of the public inputs beside a proof: as snarkjs's fullProve returns them, go-rapidsnark, and others."""
_NUMBER = re.compile(r"[0-9]{1,78}|0[xX][0-9a-fA-F]{1,64}", re.ASCII)


class InvalidFormat(ZkRollupError):
    """JSON that is not what snarkjs writes.

    Attributes:
        field: path of the offending value, such as ``IC[2][0]``.
        value: what stands there.
        rule: what it breaks.
    """

    def __init__(
        self,
        field: str,
        value: object,
        rule: str,
        remedy: str = "export it again with snarkjs 0.7 or this package",
    ) -> None:
        self.field, self.value, self.rule = field, value, rule
        super().__init__(f"{field} = {value!r}: {rule}; {remedy}")


# --- writing -----------------------------------------------------------------------------------------------


def dump_proof(proof: Proof) -> str:
    """A ``proof.json``."""
    return _dump({"pi_a": _g1(proof.a), "pi_b": _g2(proof.b), "pi_c": _g1(proof.c), **_HEADER})


def dump_public(public: Sequence[int]) -> str:
    """A ``public.json``."""
    return _dump([str(value) for value in public])


def dump_verification_key(vk: VerificationKey) -> str:
    """A ``verification_key.json``, without the precomputed pairing that snarkjs never reads."""
    points = {f"vk_{name}_2": _g2(getattr(vk, name)) for name in ("beta", "gamma", "delta")}
    ic = [_g1(point) for point in vk.ic]
    return _dump({**_HEADER, "nPublic": vk.n_public, "vk_alpha_1": _g1(vk.alpha), **points, "IC": ic})


def _g1(point: G1) -> list[str]:
    return ["0", "1", "0"] if point is None else [*map(str, point), "1"]


def _g2(point: G2) -> list[list[str]]:
    if point is None:
        return [["0", "0"], ["1", "0"], ["0", "0"]]
    return [*([str(c) for c in coordinate] for coordinate in point), ["1", "0"]]


def _dump(value: object) -> str:
    return json.dumps(value, indent=1)


# --- reading -----------------------------------------------------------------------------------------------


def load_proof(text: str) -> Proof:
    """Read a ``proof.json``, or the proof within an object that holds its public inputs too.

    Raises:
        InvalidFormat: a field is missing, too long, too short or out of range.
    """
    fields = _object(text)
    if isinstance(fields.get("proof"), dict):
        fields = fields["proof"]
    _require_origin(fields)
    a, b, c = (_field(fields, name) for name in ("pi_a", "pi_b", "pi_c"))
    return Proof(_read_g1("pi_a", a), _read_g2("pi_b", b), _read_g1("pi_c", c))


def load_public(text: str) -> tuple[int, ...]:
    """Read a ``public.json``, or the public inputs within an object that holds their proof too.

    Raises:
        InvalidFormat: it is no list of whole numbers below r.
    """
    found = _parse(text)
    if isinstance(found, dict):
        found = next((found[name] for name in _PUBLIC_NAMES if name in found), found)
    values = _list("public", found, None)
    return tuple(_number(f"public[{i}]", value, R) for i, value in enumerate(values))


def load_verification_key(text: str) -> VerificationKey:
    """Read a ``verification_key.json``; only the format is checked, see ``VerificationKey.check``.

    Raises:
        InvalidFormat: a field is missing, too long, too short or out of range.
    """
    fields = _object(text)
    _require_origin(fields)
    ic = _list("IC", _field(fields, "IC"), None)
    n_public = fields.get("nPublic", max(0, len(ic) - 1))
    if type(n_public) is not int or n_public < 0:
        raise InvalidFormat("nPublic", n_public, "a count is needed")
    _list("IC", ic, n_public + 1)
    alpha = "vk_alfa_1" if "vk_alfa_1" in fields and "vk_alpha_1" not in fields else "vk_alpha_1"
    return VerificationKey(
        alpha=_read_g1(alpha, _field(fields, alpha)),
        beta=_read_g2("vk_beta_2", _field(fields, "vk_beta_2")),
        gamma=_read_g2("vk_gamma_2", _field(fields, "vk_gamma_2")),
        delta=_read_g2("vk_delta_2", _field(fields, "vk_delta_2")),
        ic=tuple(_read_g1(f"IC[{i}]", point) for i, point in enumerate(ic)),
    )


def _parse(text: str) -> Any:
    try:
        return jsontext.loads(text.lstrip("\ufeff").rstrip("\0"))
    except ValueError as error:
        raise InvalidFormat("file", text[:40], f"it is not JSON ({error})") from error


def _object(text: str) -> dict[str, Any]:
    fields = _parse(text)
    if not isinstance(fields, dict):
        raise InvalidFormat("file", type(fields).__name__, "an object is needed")
    return fields


def _require_origin(fields: dict[str, Any]) -> None:
    """Refuses another proof system or curve, where they are named."""
    if not is_groth16(fields.get("protocol", "groth16")):
        raise InvalidFormat("protocol", fields["protocol"], "only Groth16 is supported", USE_GROTH16)
    if not is_bn254(fields.get("curve", "bn128")):
        raise InvalidFormat("curve", fields["curve"], "only BN254 is supported", COMPILE_FOR_BN254)


def _field(fields: dict[str, Any], name: str) -> Any:
    if name not in fields:
        raise InvalidFormat(name, None, "it is missing")
    return fields[name]


def _list(name: str, value: Any, length: int | None) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidFormat(name, value, "a list is needed")
    if length is not None and len(value) != length:
        raise InvalidFormat(name, f"{len(value)} entries", f"{length} are needed")
    return value


def _number(name: str, value: Any, order: int) -> int:
    # int() alone would take signs, blanks, underscores and digits of other scripts.
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = int(value, 16 if value[:2] in ("0x", "0X") else 10)
    elif type(value) is int and value >= 0:
        number = value
    else:
        raise InvalidFormat(name, value, "a decimal string is needed, or 0x and hexadecimal digits")
    if number >= order:
        raise InvalidFormat(name, value, f"it is not below {order}")
    return number


def _read_g1(name: str, value: Any) -> G1:
    x, y, z = (_number(f"{name}[{i}]", each, P) for i, each in enumerate(_list(name, value, 3)))
    if z == 0:
        return None
    if z != 1:
        raise InvalidFormat(f"{name}[2]", value[2], "an affine point is needed, whose third coordinate is 1")
    return x, y


def _read_g2(name: str, value: Any) -> G2:
    x, y, z = (_read_fp2(f"{name}[{i}]", each) for i, each in enumerate(_list(name, value, 3)))
    if z == (0, 0):
        return None
    if z != (1, 0):
        raise InvalidFormat(f"{name}[2]", value[2], "an affine point is needed, whose third coordinate is 1")
    return x, y


def _read_fp2(name: str, value: Any) -> Fp2:
    c0, c1 = (_number(f"{name}[{i}]", each, P) for i, each in enumerate(_list(name, value, 2)))
    return c0, c1
