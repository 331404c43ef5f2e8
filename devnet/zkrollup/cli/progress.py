"""What is shown of one-time work: bars in a terminal, lines elsewhere, and warnings of large sizes.

Owns how progress callbacks look. Does not own what is worth reporting: the work itself calls.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from zkrollup.circuits.batch import BatchSize
from zkrollup.expectations import (
    EXPECTED,
    Pace,
    about,
    constraints_expected,
    machine_factor,
    relative_size,
)
from zkrollup.expectations import Progress as Callback
from zkrollup.notices import Notices
from zkrollup.storage import Waiting

PATIENCE: Final = 0.5
"""Seconds that work takes before it gets a bar: what comes from the cache is not worth a flash of one."""

LARGE: Final = 200_000
"""Constraints from which on the first run takes minutes."""


def warn_of_size(console: Console, size: BatchSize) -> None:
    """Says what a large circuit costs, before it does; nothing for others."""
    constraints = constraints_expected(size.slots, size.levels)
    if constraints >= LARGE:
        gigabytes = max(1, round(constraints * 4_500 / 10**9))  # measured: 0.8 GB for 172,000
        console.print(
            f"Batches of {size.slots} operations over {size.accounts:,} accounts take about {constraints:,} "
            f"constraints: minutes for circuit and keys the first time, and about {gigabytes} GB of memory."
        )


def waiting_shown(console: Console) -> Waiting:
    """Says that another process does the work, once for each kind of it."""
    said: set[str] = set()

    def say(message: str) -> None:
        if message not in said:
            said.add(message)
            console.print(message, soft_wrap=True, markup=False)

    return say


@contextmanager
def progress_shown(console: Console, size: BatchSize | None = None) -> Iterator[Callback]:
    """A callback for progress: bars where a terminal watches, lines elsewhere.

    Args:
        console: Where it is shown.
        size: Of the batch circuit; None where other circuits are built, of which no time is foreseen.
    """
    scale = 0.0 if size is None else relative_size(size.slots, size.levels)
    if not console.is_interactive:
        yield Notices(lambda line: console.print(line, soft_wrap=True, markup=False), size=scale)
        return
    with _bars(console, scale) as advance:
        yield advance


@contextmanager
def _bars(console: Console, scale: float) -> Iterator[Callback]:
    """A bar for each piece of slow work.

    Work that reports again after its end, as the keys of a second circuit do, gets a bar of its own.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), _Time())
    with _SlowWork(*columns, console=console, transient=True) as bars:
        running: dict[str, TaskID] = {}

        def begin(label: str) -> TaskID:
            expected = EXPECTED.get(label)
            # Measured here: on the thread that draws, the work itself would be in the way.
            seconds = None if expected is None else expected.on(machine_factor(), scale)
            return bars.add_task(label, total=1.0, pace=Pace(seconds, bars.get_time))

        def advance(label: str, fraction: float) -> None:
            if label not in running:
                running[label] = begin(label)
            task = running[label]
            bars.tasks[bars.task_ids.index(task)].fields["pace"].report(fraction)
            bars.update(task, completed=fraction)
            if fraction >= 1.0:
                del running[label]

        yield advance


class _SlowWork(Progress):
    """Draws only what has taken longer than ``PATIENCE``, looked at on each refresh.

    Some work reports only that it starts and ends, so its callbacks cannot be what makes its bar appear.
    """

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(slow(self.tasks))


class _Time(ProgressColumn):
    """What stands beside a bar: how long it took, or takes, and whether the result is kept."""

    def render(self, task: Task) -> Text:
        pace: Pace = task.fields["pace"]
        return Text.from_markup(
            time_text(_seconds(task), None if task.finished else pace.remaining, task.description)
        )


def slow(tasks: Iterable[Task]) -> list[Task]:
    """Those of ``tasks`` that took, or have been taking, ``PATIENCE`` or longer."""
    return [task for task in tasks if _seconds(task) >= PATIENCE]


def time_text(elapsed: float, remaining: float | None, label: str) -> str:
    """Seconds so far, what is known of the rest, and what the work is done once for, as markup."""
    left = "" if remaining is None else f", {about(remaining)} left"
    once = EXPECTED[label].once if label in EXPECTED else ""
    return f"{elapsed:.0f} s{left}" + (f"[dim], once {once}[/dim]" if once else "")


def _seconds(task: Task) -> float:
    return (task.finished_time if task.finished else task.elapsed) or 0.0
