"""The table: every method that is served, or refused with a reason."""

from typing import Final

from zkrollup.evm.rpc import cheating, debugging, executing, reading, refused

METHODS: Final = (
    *reading.METHODS,
    *executing.METHODS,
    *debugging.METHODS,
    *cheating.METHODS,
    *refused.METHODS,
)
