"""What a failure shows where zkrollup raised on purpose: its reason, and the tester's line as the last one.

An error that is no ZkRollupError is shown whole, since then our own lines may be the fault.
"""

import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from zkrollup.errors import ZkRollupError

_OWN = ("zkrollup", "pytest_zkrollup")
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


def name_briefly(longrepr: Any, error: BaseException) -> None:
    """Leaves the package out of an error's name in the summary's line, where it would push out the reason."""
    crash = getattr(longrepr, "reprcrash", None)
    kind = type(error)
    if crash is not None and isinstance(error, ZkRollupError):
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
    if last is None or after is None or not _is_own(after.tb_frame):
        yield
        return
    last.tb_next = None
    try:
        yield
    finally:
        last.tb_next = after


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).split(".")[0] in _OWN


def _is_testers(frame: FrameType) -> bool:
    """Whether a frame is of code that is neither ours nor Python's nor installed."""
    file = frame.f_code.co_filename
    if _is_own(frame) or file.startswith("<"):
        return False
    return not any(Path(file).is_relative_to(folder) for folder in _installed())


@cache
def _installed() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple(paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
