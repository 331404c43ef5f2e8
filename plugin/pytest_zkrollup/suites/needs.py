"""What a suite's test needs of a target, and what happens where a target has it not."""

import pytest

from zkrollup.devnet import Capability, Rollup


def need(rollup: Rollup, *capabilities: Capability) -> None:
    """Skips a test of what the target does not declare."""
    __tracebackhide__ = True
    missing = [each.name for each in capabilities if not rollup.target.can(each)]
    if missing:
        pytest.skip(f"{rollup.target.name} does not declare {', '.join(missing)}")
