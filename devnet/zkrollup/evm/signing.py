"""Typed data that contracts verify (EIP-712), and permits of ERC-20 tokens (EIP-2612).

Owns how a contract's domain is found, and how a signature's parts are handed to it. Hashing and signing are
eth-account's; keys stay with their accounts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from eth_abi.exceptions import EncodingError
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import ValidationError, to_checksum_address

from zkrollup.errors import ZkRollupError
from zkrollup.evm import typed_data
from zkrollup.evm.abi import UndecodableResult
from zkrollup.evm.contract import Contract
from zkrollup.evm.parties import HasAddress, address_bytes
from zkrollup.evm.reverts import Reverted

FOREVER: Final = 2**256 - 1
"""A deadline that never comes, in seconds."""

Domain = Mapping[str, Any]
"""EIP-712's: some of name, version, chainId, verifyingContract, salt."""
Types = typed_data.Types
"""Members of each struct, as ``{"name": ..., "type": ...}``, without EIP712Domain."""

_PERMIT: Final[Types] = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}
_DOMAIN_FIELDS: Final = ("name", "version", "chainId", "verifyingContract", "salt")
"""In the order of EIP-5267's bits, the lowest first."""


def _view(name: str, *outputs: tuple[str, str]) -> dict[str, Any]:
    results = [{"name": label, "type": kind} for kind, label in outputs]
    return {"type": "function", "name": name, "inputs": [], "outputs": results, "stateMutability": "view"}


_ABI: Final = (
    _view(
        "eip712Domain",
        ("bytes1", "fields"),
        ("string", "name"),
        ("string", "version"),
        ("uint256", "chainId"),
        ("address", "verifyingContract"),
        ("bytes32", "salt"),
        ("uint256[]", "extensions"),
    ),
    _view("name", ("string", "")),
    _view("version", ("string", "")),
    _view("DOMAIN_SEPARATOR", ("bytes32", "")),
    {
        **_view("nonces", ("uint256", "")),
        "inputs": [{"name": "owner", "type": "address"}],
    },
)


class UnknownDomain(ZkRollupError):
    """A contract does not tell its EIP-712 domain.

    Attributes:
        address: of the contract.
    """

    def __init__(self, address: str, rule: str) -> None:
        self.address = address
        super().__init__(f"the EIP-712 domain of {address} is not known: {rule}; give it as a dictionary")


class CannotSign(ZkRollupError):
    """Somebody who has no key at hand was asked to sign.

    Attributes:
        signer: who was asked.
    """

    def __init__(self, signer: object) -> None:
        self.signer = signer
        super().__init__(
            f"{signer!r} has no key to sign with: pass one of chain.accounts, a user such as alice, "
            "or an account of eth-account"
        )


class InvalidTypedData(ZkRollupError):
    """Values that their types have no encoding for (EIP-712).

    Attributes:
        values: by name, as given.
    """

    def __init__(self, values: object, reason: str) -> None:
        self.values = values
        super().__init__(f"{values!r} cannot be signed: {reason}")


class TypedSignature(NamedTuple):
    """A signature's parts, in the order in which contracts take them; it unpacks into a call's arguments.

    Attributes:
        v: 27 or 28.
        r: 32 bytes.
        s: 32 bytes, the lower of the two.
    """

    v: int
    r: bytes
    s: bytes

    @property
    def packed(self) -> bytes:
        """65 bytes: r, s, v."""
        return self.r + self.s + bytes((self.v,))


class Permit(NamedTuple):
    """A signed allowance, in the order of EIP-2612's ``permit``: ``token.permit(*permit, sender=anybody)``.

    Attributes:
        owner: who signed.
        spender: who may spend.
        value: how much, in the token's smallest unit.
        deadline: last second at which it is taken.
        v: 27 or 28.
        r: 32 bytes.
        s: 32 bytes, the lower of the two.
    """

    owner: str
    spender: str
    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


def sign_typed_data(
    signer: LocalAccount | HasAddress, domain: Domain | Contract, types: Types, message: Mapping[str, Any]
) -> TypedSignature:
    """Sign a struct (EIP-712).

    Args:
        signer: an account, or a user, who has one.
        domain: as a dictionary, or of a contract: see `eip712_domain`.
        types: the struct, and those inside it.
        message: its values by name; an address may be anything that has one.

    Raises:
        CannotSign: the signer has no key.
        UnknownDomain: the contract does not tell its domain.
        InvalidTypedData: domain, types or values do not fit together.
    """
    account = getattr(signer, "account", signer)
    if not isinstance(account, LocalAccount):
        raise CannotSign(signer)
    known = eip712_domain(domain) if isinstance(domain, Contract) else _plain(domain)
    try:
        typed_data.check_domain(known)
        typed_data.check_types(types)
        for kind in typed_data.outermost(types):
            typed_data.check(types, kind, message)
            typed_data.check_addresses(types, kind, _plain(message))
    except typed_data.Misfit as misfit:
        raise InvalidTypedData(misfit.value, str(misfit)) from misfit
    try:
        signed = account.sign_typed_data(known, _plain(types), _plain(message))
    except (EncodingError, ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidTypedData(message, repr(error)) from error
    return TypedSignature(signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))


def sign_permit(
    token: Contract,
    owner: LocalAccount | HasAddress,
    spender: HasAddress | str,
    value: int,
    *,
    deadline: int = FOREVER,
    nonce: int | None = None,
) -> Permit:
    """Sign an allowance (EIP-2612).

    Args:
        token: that has ``permit`` and ``nonces``.
        owner: whose tokens; who signs.
        spender: who may spend them.
        value: how much, in the token's smallest unit.
        deadline: last second at which it is taken.
        nonce: the token's ``nonces(owner)`` by default.

    Raises:
        CannotSign: the owner has no key.
        InvalidAddress: the spender is no address, or its checksum is wrong.
        UnknownDomain: the token does not tell its domain.
        Reverted: it has no ``nonces``.
    """
    if nonce is None:
        nonce = _asked(token).nonces(owner)
    spender_address = str(to_checksum_address(address_bytes(spender)))
    message = {
        "owner": owner.address,
        "spender": spender_address,
        "value": value,
        "nonce": nonce,
        "deadline": deadline,
    }
    signature = sign_typed_data(owner, token, _PERMIT, message)
    return Permit(str(owner.address), spender_address, value, deadline, *signature)


def eip712_domain(contract: Contract) -> dict[str, Any]:
    """Return a contract's domain: what ``eip712Domain()`` says (EIP-5267).

    Where it has no such function: its ``name()``, its ``version()`` or else "1", chain and address, held to
    its ``DOMAIN_SEPARATOR()`` where it has that.

    Raises:
        UnknownDomain: it tells neither, or not what its separator is of.
    """
    asked = _asked(contract)
    told = _answer(asked, "eip712Domain")
    if told is None:
        return _guessed(asked)
    if told.extensions:
        raise UnknownDomain(contract.address, f"it has extensions {told.extensions} (EIP-5267)")
    bits = told.fields[0]
    return {field: getattr(told, field) for i, field in enumerate(_DOMAIN_FIELDS) if bits >> i & 1}


def _guessed(contract: Contract) -> dict[str, Any]:
    name, separator = _answer(contract, "name"), _answer(contract, "DOMAIN_SEPARATOR")
    if name is None:
        raise UnknownDomain(contract.address, "it has neither eip712Domain() nor name()")
    guesses = list(_guesses(contract, name))
    if separator is None:
        return guesses[0]
    for guess in guesses:
        if encode_typed_data(guess, _plain(_PERMIT), _ANY_PERMIT).header == separator:
            return guess
    tried = " or ".join(str(guess) for guess in guesses)
    raise UnknownDomain(
        contract.address, f"it has no eip712Domain(), and DOMAIN_SEPARATOR() is of none of {tried}"
    )


def _guesses(contract: Contract, name: str) -> Iterator[dict[str, Any]]:
    where = {"chainId": contract.chain.chain_id, "verifyingContract": contract.address}
    yield {"name": name, "version": _answer(contract, "version") or "1", **where}
    yield {"name": name, **where}


_ANY_PERMIT: Final = {"owner": "0x" + "00" * 20, "spender": "0x" + "00" * 20} | dict.fromkeys(
    ("value", "nonce", "deadline"), 0
)


def _asked(contract: Contract) -> Contract:
    return Contract(contract.chain, contract.address, _ABI)


def _answer(contract: Contract, function: str) -> Any:
    """What a view function without arguments returns, None where there is none such."""
    try:
        return contract[function]()
    except (Reverted, UndecodableResult):
        return None


def _plain(value: Any) -> Any:
    """Containers as eth-account takes them, addresses for what has one."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return getattr(value, "address", value)
