"""What a failure's traceback leaves out: frames of the zkrollup package, where it raised on purpose.

An error that is no ZkRollupError is shown whole, since then our own lines may be the fault.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from zkrollup.errors import ZkRollupError

_FLAG = "__tracebackhide__"  # pytest looks for it among a frame's locals, then its globals


E = TypeVar("E", bound=BaseException)


def is_refusal(error: BaseException) -> bool:
    """Whether an error of ours is it, led to it, or is among its group."""
    return find(ZkRollupError, error) is not None


def find(kind: type[E], error: BaseException) -> E | None:
    """The first error of a kind that is it, led to it, or is among its group."""
    return next((each for each in _linked(error) if isinstance(each, kind)), None)


def call_traces(error: BaseException) -> Iterator[str]:
    """What the reverted executions among an error's causes did, call by call, as text."""
    for each in _linked(error):
        retrace = getattr(each, "retrace", None)
        if isinstance(each, ZkRollupError) and retrace is not None:
            try:
                yield str(retrace())
            except (ZkRollupError, LookupError) as gone:  # reverted to an earlier state since
                yield f"there is none any more: {gone}"


def _linked(error: BaseException) -> Iterator[BaseException]:
    """An error, what led to it, and what it groups, each once."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        yield current
        seen.add(id(current))
        linked = (current.__cause__, current.__context__, *getattr(current, "exceptions", ()))
        waiting += [each for each in linked if each is not None]


@contextmanager
def own_frames_hidden() -> Iterator[None]:
    """Lets pytest skip the zkrollup package's frames while it writes a report; --full-trace shows them."""
    modules = [module for name, module in list(sys.modules.items()) if name.split(".")[0] == "zkrollup"]
    flagged = [module for module in modules if _FLAG not in vars(module)]
    for module in flagged:
        setattr(module, _FLAG, True)
    try:
        yield
    finally:
        for module in flagged:
            delattr(module, _FLAG)
