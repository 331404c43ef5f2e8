"""Expectations that a test makes and never enters: without its ``with`` one expects nothing, and passes.

Owns who is waited for while a test runs. What was made before, as for ``parametrize``, need not be used.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_waiting: Final[list[tuple[object, str]]] = []
"""Expectations, and where in the test each was made."""


def made(expectation: object) -> None:
    """Called by an expectation's ``__init__`` at its end."""
    caller = sys._getframe(2)
    _waiting.append((expectation, f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"))


def entered(expectation: object) -> None:
    """Called as it is entered, the first time or again."""
    _waiting[:] = [each for each in _waiting if each[0] is not expectation]


@contextmanager
def all_entered() -> Iterator[None]:
    """Passes if every expectation that was made inside was entered, too.

    Raises:
        AssertionError: One was not.
    """
    __tracebackhide__ = True
    _waiting.clear()
    yield
    forgotten = [(type(each).__name__, place) for each, place in _waiting]
    _waiting.clear()
    for name, place in forgotten:
        raise AssertionError(
            f"{name}(...) at {place} was made and never entered, so that it expected nothing; write "
            f"`with {name}(...):` around what it is about"
        )
