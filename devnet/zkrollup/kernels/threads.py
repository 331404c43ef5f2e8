"""The threads that kernels run on: one pool a process, a thread a core, for all proofs at once.

Owns how proofs share the cores: they queue for the same threads, so that many together use each core once.
A task on these threads never waits for another, so they cannot lock up; whoever waits does so elsewhere.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from typing import Any, ParamSpec, TypeVar

from zkrollup.cores import cores

P = ParamSpec("P")
T = TypeVar("T")


class _Tasks(Executor):
    """What one proof or setup has handed to the shared threads."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = _shared().submit(function, *args, **kwargs)
        self.futures.append(future)
        return future


@contextmanager
def pool() -> Iterator[Executor]:
    """An executor for one proof or setup. On leaving, what has not begun is dropped, what runs is waited for.

    So nothing goes on of a proof that was stopped.
    """
    tasks = _Tasks()
    try:
        yield tasks
    finally:
        wait([future for future in tasks.futures if not future.cancel()])


@cache
def _shared() -> Executor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="zkrollup-kernel")


def _renew() -> None:
    """A forked child has none of its parent's threads."""
    _shared.cache_clear()
    _shared()


_shared()  # before threads could race for it; it starts none until there is work
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
