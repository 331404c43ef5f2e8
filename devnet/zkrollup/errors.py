"""The root of the error tree. Owns no leaf: each error stands beside the code that raises it."""

from typing import Any


class ZkRollupError(Exception):
    """Every error that this project raises on purpose.

    A leaf carries the offending values as attributes and builds its message from them: the value,
    the rule it broke, and what to do. It comes out of another process as it went in.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, a leaf would be made again from its message alone.
        return _restored, (type(self), self.args), vars(self)


def _restored(leaf: type[ZkRollupError], args: tuple[Any, ...]) -> ZkRollupError:
    error = leaf.__new__(leaf)
    error.args = args
    return error
