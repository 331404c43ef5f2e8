"""The documentation's table of methods, from the methods themselves."""

from collections.abc import Iterable
from itertools import groupby

from zkrollup.evm.rpc.table import Method


def table(methods: Iterable[Method]) -> str:
    """Return a Markdown section for each namespace, its methods by name."""
    by_name = sorted(methods, key=lambda method: method.name)
    return "\n".join(
        _section(namespace, list(group)) for namespace, group in groupby(by_name, key=_namespace)
    )


def _namespace(method: Method) -> str:
    return method.name.partition("_")[0]


def _section(namespace: str, methods: list[Method]) -> str:
    head = f"## {namespace}\n\n| Method | Parameters | Answer | Status |\n| --- | --- | --- | --- |\n"
    return head + "".join(_row(method) for method in methods)


def _row(method: Method) -> str:
    names = "<br>".join(f"`{name}`" for name in (method.name, *method.aliases))
    if method.status == "refused":
        return f"| {names} | | | refused: {method.summary} |\n"
    status = f"differs: {method.differs}" if method.differs else "served"
    return f"| {names} | {method.signature} | {method.summary} | {status} |\n"
