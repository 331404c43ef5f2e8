"""What a suite's test needs of a target, and what happens where a target has it not."""

import pytest

from zkrollup.devnet import Capability, Rollup


def need(rollup: Rollup, *capabilities: Capability) -> None:
    """Skips a test of what the target does not declare."""
    __tracebackhide__ = True
    missing = [each.name for each in capabilities if not rollup.target.can(each)]
    if missing:
        pytest.skip(f"{rollup.target.name} does not declare {', '.join(missing)}")


def need_one(rollup: Rollup, *capabilities: Capability) -> None:
    """Skips a test where the target declares none of these."""
    __tracebackhide__ = True
    if not any(rollup.target.can(each) for each in capabilities):
        names = ", ".join(each.name for each in capabilities)
        pytest.skip(f"{rollup.target.name} declares none of {names}")
