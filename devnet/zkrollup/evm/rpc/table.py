"""What a method is, and how one is answered. Owns the order of checks; the methods are elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final

from zkrollup.errors import ZkRollupError
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.transactions import CallFields, InvalidTransaction
from zkrollup.evm.rpc.errors import (
    INTERNAL,
    INVALID_PARAMS,
    INVALID_REQUEST,
    REFUSED,
    UNKNOWN_METHOD,
    RpcError,
    shown,
)
from zkrollup.evm.rpc.params import Call, Param

MOST_REQUESTS: Final = 1_000
"""In a batch, as geth has it."""


@dataclass(slots=True)
class Node:
    """An engine as its clients see it.

    Attributes:
        engine: that executes.
    """

    engine: Engine

    def fields(self, call: Call) -> CallFields:
        """Return a call's fields, sent by the first account if no sender is named.

        Raises:
            InvalidTransaction: it is for another chain.
        """
        engine, fields = self.engine, call.fields
        if call.chain_id is not None and call.chain_id != engine.chain_id:
            raise InvalidTransaction(
                f"chainId does not match node's: {call.chain_id}, this is chain {engine.chain_id}"
            )
        if fields.sender:
            return fields
        return replace(fields, sender=next(iter(engine.keys), bytes(20)))

    @contextmanager
    def sending(self, sender: bytes) -> Iterator[None]:
        """Let anybody send inside the context, if that is switched on."""
        with self.lending(sender) if self.engine.auto_impersonate else nullcontext():
            yield

    @contextmanager
    def lending(self, sender: bytes) -> Iterator[None]:
        """Let a sender send inside the context, whether there is a key or not."""
        with nullcontext() if self.engine.can_send(sender) else self.engine.impersonating(sender):
            yield


Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Method:
    """An entry of the table.

    Attributes:
        name: of the method.
        summary: one line: what it answers, or why it is refused.
        handler: takes a node and the parsed parameters; None refuses.
        params: in order; required ones first.
        differs: how nodes answer otherwise; empty if they do not.
        aliases: other names.
    """

    name: str
    summary: str
    handler: Handler | None = None
    params: tuple[Param, ...] = ()
    differs: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """One of served, differs, refused."""
        if self.handler is None:
            return "refused"
        return "differs" if self.differs else "served"

    @property
    def required(self) -> int:
        """How many parameters must be given."""
        return sum(param.required for param in self.params)

    def serve(self, node: Node, values: Sequence[Any]) -> Any:
        """Parse the parameters and answer.

        Raises:
            RpcError: refused, or a parameter is malformed, missing or one too many.
            ZkRollupError: the engine refuses.
        """
        if self.handler is None:
            message = f"the method {self.name} does not exist/is not available: {self.summary}"
            raise RpcError(UNKNOWN_METHOD, message)
        params, count = self.params, len(values)
        if count > len(params):
            raise RpcError(INVALID_PARAMS, f"{count} parameters, {self.name} takes {self.signature}")
        if count < len(params):
            values = (*values, *(None,) * (len(params) - count))
        return self.handler(node, *[param.read(value) for param, value in zip(params, values, strict=True)])

    @property
    def signature(self) -> str:
        """Its parameters, optional ones with a question mark."""
        return ", ".join(p.name if p.required else f"{p.name}?" for p in self.params) or "none"


@dataclass(slots=True)
class Table:
    """Methods by name, over one node.

    Args:
        node: that they are asked of.
        methods: names and aliases must differ.
    """

    node: Node
    methods: tuple[Method, ...]
    by_name: Mapping[str, Method] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = index(self.methods)

    def answer(self, method: Any, params: Any) -> dict[str, Any]:
        """Return {"result": ...} or {"error": ...}, whatever is asked; one request at a time."""
        try:
            with self.node.engine.exclusive:
                return {"result": self._result(method, params)}
        except RpcError as error:
            return {"error": error.form()}
        except ZkRollupError as error:
            return {"error": {"code": REFUSED, "message": str(error)}}
        except Exception as error:  # a client must not see how we are built
            return {"error": {"code": INTERNAL, "message": f"internal error: {type(error).__name__}"}}

    def _result(self, name: Any, params: Any) -> Any:
        method = self.by_name.get(name) if isinstance(name, str) else None
        if method is None:
            raise RpcError(UNKNOWN_METHOD, f"the method {shown(name)} does not exist/is not available")
        values = () if params is None else params
        if not isinstance(values, (list, tuple)):
            raise RpcError(INVALID_PARAMS, f"params is {shown(params)}, it must be a list")
        return method.serve(self.node, values)

    def respond(self, request: Any) -> Any:
        """Answer a decoded request or batch; None where nothing is to be sent back."""
        if not isinstance(request, list):
            return self._respond_one(request)
        if not 0 < len(request) <= MOST_REQUESTS:
            return _invalid(f"a batch has {len(request)} requests, it must have 1 to {MOST_REQUESTS}")
        return [r for r in map(self._respond_one, request) if r is not None] or None

    def _respond_one(self, request: Any) -> dict[str, Any] | None:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _invalid(f"{shown(request)} is no request: it must be an object with a method")
        answer = self.answer(request["method"], request.get("params"))
        if "id" not in request:
            return None
        number = request["id"]
        if isinstance(number, bool) or not isinstance(number, (str, int, float, type(None))):
            return _invalid(f"id is {shown(number)}, it must be a string, a number or null")
        return {"jsonrpc": "2.0", "id": number, **answer}


def _invalid(message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": message}}


def index(methods: Iterable[Method]) -> dict[str, Method]:
    """Return methods by all their names.

    Raises:
        ValueError: a name is given twice.
    """
    found: dict[str, Method] = {}
    for method in methods:
        for name in (method.name, *method.aliases):
            if name in found:
                raise ValueError(f"{name} is in the table twice")
            found[name] = method
    return found
