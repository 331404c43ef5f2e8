"""A chain, and a way to ask it that fails on errors nobody expected."""

from typing import Any

import pytest

from zkrollup.evm import Chain
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Node, Table


class Client:
    """Sends requests to a chain's table."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.table = Table(Node(chain.engine), METHODS)

    def __call__(self, method: str, *params: Any) -> Any:
        answer = self.table.answer(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        answer = self.table.answer(method, list(params))
        assert "result" not in answer, answer
        return answer["error"]


@pytest.fixture
def chain() -> Chain:
    return Chain(accounts=4)


@pytest.fixture
def rpc(chain) -> Client:
    return Client(chain)


@pytest.fixture
def accounts(rpc) -> list[str]:
    """Addresses of managed accounts, as JSON-RPC has them."""
    return rpc("eth_accounts")
