"""The Prague rules that the chain runs: py-evm's, with native precompiles and impersonation.

Owns the subclasses of py-evm's VM. Does not own blocks, accounts or the database.

An impersonated transaction needs no key. It is an EIP-1559 transaction with fees of zero, whose
signature holds the sender: r is the address, s a constant that no signature will ever equal. So a
stored one decodes to the right sender. Such a sender pays no gas: a contract seldom has ether.
"""

from typing import Any, Final

import rlp
from eth.vm.forks.homestead.validation import validate_homestead_transaction
from eth.vm.forks.london.transactions import DynamicFeePayloadDecoder, DynamicFeeTransaction
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlock
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.prague.transactions import PragueTransactionBuilder, PragueTypedTransaction
from rlp.sedes import CountableList

from zkrollup.evm.precompiles import PRECOMPILES

_MARK: Final = int.from_bytes(b"impersonated", "big")
_DYNAMIC_FEE: Final = 2

# py-evm is untyped: its classes reach mypy as Any.
_Computation: Any = PragueComputation
_State: Any = PragueState
_VM: Any = PragueVM
_Block: Any = PragueBlock
_Typed: Any = PragueTypedTransaction
_Builder: Any = PragueTransactionBuilder
_Decoder: Any = DynamicFeePayloadDecoder
_DynamicFee: Any = DynamicFeeTransaction


def is_impersonated(transaction: Any) -> bool:
    """Tell whether the transaction carries its sender instead of a signature."""
    return bool(transaction.s == _MARK)


def impersonated_transaction(
    chain_id: int, sender: bytes, nonce: int, to: bytes, value: int, data: bytes, gas: int
) -> Any:
    """Build a transaction of a sender whose key is unknown."""
    fields = (chain_id, nonce, 0, 0, gas, to, value, data, (), 0, int.from_bytes(sender, "big"), _MARK)
    return Typed(_DYNAMIC_FEE, DynamicFee(*fields))


class DynamicFee(_DynamicFee):  # type: ignore[misc]
    """An EIP-1559 transaction that may be impersonated."""

    def get_sender(self) -> bytes:
        """Return the sender: from the signature, or the one it stands for."""
        if is_impersonated(self):
            return bytes(self.r.to_bytes(20, "big"))
        return bytes(super().get_sender())


class Decoder(_Decoder):  # type: ignore[misc]
    """Decodes EIP-1559 payloads."""

    @classmethod
    def decode(cls, payload: bytes) -> Any:
        """Decode to a transaction that knows of impersonation."""
        return rlp.decode(payload, sedes=DynamicFee)


class Typed(_Typed):  # type: ignore[misc]
    """Typed transactions, with the decoder above for type 2."""

    decoders = {**_Typed.decoders, _DYNAMIC_FEE: Decoder}  # noqa: RUF012  # py-evm's declaration


class Builder(_Builder):  # type: ignore[misc]
    """Builds and decodes transactions of every type."""

    typed_transaction = Typed


class Block(_Block):  # type: ignore[misc]
    """A Prague block of such transactions."""

    transaction_builder = Builder
    fields = [  # noqa: RUF012  # py-evm's declaration
        (name, CountableList(Builder) if name == "transactions" else sedes)
        for name, sedes in _Block._meta.fields
    ]


class Computation(_Computation):  # type: ignore[misc]
    """Prague execution with the native precompiles."""

    _precompiles = {**_Computation._precompiles, **PRECOMPILES}  # noqa: RUF012  # py-evm's declaration


class State(_State):  # type: ignore[misc]
    """Prague state; impersonated transactions are exempt from the base fee."""

    computation_class = Computation

    def validate_transaction(self, transaction: Any) -> None:
        """Check nonce, balance and fees."""
        if is_impersonated(transaction):
            validate_homestead_transaction(self, transaction)
        else:
            super().validate_transaction(transaction)

    def get_tip(self, transaction: Any) -> int:
        """Return the priority fee a unit of gas."""
        return 0 if is_impersonated(transaction) else int(super().get_tip(transaction))


class VM(_VM):  # type: ignore[misc]
    """Prague as this project runs it."""

    block_class = Block
    _state_class = State
