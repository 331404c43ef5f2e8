"""eth-abi with decoders of our own. Owns how text that is not UTF-8, and dirty padding, are read.

Solidity's `string` may hold any bytes. Those that are not UTF-8 become lone surrogates (PEP 383), which
encode back to the same bytes, as Python's own file names do.

`decode` is strict, as contracts of solc are. `decode_leniently` takes what other contracts emit as well, as
long as it has one reading: padding that is not zero, and bytes that are not padded at all.
"""

import codecs
from collections.abc import Sequence
from typing import Any, Final

from eth_abi import decoding, encoding
from eth_abi.codec import ABICodec
from eth_abi.exceptions import DecodingError, InsufficientDataBytes
from eth_abi.registry import ABIRegistry, BaseEquals, registry

_ESCAPED: Final = "surrogateescape"


class _TextEncoder(encoding.TextStringEncoder):
    """Text, with the bytes that lone surrogates stand for."""

    @classmethod
    def encode(cls, value: Any) -> Any:
        cls.validate_value(value)  # type: ignore[no-untyped-call]
        data = codecs.encode(value, "utf-8", _ESCAPED)
        return encoding.ByteStringEncoder.encode(data)  # type: ignore[no-untyped-call]


class _TextDecoder(decoding.StringDecoder):
    """Text, with lone surrogates for bytes that are not UTF-8."""

    def __init__(self) -> None:
        super().__init__(handle_string_errors=_ESCAPED)  # type: ignore[no-untyped-call]


class _AnyPadding:
    """Reads the value's own bytes, whatever surrounds them."""

    def validate_padding_bytes(self, value: Any, padding_bytes: bytes) -> None:
        """Pass."""


class _Unsigned(_AnyPadding, decoding.UnsignedIntegerDecoder):
    pass


class _Signed(_AnyPadding, decoding.SignedIntegerDecoder):
    pass


class _Address(_AnyPadding, decoding.AddressDecoder):
    pass


class _FixedBytes(_AnyPadding, decoding.BytesDecoder):
    pass


class _Unpadded:
    """Reads as many bytes as the length says, and not one less."""

    def read_data_from_stream(self, stream: Any) -> bytes:
        """Return the bytes after the length."""
        length = decoding.decode_uint_256(stream)
        data: bytes = stream.read(length)
        if len(data) < length:
            raise InsufficientDataBytes(f"Tried to read {length} bytes, only got {len(data)} bytes")
        return data


class _LenientBytes(_Unpadded, decoding.ByteStringDecoder):
    pass


class _LenientText(_Unpadded, _TextDecoder):
    pass


def _codec(decoders: dict[str, type[decoding.BaseDecoder]]) -> ABICodec:
    """Make a codec with other decoders for some of eth-abi's labels."""
    base: Any = BaseEquals  # untyped
    lookups = {
        "uint": base("uint"),
        "int": base("int"),
        "address": base("address"),
        "bytes<M>": base("bytes", with_sub=True),
        "bytes": base("bytes", with_sub=False),
        "string": base("string"),
    }
    own: ABIRegistry = registry.copy()  # type: ignore[no-untyped-call]
    own.unregister_encoder("string")
    own.register_encoder(lookups["string"], _TextEncoder, label="string")
    for label, decoder in decoders.items():
        own.unregister_decoder(label)
        own.register_decoder(lookups[label], decoder, label=label)
    return ABICodec(own)


_STRICT: Final = _codec({"string": _TextDecoder})
_LENIENT: Final = _codec(
    {
        "uint": _Unsigned,
        "int": _Signed,
        "address": _Address,
        "bytes<M>": _FixedBytes,
        "bytes": _LenientBytes,
        "string": _LenientText,
    }
)


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Encode values of canonical types.

    Raises:
        EncodingError, TypeError, ValueError, AttributeError: a value is not of its type.
    """
    return _STRICT.encode(types, values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Decode values of canonical types; bytes after them are ignored.

    Raises:
        DecodingError: data is too short, or not as solc encodes these types.
    """
    return _decode(_STRICT, types, data)


def decode_leniently(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Decode values whatever their padding.

    Raises:
        DecodingError: data is too short, or has no one reading.
    """
    return _decode(_LENIENT, types, data)


def _decode(codec: ABICodec, types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    try:
        return codec.decode(types, data)
    except (DecodingError, OverflowError, RecursionError) as error:  # OverflowError: a length beyond memory
        words = str(error).rstrip(".")
        raise DecodingError(words[:1].lower() + words[1:]) from error


def printable(text: str) -> str:
    r"""Return text that any terminal takes: ``\xff`` for a byte that is not UTF-8."""
    return codecs.encode(text, "utf-8", _ESCAPED).decode("utf-8", "backslashreplace")
