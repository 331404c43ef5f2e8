"""web3.py over an engine in this process, without a connection. Owns nothing but web3's shape."""

from typing import Any

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Node, Table


class Provider(JSONBaseProvider):
    """web3's provider over an engine.

    Attributes:
        table: that answers.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.table = Table(Node(engine), METHODS)

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        """Tell that there is no connection that could fail."""
        return True

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer a request."""
        response: Any = {"jsonrpc": "2.0", "id": 0, **self.table.answer(method, params)}
        return response  # type: ignore[no-any-return]

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        """Answer requests, in their order."""
        return [self.make_request(method, params) for method, params in requests]
