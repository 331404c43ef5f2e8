"""What a failure shows where zkrollup raised on purpose: its reason, and the tester's line as the last one.

An error that is no ZkRollupError is shown whole, since then our own lines may be the fault.
"""

import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from zkrollup.errors import ZkRollupError

_OWN = ("zkrollup", "pytest_zkrollup")
_HIDDEN = (*_OWN, "web3", "cytoolz", "toolz", "eth", "contextlib")
"""Packages between a tester's line and what went wrong."""
_BYTES = re.compile("0x(?:[0-9a-fA-F]{2})*")
_FLAG = "__tracebackhide__"  # pytest looks for it among a frame's locals, then its globals


E = TypeVar("E", bound=BaseException)


def is_refusal(error: BaseException) -> bool:
    """Whether an error of ours, or a node's answer by web3, is it, led to it, or is among its group."""
    return any(isinstance(each, ZkRollupError) or _is_an_answer(each) for each in linked(error))


def _is_an_answer(error: BaseException) -> bool:
    """Whether web3 raised it for what a node answered: a revert, or an error of JSON-RPC."""
    exceptions = sys.modules.get("web3.exceptions")
    return web3_data(error) is not None or (
        exceptions is not None and isinstance(error, exceptions.Web3RPCError)
    )


def web3_data(error: BaseException) -> bytes | None:
    """The revert data of an error of web3's; None if it is no revert of its, or none of a devnet's.

    Where there is no data, web3 says so in words, and some nodes put "Reverted" before it.
    """
    exceptions = sys.modules.get("web3.exceptions")
    data = getattr(error, "data", None)
    if (
        exceptions is None
        or not isinstance(error, exceptions.ContractLogicError)
        or not isinstance(data, str)
    ):
        return None
    return bytes.fromhex(data[2:]) if _BYTES.fullmatch(data) else None


def find(kind: type[E], error: BaseException) -> E | None:
    """The first error of a kind that is it, led to it, or is among its group."""
    return next((each for each in linked(error) if isinstance(each, kind)), None)


def linked(error: BaseException) -> Iterator[BaseException]:
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
def own_frames_hidden(error: BaseException) -> Iterator[None]:
    """Lets pytest skip our frames and web3's while it writes an error's report; --full-trace shows them."""
    # By the frames, not by sys.modules: a module whose import failed is no longer among those.
    found = (frame.f_globals for each in linked(error) for frame in _frames(each))
    hidden = {id(names): names for names in found if _is_of(names, _HIDDEN) and _FLAG not in names}
    for names in hidden.values():
        names[_FLAG] = True
    try:
        yield
    finally:
        for names in hidden.values():
            del names[_FLAG]


def _frames(error: BaseException) -> Iterator[FrameType]:
    entry = error.__traceback__
    while entry is not None:
        yield entry.tb_frame
        entry = entry.tb_next


def name_briefly(longrepr: Any, error: BaseException, reason: str | None = None) -> None:
    """Leaves the package out of an error's name in the summary's line, where it would push out the reason.

    ``reason`` is what to say of an error whose own words say little.
    """
    crash = getattr(longrepr, "reprcrash", None)
    kind = type(error)
    if crash is not None and reason is not None:
        crash.message = f"{kind.__name__}: {reason}"
    elif crash is not None and isinstance(error, ZkRollupError):
        crash.message = crash.message.removeprefix(f"{kind.__module__}.")


@contextmanager
def ended_at_the_testers_line(error: BaseException) -> Iterator[None]:
    """Inside, an error's traceback ends before the frames of ours that raised it: a debugger stops there."""
    entries = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    testers = [each for each in entries if _is_testers(each.tb_frame)]
    last = testers[-1] if testers else None
    after = last.tb_next if last is not None else None
    if last is None or after is None or not _is_of(after.tb_frame.f_globals, _HIDDEN):
        yield
        return
    last.tb_next = None
    try:
        yield
    finally:
        last.tb_next = after


def _is_of(names: Mapping[str, Any], packages: tuple[str, ...]) -> bool:
    return str(names.get("__name__", "")).split(".")[0] in packages


def _is_testers(frame: FrameType) -> bool:
    """Whether a frame is of code that is neither ours nor Python's nor installed."""
    file = frame.f_code.co_filename
    if _is_of(frame.f_globals, _HIDDEN) or not Path(file).is_absolute():  # such as <string>, or Cython's
        return False
    return not any(Path(file).is_relative_to(folder) for folder in _installed())


@cache
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
