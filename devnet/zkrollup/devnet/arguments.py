"""Users, tokens, addresses and batches as testers pass them, each checked before anything happens.

Owns what stands for whom. Amounts, and the errors, are ``zkrollup.arguments``'s.
"""

from typing import Any, Final, TypeVar

from zkrollup.arguments import WrongArgumentType, WrongArgumentValue, integer
from zkrollup.devnet.tokens import Token, address_number, token_address
from zkrollup.devnet.users import User
from zkrollup.evm import Chain, Contract, InvalidAddress
from zkrollup.native import Ether
from zkrollup.operator.queue import to_address

_Any = TypeVar("_Any")

_COIN: Final = "pass the token's contract, its address as 0x and 40 hex digits, or ETH"
_USER: Final = "pass a user: the fixtures alice and bob, or make_user('carol')"
_PARTY: Final = "pass a user, an account, a contract, or an address as 0x and 40 hex digits"
_CHECKSUM: Final = "digits in mixed case must have the right checksum (EIP-55)"


def of_chain(chain: Chain, value: _Any, name: str) -> _Any:
    """What was passed, unless it is a contract on another chain, whose address is something else on this one.

    Raises:
        WrongArgumentValue: It is such a contract.
    """
    if isinstance(value, Contract) and value.chain is not chain:
        raise WrongArgumentValue(name, value, f"it is on {value.chain}, and the rollup's L1 is {chain}")
    return value


def as_token(value: Token, name: str = "token") -> str:
    """A token's address, checksummed.

    Raises:
        WrongArgumentType: It is nothing that stands for a token.
        WrongArgumentValue: It is no address, or its checksum is wrong.
    """
    try:
        known = isinstance(value, str | Contract | Ether)
        return token_address(value if known else integer(value, name, _COIN))
    except TypeError:
        raise WrongArgumentType(name, value, _COIN) from None
    except InvalidAddress:
        raise WrongArgumentValue(name, value, f"it is no address: {_COIN}; {_CHECKSUM}") from None


def as_user(value: User, name: str) -> User:
    """A user, who has keys on both layers.

    Raises:
        WrongArgumentType: It is none, such as an address or an account, which has no key on L2.
    """
    if not isinstance(value, User):
        raise WrongArgumentType(name, value, _USER)
    return value


def as_party(value: Any, name: str) -> Any:
    """What stands for an address on L1, as it was passed.

    Raises:
        WrongArgumentType: It has no address.
        WrongArgumentValue: Its address is none, or its checksum is wrong.
    """
    as_address(value, name)
    return value


def as_address(value: Any, name: str) -> str:
    """An address on L1, checksummed, of whoever has one. Raises what ``as_party`` does."""
    if not isinstance(getattr(value, "address", value), str):
        raise WrongArgumentType(name, value, _PARTY)
    try:
        return to_address(address_number(value))
    except InvalidAddress:
        raise WrongArgumentValue(name, value, f"it is no address: {_PARTY}; {_CHECKSUM}") from None


def as_batch(value: Any, name: str = "batch") -> Any:
    """A batch, as the target's ``seal`` returned it.

    Raises:
        WrongArgumentType: It is none.
    """
    if not all(hasattr(value, field) for field in ("number", "root_before", "root_after")):
        raise WrongArgumentType(name, value, "pass what rollup.seal() returned")
    return value
