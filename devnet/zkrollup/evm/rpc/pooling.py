"""eth_ and txpool_ methods that read what waits."""

from collections.abc import Mapping
from typing import Any, Final

from zkrollup.evm.engine.pool import Pending
from zkrollup.evm.rpc import forms
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.reading import ADDRESS
from zkrollup.evm.rpc.table import Method, Node


def _pool(node: Node, form: Any, sender: bytes | None = None) -> Mapping[str, Any]:
    """What waits, by sender and nonce: what can be mined apart from what cannot yet."""
    ready: dict[str, dict[str, Json]] = {}
    queued: dict[str, dict[str, Json]] = {}
    for one in node.engine.pending:
        if sender in (None, one.sender):
            is_ready = node.engine.pending.is_ready(one, node.engine.nonce(one.sender))
            part = (ready if is_ready else queued).setdefault(forms.data(one.sender), {})
            part[str(one.transaction.nonce)] = form(one)
    return {"pending": ready, "queued": queued}


def _content_from(node: Node, sender: bytes) -> Mapping[str, Any]:
    name = forms.data(sender)
    return {
        part: by_sender.get(name, {})
        for part, by_sender in _pool(node, forms.transaction_form, sender).items()
    }


def _pool_status(node: Node) -> Mapping[str, str]:
    content = _pool(node, forms.transaction_form)
    return {part: hex(sum(map(len, by_sender.values()))) for part, by_sender in content.items()}


def _summary(one: Pending) -> str:
    t = one.transaction
    to = forms.data(t.to) if t.to else "contract creation"
    return f"{to}: {t.value} wei + {t.gas} gas at {t.max_fee_per_gas} wei"


def _of_managed(node: Node) -> list[Json]:
    waiting = node.engine.pending
    return [forms.transaction_form(one) for one in waiting if node.engine.can_send(one.sender)]


METHODS: Final = (
    Method("eth_pendingTransactions", "What waits of managed and impersonated accounts.", _of_managed),
    Method("txpool_content", "What waits.", lambda node: _pool(node, forms.transaction_form)),
    Method("txpool_contentFrom", "What waits of one sender.", _content_from, (ADDRESS,)),
    Method("txpool_inspect", "What waits, in one line each.", lambda node: _pool(node, _summary)),
    Method("txpool_status", "How much waits.", _pool_status),
)
