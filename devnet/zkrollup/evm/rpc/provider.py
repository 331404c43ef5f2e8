"""web3.py over an engine in this process, without a connection. Owns nothing but web3's shape."""

from dataclasses import dataclass
from typing import Any, Final

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.tracing import CallTree
from zkrollup.evm.rpc.errors import REVERTED
from zkrollup.evm.rpc.executing import CALL, call_fields
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Node, Table

_EXECUTING: Final = frozenset({"eth_call", "eth_estimateGas", "eth_sendTransaction"})


@dataclass(frozen=True, slots=True)
class Reverting:
    """A request that reverted.

    Attributes:
        transaction: as given.
        data: revert data.
        block: number of the latest block then.
    """

    transaction: Any
    data: bytes
    block: int


class Provider(JSONBaseProvider):
    """web3's provider over an engine.

    Attributes:
        table: that answers.
        reverted: the last request that reverted; None for none.
    """

    reverted: Reverting | None = None

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.table = Table(Node(engine), METHODS)

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Tell that there is no connection that could fail."""
        return True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer a request."""
        answer = self.table.answer(method, params)
        error = answer.get("error", {})
        if method in _EXECUTING and error.get("code") == REVERTED:
            data = bytes.fromhex(error["data"].removeprefix("0x"))
            self.reverted = Reverting(params[0], data, self.table.node.engine.head.number)
        response: Any = {"jsonrpc": "2.0", "id": 0, **answer}
        return response  # type: ignore[no-any-return]

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """Answer requests, in their order."""
        return [self.make_request(method, params) for method, params in requests]

    def retrace(self, data: bytes) -> CallTree | None:
        """Execute the last request that reverted once more; None if it does not end with ``data``."""
        if self.reverted is None or self.reverted.data != data:
            return None
        node = self.table.node
        try:
            fields = call_fields(node, CALL.parse(self.reverted.transaction, CALL.name))
            tree = node.engine.trace_call(fields, at=self.reverted.block)
        except (ZkRollupError, LookupError):  # the chain has gone back since
            return None
        return tree if tree.failure and tree.output == data else None
