"""What a request is answered with when it cannot be served. Owns codes and messages of JSON-RPC errors."""

import reprlib
from typing import Any, Final

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.simulation import Outcome
from zkrollup.evm.reverts import summarise

INVALID_REQUEST: Final = -32600
UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
REFUSED: Final = -32000
"""The request is well formed, but a chain in this state cannot do it."""
NOT_YET: Final = 4
"""A transaction waits (EIP-7966), with its hash."""
REVERTED: Final = 3
"""geth's, with the revert data."""


class RpcError(ZkRollupError):
    """A JSON-RPC error.

    Attributes:
        code: of JSON-RPC, or of nodes.
        message: for people.
        data: revert data as hex; None for none.
    """

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(message)

    def form(self) -> dict[str, Any]:
        """Return the error object."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


class InvalidParams(RpcError):
    """A parameter of the wrong form.

    Attributes:
        where: name of the parameter, with the way into it.
        value: what was given.
        rule: what it must be.
    """

    def __init__(self, where: str, value: object, rule: str) -> None:
        self.where = where
        self.value = value
        self.rule = rule
        super().__init__(INVALID_PARAMS, f"{where} is {shown(value)}, it must be {rule}")


class ExecutionFailed(RpcError):
    """A call or estimate failed in the EVM: code 3 and data if it reverted, else an exceptional halt."""

    def __init__(self, outcome: Outcome) -> None:
        failure, data = outcome.failure or "", outcome.output
        message = summarise(failure, data)
        if failure == "Revert":
            super().__init__(REVERTED, message, f"0x{data.hex()}")
        else:
            super().__init__(REFUSED, message)


def shown(value: object) -> str:
    """Return a value in few characters."""
    try:
        return reprlib.repr(value)
    except Exception:  # integers beyond Python's limit of digits, objects that cannot say
        return f"of type {type(value).__name__}"
