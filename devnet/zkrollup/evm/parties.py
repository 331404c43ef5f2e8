"""Who sends and who is meant: everything that stands for an address. Owns no state."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from eth_account.signers.local import LocalAccount
from eth_utils import is_hex_address, to_canonical_address

from zkrollup.arguments import WrongArgumentType, WrongArgumentValue, integer
from zkrollup.errors import ZkRollupError
from zkrollup.evm.addresses import is_mistyped


class HasAddress(Protocol):
    """Anything that stands for an account, such as a fixture's user."""

    @property
    def address(self) -> str:
        """Of the account."""


Sender: TypeAlias = LocalAccount | HasAddress | str
"""Who sends: an account (its key is then known to the chain), an address whose key the chain has,
or one that is being impersonated."""


class UnknownSender(ZkRollupError):
    """The chain has no key for a sender, and nobody impersonates it.

    Attributes:
        address: of the sender.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(
            f"no key for sender {address}: pass the account itself, one of chain.accounts, "
            f"or send inside `with chain.impersonate({address!r}) as sender:`"
        )


class InvalidAddress(ZkRollupError):
    """Not an address.

    Attributes:
        value: what was given.
    """

    def __init__(self, value: object) -> None:
        self.value = value
        super().__init__(
            f"{value!r} is no address: pass 20 bytes, 0x and 40 hex digits, or what has .address; "
            f"digits in mixed case must have the right checksum (EIP-55)"
        )


@dataclass(frozen=True, slots=True)
class Impersonated:
    """An address that sends without a key.

    Attributes:
        address: checksummed.
    """

    address: str


def address_bytes(value: object) -> bytes:
    """Return the 20 bytes of an address, or of what has one.

    Raises:
        InvalidAddress: it is none, or in mixed case with a wrong checksum.
    """
    value = getattr(value, "address", value)
    if isinstance(value, bytes) and len(value) == 20:
        return value
    if isinstance(value, str) and is_hex_address(value) and not is_mistyped(value):
        return bytes(to_canonical_address(value))
    raise InvalidAddress(value)


def block_number(value: object, name: str) -> int:
    """Return the number of a block, which need not have been mined yet.

    Raises:
        WrongArgument: it is no whole number of 0 or more.
    """
    rule = "pass the number of a block, 0 or more"
    number = integer(value, name, rule)
    if number < 0:
        raise WrongArgumentValue(name, value, rule)
    return number


def init_code_bytes(code: bytes | str, name: str) -> bytes:
    """Return init code that may be given in hex.

    Raises:
        WrongArgument: it is neither bytes nor an even number of hex digits, or it is empty.
    """
    data = data_bytes(code, name)
    if not data:
        rule = "it is empty, as that of an interface or abstract contract is; pass a contract's creation code"
        raise WrongArgumentValue(name, code, rule)
    return data


def data_bytes(data: bytes | str, name: str = "data") -> bytes:
    """Return bytes that may be given in hex.

    Raises:
        WrongArgument: it is neither bytes nor an even number of hex digits.
    """
    rule = "pass bytes, or 0x and an even number of hex digits"
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if not isinstance(data, str):
        raise WrongArgumentType(name, data, rule)
    try:
        return bytes.fromhex(data.removeprefix("0x"))
    except ValueError:
        raise WrongArgumentValue(name, data, rule) from None
