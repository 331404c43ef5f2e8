"""The table: every method that is served, or refused with a reason."""

from typing import Final

from zkrollup.evm.rpc import cheating, debugging, executing, reading, refused, timing

METHODS: Final = (
    *reading.METHODS,
    *executing.METHODS,
    *debugging.METHODS,
    *timing.METHODS,
    *cheating.METHODS,
    *refused.METHODS,
)
