"""What a forked child must make anew: threads and locks of its parent that it does not have.

Owns the list of things to renew. A fork copies memory and one thread: a pool without its threads waits for
ever, and so does a lock that another thread held.
"""

import os
import weakref
from typing import Protocol


class Renewed(Protocol):
    """Something that does not survive a fork as it is. It must be hashable and weakly referenced."""

    def after_fork(self) -> None:
        """Called in each forked child, before anything else runs there; it waits for nobody."""


_RENEWED: "weakref.WeakSet[Renewed]" = weakref.WeakSet()


def renew_in_children(thing: Renewed) -> None:
    """Have ``after_fork`` called in each forked child for as long as ``thing`` lives."""
    _RENEWED.add(thing)


def _renew() -> None:
    """Renew all of them; Python prints what is raised here, and the child goes on."""
    errors = []
    for thing in tuple(_RENEWED):
        try:
            thing.after_fork()
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("not all could be renewed in this forked child", errors)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
