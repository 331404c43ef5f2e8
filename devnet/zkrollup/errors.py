"""The root of the error tree. Owns no leaf: each error stands beside the code that raises it."""


class ZkRollupError(Exception):
    """Every error that this project raises on purpose.

    A leaf carries the offending values as attributes and builds its message from them: the value,
    the rule it broke, and what to do.
    """
