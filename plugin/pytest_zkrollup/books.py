"""Books must balance after each test that passed. Owns when that is asked; what balances is the target's."""

import pytest

from pytest_zkrollup.fixtures import TARGET_FIXTURE
from pytest_zkrollup.holding import held_by
from pytest_zkrollup.markers import checks_solvency


def check_after(item: pytest.Item) -> None:
    """Passes if the books of the rollups that the test holds balance, or it asked not to be looked at.

    Raises:
        Insolvent: They do not balance.
        OutOfStep: Nobody can tell, since a mock proof or a cheat moved L1's root.
    """
    __tracebackhide__ = True
    if not checks_solvency(item):
        return
    rollups = held_by(item).rollups
    for prepared in rollups:
        prepared.testbed.rollup.check_solvency()
    target = getattr(item, "funcargs", {}).get(TARGET_FIXTURE)
    if target is not None and not rollups:
        target.check_solvency()
