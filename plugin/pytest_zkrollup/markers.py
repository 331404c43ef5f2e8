"""The marker ``rollup(slots=..., levels=...)``: what it takes, and what it changes."""

from dataclasses import replace
from typing import Final

import pytest

from pytest_zkrollup.config import InvalidConfig, ZkConfig
from zkrollup.errors import ZkRollupError

KEYWORDS: Final = ("slots", "levels")
LINE: Final = (
    "rollup(slots=3, levels=4): the sizes of the rollup that the test's fixtures give: operations a batch, "
    "levels of the account tree. Wins over options, ini keys and the fixture zk_config."
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
        try:
            base = replace(base, **marker.kwargs)
        except InvalidConfig as error:
            raise InvalidMarker(marker, str(error)) from None
    return base
