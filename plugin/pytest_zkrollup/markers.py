"""The marker ``rollup(slots=..., levels=..., accounts=..., check_solvency=...)``: its terms and effects."""

from dataclasses import replace
from typing import Final

import pytest

from pytest_zkrollup.config import InvalidConfig, ZkConfig
from zkrollup.errors import ZkRollupError

CHECK_SOLVENCY: Final = "check_solvency"
KEYWORDS: Final = ("slots", "levels", "accounts", CHECK_SOLVENCY)
LINE: Final = (
    "rollup(slots=3, levels=4, accounts=10, check_solvency=True): the sizes of the rollup that the test's "
    "fixtures give: operations a batch, levels of the account tree, funded accounts of the chain; whether "
    "its books must balance after the test. Wins over options, ini keys and the fixture zk_config."
)


class InvalidMarker(ZkRollupError):
    """A ``rollup`` marker has arguments that it does not take, or a bad value."""

    def __init__(self, marker: pytest.Mark, why: str) -> None:
        self.marker = marker
        given = [repr(value) for value in marker.args]
        given += [f"{key}={value!r}" for key, value in marker.kwargs.items()]
        super().__init__(f"@pytest.mark.rollup({', '.join(given)}): {why}")


def with_markers(base: ZkConfig, item: pytest.Item) -> ZkConfig:
    """``base`` with what the test's ``rollup`` markers change; the closest marker wins.

    Raises:
        InvalidMarker: A marker has positional arguments, an unknown keyword, or a bad value.
    """
    for marker in reversed(list(item.iter_markers("rollup"))):
        unknown = [*map(repr, marker.args), *(key for key in marker.kwargs if key not in KEYWORDS)]
        if unknown:
            raise InvalidMarker(
                marker, f"does not take {', '.join(unknown)}; it takes the keywords {' and '.join(KEYWORDS)}"
            )
        check = marker.kwargs.get(CHECK_SOLVENCY, True)
        if not isinstance(check, bool):
            raise InvalidMarker(marker, f"{CHECK_SOLVENCY} = {check!r} is neither True nor False")
        sizes = {key: value for key, value in marker.kwargs.items() if key != CHECK_SOLVENCY}
        try:
            base = replace(base, **sizes)
        except InvalidConfig as error:
            raise InvalidMarker(marker, str(error)) from None
    return base


def checks_solvency(item: pytest.Item) -> bool:
    """Whether the books must balance after the test: the closest marker that says so, else the ini key."""
    said = (m.kwargs[CHECK_SOLVENCY] for m in item.iter_markers("rollup") if CHECK_SOLVENCY in m.kwargs)
    return bool(next(said, item.config.getini("zk_check_solvency")))
