"""eth_ methods that execute, sign and send."""

from dataclasses import replace
from typing import Any, Final

from zkrollup import jsontext
from zkrollup.evm import typed_data
from zkrollup.evm.engine import simulation
from zkrollup.evm.engine.blocks import BlockId
from zkrollup.evm.engine.engine import UnknownSigner
from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.engine.simulation import Outcome, Override
from zkrollup.evm.engine.transactions import (
    CallFields,
    InvalidTransaction,
    Transaction,
    require_recipient_or_code,
)
from zkrollup.evm.engine.wire import decode
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import NOT_YET, REFUSED, ExecutionFailed, InvalidParams, RpcError
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Call, Param
from zkrollup.evm.rpc.reading import ADDRESS, LATEST
from zkrollup.evm.rpc.table import Method, Node

_NO_OVERRIDES: Final[dict[bytes, Override]] = {}
_NO_BLOCK: Final[dict[str, Any]] = {}
CALL: Final = Param("transaction", params.call)
PENDING: Final = Param("block", params.block_id, "pending")
OVERRIDES: Final = Param("overrides", params.overrides, _NO_OVERRIDES)
BLOCK_OVERRIDES: Final = Param("block_overrides", params.block_overrides, _NO_BLOCK)
_DEEPEST: Final = 500
_FIRST: Final = "`from` is the first account by default"


# --- calls


def call_fields(node: Node, call: Call) -> CallFields:
    """Return fields to execute: gas is cut to a block's, as geth cuts it."""
    fields, limit = node.fields(call), node.engine.schedule.gas_limit
    return replace(fields, gas=limit) if fields.gas is not None and fields.gas > limit else fields


def _call(
    node: Node, call: Call, at: BlockId, overrides: dict[bytes, Override], block: dict[str, Any]
) -> str:
    fields = call_fields(node, call)
    with node.engine.trying(at, overrides, block) as state:
        return forms.data(_successful(simulation.call(state, fields)).output)


def _successful(outcome: Outcome) -> Outcome:
    if outcome.failure:
        raise ExecutionFailed(outcome)
    return outcome


def _estimate(
    node: Node, call: Call, at: BlockId, overrides: dict[bytes, Override], block: dict[str, Any]
) -> str:
    return hex(_gas(node, call_fields(node, call), at, overrides, block))


def _gas(
    node: Node,
    fields: CallFields,
    at: BlockId = "pending",
    overrides: dict[bytes, Override] | None = None,
    block: dict[str, Any] | None = None,
) -> int:
    outcome, gas = node.engine.estimate(fields, at=at, overrides=overrides, block=block)
    if outcome.failure == "OutOfGas":
        raise RpcError(REFUSED, f"gas required exceeds allowance ({gas})")
    _successful(outcome)
    return gas


def _access_list(node: Node, call: Call, at: BlockId) -> Json:
    listed, outcome = node.engine.access_list(call_fields(node, call), at=at)
    answer = {"accessList": forms.access_list_form(listed), "gasUsed": hex(outcome.gas_used)}
    return {**answer, "error": outcome.failure} if outcome.failure else answer


# --- signing and sending


def _signed(node: Node, call: Call) -> Transaction:
    """Sign, with estimated gas where none is given."""
    fields, engine = node.fields(call), node.engine
    require_recipient_or_code(fields)
    with node.sending(fields.sender):
        if not engine.can_send(fields.sender):
            raise UnknownSigner(fields.sender)
        if fields.gas is None:
            fields = replace(fields, gas=_gas(node, fields))
        return engine.sign(fields)


def _send(node: Node, call: Call) -> str:
    return forms.data(node.engine.send(_signed(node, call)))


def _send_raw(node: Node, raw: bytes) -> str:
    return forms.data(node.engine.send(decode(raw)))


def _send_unsigned(node: Node, call: Call) -> str:
    """Send for anybody, as if the account were impersonated."""
    with node.lending(node.fields(call).sender):
        return _send(node, call)


def _send_sync(node: Node, call: Call, _milliseconds: int | None) -> Json:
    return _receipt_of(node, node.engine.send(_signed(node, call)))


def _send_raw_sync(node: Node, raw: bytes, _milliseconds: int | None) -> Json:
    return _receipt_of(node, node.engine.send(decode(raw)))


def _receipt_of(node: Node, transaction_hash: bytes) -> Json:
    mined = node.engine.blocks.mined(transaction_hash)
    if mined is None:
        message = (
            "The transaction was added to the transaction pool but wasn't processed: nothing mines meanwhile"
        )
        raise RpcError(NOT_YET, message, forms.data(transaction_hash))
    return forms.receipt_form(mined)


def _sign_transaction(node: Node, call: Call) -> Json:
    transaction = _signed(node, call)
    if transaction.impersonated:
        raise InvalidTransaction(f"unknown account: there is no key for 0x{transaction.sender.hex()}")
    waiting = forms.transaction_form(Pending(transaction, transaction.sender, transaction.hash, 0))
    return {"raw": forms.data(transaction.encoded), "tx": waiting}


def _sign(node: Node, address: bytes, message: bytes) -> str:
    from eth_account.messages import encode_defunct

    return _signature(node, address, encode_defunct(message))


def _sign_personal(node: Node, message: bytes, address: bytes, _password: Any) -> str:
    return _sign(node, address, message)


def _sign_typed(node: Node, address: bytes, typed: Any) -> str:
    from eth_account.messages import encode_typed_data

    types, kind, content = typed.get("types"), typed.get("primaryType"), typed.get("message")
    try:
        typed_data.check(types, kind, content)
        message = encode_typed_data(full_message=typed)
    except typed_data.Misfit as misfit:
        raise InvalidParams("data.message", content, str(misfit)) from misfit
    except Exception as error:
        # eth_account lets through whatever the data trips over.
        raise InvalidParams("data", typed, f"EIP-712 typed data ({type(error).__name__})") from error
    return _signature(node, address, message)


def _signature(node: Node, address: bytes, message: Any) -> str:
    from eth_account import Account

    key = node.engine.keys.get(address)
    if key is None:
        raise InvalidTransaction(f"unknown account: there is no key for 0x{address.hex()}")
    return forms.data(bytes(Account.sign_message(message, key).signature))


def _typed_data(value: Any, where: str) -> Any:
    """An object, or JSON of one, as wallets send it."""
    if isinstance(value, str):
        try:
            value = jsontext.loads(value, deepest=_DEEPEST)
        except jsontext.TooDeep as error:
            raise InvalidParams(where, value, f"of at most {_DEEPEST} levels of objects and lists") from error
        except ValueError as error:
            raise InvalidParams(where, value, "an object, or JSON of one") from error
    return dict(params.mapping(value, where))


_MESSAGE: Final = Param("message", params.data)

METHODS: Final = (
    Method(
        "eth_call",
        "Executes without a trace; state and block overrides.",
        _call,
        (CALL, LATEST, OVERRIDES, BLOCK_OVERRIDES),
        differs=f"{_FIRST}; precompiles cannot be moved",
    ),
    Method(
        "eth_estimateGas",
        "A gas limit that suffices, within 1 %.",
        _estimate,
        (CALL, PENDING, OVERRIDES, BLOCK_OVERRIDES),
        differs=f"{_FIRST}; precompiles cannot be moved",
    ),
    Method(
        "eth_createAccessList",
        "What an execution touches (EIP-2930).",
        _access_list,
        (CALL, PENDING),
        differs=_FIRST,
    ),
    Method(
        "eth_sendTransaction",
        "Signs for a managed or impersonated account and sends.",
        _send,
        (CALL,),
        differs=f"{_FIRST}; an impersonated sender who names no fee pays none",
    ),
    Method(
        "eth_sendRawTransaction",
        "Sends a signed transaction, types 0 to 4.",
        _send_raw,
        (Param("raw", params.data),),
        differs="a blob's sidecar is dropped, its KZG proofs unchecked",
    ),
    Method(
        "eth_sendRawTransactionSync",
        "Sends a signed transaction; its receipt (EIP-7966).",
        _send_raw_sync,
        (Param("raw", params.data), Param("timeout", params.quantity, None)),
        differs="waits for nobody: error 4 with the hash where a transaction is not mined as it is sent",
    ),
    Method(
        "eth_sendTransactionSync",
        "Signs for a managed or impersonated account and sends; its receipt.",
        _send_sync,
        (CALL, Param("timeout", params.quantity, None)),
        differs=f"{_FIRST}; waits for nobody, as eth_sendRawTransactionSync",
    ),
    Method(
        "eth_sendUnsignedTransaction",
        "Sends for anybody, without a key.",
        _send_unsigned,
        (CALL,),
        differs=f"{_FIRST}; a sender who has no key and names no fee pays none",
    ),
    Method("eth_signTransaction", "Signs for a managed account.", _sign_transaction, (CALL,), differs=_FIRST),
    Method("eth_sign", "Signs a personal message (EIP-191).", _sign, (ADDRESS, _MESSAGE)),
    Method(
        "personal_sign",
        "Signs a personal message (EIP-191).",
        _sign_personal,
        (_MESSAGE, ADDRESS, Param("password", params.anything, None)),
        differs="the password is ignored",
    ),
    Method(
        "eth_signTypedData_v4",
        "Signs typed data (EIP-712).",
        _sign_typed,
        (ADDRESS, Param("data", _typed_data)),
        aliases=("eth_signTypedData",),
    ),
    Method(
        "eth_accounts",
        "Accounts with keys, and those impersonated.",
        lambda node: [forms.data(a) for a in {**node.engine.keys, **dict.fromkeys(node.engine.impersonated)}],
    ),
)
