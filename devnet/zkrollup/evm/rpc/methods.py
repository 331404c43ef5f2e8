"""The table: every method that is served, or refused with a reason."""

from typing import Final

from zkrollup.evm.rpc import (
    cheating,
    debugging,
    executing,
    network,
    pooling,
    reading,
    refused,
    simulating,
    timing,
)

METHODS: Final = (
    *reading.METHODS,
    *pooling.METHODS,
    *network.METHODS,
    *executing.METHODS,
    *simulating.METHODS,
    *debugging.METHODS,
    *timing.METHODS,
    *cheating.METHODS,
    *refused.METHODS,
)
