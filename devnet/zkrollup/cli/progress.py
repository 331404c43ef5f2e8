"""One-time work as bars in a terminal: what is being done, for how long, and how long it is expected to take.

Owns how progress callbacks look. Does not own what is worth reporting: the work itself calls.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn

from zkrollup.kernels.jit import Progress as Callback
from zkrollup.kernels.jit import ignore_progress

EXPECTED: Final[Mapping[str, str]] = {
    "compile kernels": "of about 30 s, once a machine",
    "build circuits": "of about 2 s, once a circuit",
    "make keys": "of about 2 s, once a circuit",
    "deploy": "of about 1 s",
}
"""For the default size, on two cores of 2024, where nothing is cached."""

PATIENCE: Final = 0.5
"""Seconds that work takes before it gets a bar: what comes from the cache is not worth a flash of one."""


class _SlowWork(Progress):
    """Draws only what has taken longer than ``PATIENCE``, looked at on each refresh.

    Some work reports only that it starts and ends, so its callbacks cannot be what makes its bar appear.
    """

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(slow(self.tasks))


def slow(tasks: Iterable[Task]) -> list[Task]:
    """Those of ``tasks`` that took, or have been taking, ``PATIENCE`` or longer."""
    return [task for task in tasks if _seconds(task) >= PATIENCE]


@contextmanager
def progress_bars(console: Console) -> Iterator[Callback]:
    """A progress callback that draws a bar for each piece of slow work; nothing where no terminal watches.

    Work that reports again after its end, as the keys of a second circuit do, gets a bar of its own.
    """
    if not console.is_terminal:
        yield ignore_progress
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.elapsed:.0f} s [dim]{task.fields[expected]}[/dim]"),
    )
    with _SlowWork(*columns, console=console, transient=True) as bars:
        running: dict[str, TaskID] = {}

        def advance(label: str, fraction: float) -> None:
            if label not in running:
                running[label] = bars.add_task(label, total=1.0, expected=EXPECTED.get(label, ""))
            bars.update(running[label], completed=fraction)
            if fraction >= 1.0:
                del running[label]

        yield advance


def _seconds(task: Task) -> float:
    return (task.finished_time if task.finished else task.elapsed) or 0.0
