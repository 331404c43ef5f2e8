"""The lock by which threads take turns on a chain and on what stands on it.

Owns the lock and the decorator. Which chains share one is decided where they are made: a devnet has one for
both of its chains and its operator, so that no two threads can wait for each other.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from zkrollup import forks
from zkrollup.errors import ZkRollupError


class ForkedInUse(ZkRollupError):
    """A forked child asks for a chain that another thread of its parent was using at that moment."""

    def __init__(self) -> None:
        super().__init__(
            "this process was forked while another thread used the chain, so that its copy may be halfway "
            "through a transaction; fork while no other thread uses it, or start a chain in this process"
        )


class Lock:
    """A re-entrant lock, to be held by ``with``.

    Hold it for what must not be interleaved with other threads, and neither await nor wait for another
    thread inside.
    """

    __slots__ = ("__weakref__", "_held")

    def __init__(self) -> None:
        self._held: threading.RLock | _Refused = threading.RLock()
        forks.renew_in_children(self)

    def __enter__(self) -> None:
        """Wait until no other thread holds it.

        Raises:
            ForkedInUse: The thread that held it was left behind in the parent.
        """
        self._held.acquire()

    def __exit__(self, *_: object) -> None:
        """Let others go on, once each entry was left."""
        self._held.release()

    def after_fork(self) -> None:
        """In a forked child, refuse it if another thread held it."""
        if self._held.acquire(blocking=False):
            self._held.release()
        else:
            self._held = _REFUSED


class _Refused:
    """Stands where a lock was that nobody can release any more."""

    def acquire(self, blocking: bool = True) -> bool:
        if blocking:
            raise ForkedInUse
        return False

    def release(self) -> None:
        """Nothing was acquired."""


_REFUSED: Final = _Refused()


class HasLock(Protocol):
    """Something that threads use by turns."""

    @property
    def exclusive(self) -> Lock:
        """What they take turns by."""


S = TypeVar("S", bound=HasLock)
P = ParamSpec("P")
T = TypeVar("T")


def locked(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Decorate a method that holds ``self.exclusive`` from beginning to end."""

    @wraps(method)
    def alone(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.exclusive:
            return method(self, *args, **kwargs)

    return alone
