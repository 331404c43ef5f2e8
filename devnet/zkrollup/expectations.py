"""How work tells its progress, and how long one-time work takes, for whoever tells somebody that waits.

Owns the figures, not how they are shown. Imports nothing, so that the plugin may load it in every run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction of it that is done."""


def ignore_progress(label: str, fraction: float) -> None:
    """Work in silence."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of a piece of work.

    Attributes:
        seconds: For the default size, on two cores of 2024, where nothing is cached.
        once: What it is done once for and then kept: such as "a machine", "a circuit"; "" if it is not kept.
    """

    seconds: float
    once: str = ""

    @property
    def grows(self) -> bool:
        """Whether it takes longer for a larger circuit."""
        return self.once == "a circuit"

    def about(self, scale: float = 1) -> str:
        """Seconds in words, for work that is ``scale`` times the default; at least one."""
        return f"about {max(1, round(self.seconds * scale))} s"


EXPECTED: Final[Mapping[str, Expectation]] = {
    "load kernels": Expectation(1),
    "compile kernels": Expectation(30, "a machine"),
    "build circuits": Expectation(1.3, "a circuit"),
    "make keys": Expectation(1.3, "a circuit"),
    "deploy": Expectation(0.2),
    "compile contracts": Expectation(3, "a version of the sources"),
}
"""By the label with which the work itself reports its progress."""
