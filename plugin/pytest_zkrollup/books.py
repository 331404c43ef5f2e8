"""Books must balance after each test that passed. Owns when that is asked; what balances is the target's."""

from typing import TYPE_CHECKING

import pytest

from pytest_zkrollup.fixtures import ROLLUP_FIXTURE
from pytest_zkrollup.markers import checks_solvency

if TYPE_CHECKING:
    from pytest_zkrollup.session import Prepared


def check_after(item: pytest.Item) -> None:
    """Passes if the books of the test's rollup balance, or the test has none, or asked not to be looked at.

    A test that proved batches past its operator, or took its memory away, is not looked at: what it owes
    cannot be told.

    Raises:
        Insolvent: They do not balance.
    """
    __tracebackhide__ = True
    prepared: Prepared | None = getattr(item, "funcargs", {}).get(ROLLUP_FIXTURE)
    if prepared is None or not checks_solvency(item):
        return
    from zkrollup.operator.solvency import OutOfStep

    try:
        prepared.testbed.rollup.check_solvency()
    except OutOfStep:
        return
