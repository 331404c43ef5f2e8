"""Expectations that a test makes and never enters: without its ``with`` one expects nothing, and passes.

Owns who is waited for while a test runs. What was made before, as for ``parametrize``, need not be used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_waiting: Final[list[object]] = []


def made(expectation: object) -> None:
    """Called by an expectation as it is made."""
    _waiting.append(expectation)


def entered(expectation: object) -> None:
    """Called as it is entered, the first time or again."""
    _waiting[:] = [each for each in _waiting if each is not expectation]


@contextmanager
def all_entered() -> Iterator[None]:
    """Passes if every expectation that was made inside was entered, too.

    Raises:
        AssertionError: One was not.
    """
    __tracebackhide__ = True
    _waiting.clear()
    yield
    forgotten = [type(each).__name__ for each in _waiting]
    _waiting.clear()
    if forgotten:
        one = forgotten[0]
        raise AssertionError(
            f"{one}(...) was made and never entered, so that it expected nothing; write `with {one}(...):` "
            "around what it is about"
        )
