"""Which transactions a block may hold. Changes nothing.

A refusal begins with the words of geth (core/error.go, core/txpool), by which clients tell errors apart.
"""

from typing import Any, Final

from zkrollup.evm.engine.headers import BLOB_LIMIT
from zkrollup.evm.engine.transactions import (
    BLOB,
    GAS_PER_BLOB,
    SET_CODE,
    InvalidTransaction,
    Transaction,
)

MAX_INIT_CODE: Final = 49_152
"""Bytes (EIP-3860)."""
_DELEGATION: Final = b"\xef\x01\x00"


def check(state: Any, transaction: Transaction) -> None:
    """Check a transaction against the state and its block's context.

    Raises:
        InvalidTransaction: the block cannot hold it.
    """
    check_form(transaction, state.execution_context.chain_id, state.execution_context.gas_limit)
    check_nonce(state, transaction)
    nonce = state.get_nonce(transaction.sender)
    if transaction.nonce > nonce:
        raise InvalidTransaction(
            f"nonce too high: {transaction.nonce} of 0x{transaction.sender.hex()} is not the next, "
            f"which is {nonce}"
        )
    if not (transaction.impersonated and transaction.max_fee_per_gas == 0):
        check_fees(state, transaction)
    check_funds(state, transaction)
    code = state.get_code(transaction.sender)
    if code and code[:3] != _DELEGATION and not transaction.impersonated:
        raise InvalidTransaction(
            f"sender not an eoa: 0x{transaction.sender.hex()} has {len(code)} bytes of code (EIP-3607)"
        )


def check_nonce(state: Any, transaction: Transaction) -> None:
    """Check that the nonce is not used up; it may be ahead.

    Raises:
        InvalidTransaction: it is.
    """
    nonce = state.get_nonce(transaction.sender)
    if transaction.nonce < nonce:
        raise InvalidTransaction(
            f"nonce too low: {transaction.nonce} of 0x{transaction.sender.hex()} is used, the next is {nonce}"
        )


def check_form(transaction: Transaction, chain_id: int, gas_limit: int) -> None:
    """Check what depends on no state.

    Raises:
        InvalidTransaction: another chain's, too little or too much gas, or malformed for its type.
    """
    if transaction.chain_id not in (None, chain_id):
        raise InvalidTransaction(
            f"invalid chain id for signer: signed for chain {transaction.chain_id}, this is chain {chain_id}"
        )
    _check_gas(transaction, gas_limit)
    if not transaction.to and len(transaction.data) > MAX_INIT_CODE:
        raise InvalidTransaction(
            f"max initcode size exceeded: {len(transaction.data)} bytes, the most is {MAX_INIT_CODE}"
        )
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        raise InvalidTransaction(
            f"max priority fee per gas higher than max fee per gas: {transaction.max_priority_fee_per_gas} "
            f"over {transaction.max_fee_per_gas}"
        )
    if transaction.nonce >= 2**64 - 1:
        raise InvalidTransaction(f"nonce has max value: {transaction.nonce} has no successor (EIP-2681)")
    if transaction.type_id in (BLOB, SET_CODE):
        _check_special(transaction)


def _check_gas(transaction: Transaction, gas_limit: int) -> None:
    gas = transaction.gas
    if gas < transaction.startup_gas:
        raise InvalidTransaction(
            f"intrinsic gas too low: gas limit {gas}, at least {transaction.required_gas} is needed"
        )
    if gas < transaction.required_gas:
        raise InvalidTransaction(
            f"insufficient gas for floor data gas cost: gas limit {gas}, at least "
            f"{transaction.required_gas} is needed (EIP-7623)"
        )
    if gas > gas_limit:
        # The first words are anvil's: viem does not know geth's, which follow.
        raise InvalidTransaction(
            f"intrinsic gas too high: gas limit {gas} exceeds block gas limit {gas_limit}"
        )


def _check_special(transaction: Transaction) -> None:
    if transaction.type_id == SET_CODE:
        if not transaction.to:
            raise InvalidTransaction("EIP-7702 transaction cannot be used to create contract: it has no to")
        if not transaction.authorization_list:
            raise InvalidTransaction("EIP-7702 transaction with empty auth list: it needs an authorization")
        return
    hashes, most = transaction.blob_versioned_hashes, BLOB_LIMIT // GAS_PER_BLOB
    if not transaction.to:
        raise InvalidTransaction("blob transaction of type create: it must have a to")
    if not hashes:
        raise InvalidTransaction("blob transaction missing blob hashes: it must have at least one")
    if len(hashes) > most:
        raise InvalidTransaction(f"blob transaction has too many blobs: {len(hashes)}, the most is {most}")
    for index, one in enumerate(hashes):
        if one[:1] != b"\x01":
            raise InvalidTransaction(f"blob {index} has invalid hash version: 0x{one.hex()}")


def check_fees(state: Any, transaction: Transaction) -> None:
    """Check that the fee caps reach the block's base fees.

    Raises:
        InvalidTransaction: one does not.
    """
    base_fee = state.execution_context.base_fee_per_gas
    if transaction.max_fee_per_gas < base_fee:
        raise InvalidTransaction(
            f"max fee per gas less than block base fee: {transaction.max_fee_per_gas}, it is {base_fee}"
        )
    if transaction.type_id == BLOB and transaction.max_fee_per_blob_gas < state.blob_base_fee:
        raise InvalidTransaction(
            f"max fee per blob gas less than block blob gas fee: {transaction.max_fee_per_blob_gas}, "
            f"it is {state.blob_base_fee}"
        )


def check_funds(state: Any, transaction: Transaction) -> None:
    """Check that the sender can pay value and fees at their caps.

    Raises:
        InvalidTransaction: it cannot.
    """
    blobs = transaction.blob_gas * transaction.max_fee_per_blob_gas
    needed = transaction.value + transaction.gas * transaction.max_fee_per_gas + blobs
    balance = state.get_balance(transaction.sender)
    if balance < needed:
        raise InvalidTransaction(
            f"insufficient funds for gas * price + value: 0x{transaction.sender.hex()} cannot afford "
            f"{needed} wei, its balance is {balance}"
        )
