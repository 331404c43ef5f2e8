"""What somebody is told who waits for one-time work: bars with what is expected, and warnings of large sizes.

Owns how progress callbacks look. Does not own what is worth reporting: the work itself calls.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, Task, TaskID, TextColumn

from zkrollup.circuits.batch import BatchSize
from zkrollup.expectations import EXPECTED
from zkrollup.kernels.jit import Progress as Callback
from zkrollup.kernels.jit import ignore_progress

PATIENCE: Final = 0.5
"""Seconds that work takes before it gets a bar: what comes from the cache is not worth a flash of one."""

LARGE: Final = 200_000
"""Constraints from which on the first run takes minutes."""


def constraints_expected(size: BatchSize) -> int:
    """About how many constraints a batch circuit has, without building it: that alone may take minutes."""
    fixed = 2_300 + 605 * size.levels  # header, exit tree, and the account that takes the fees
    return fixed + size.slots * (5_840 + 1_210 * size.levels)


def warn_of_size(console: Console, size: BatchSize) -> None:
    """Says what a large circuit costs, before it does; nothing for others."""
    constraints = constraints_expected(size)
    if constraints >= LARGE:
        gigabytes = max(1, round(constraints * 4_500 / 10**9))  # measured: 0.8 GB for 172,000
        console.print(
            f"Batches of {size.slots} operations over {size.accounts:,} accounts take about {constraints:,} "
            f"constraints: minutes for circuit and keys the first time, and about {gigabytes} GB of memory."
        )


def expectation(label: str) -> str:
    """What stands beside a bar; nothing for work that nobody foresaw."""
    if label not in EXPECTED:
        return ""
    expected = EXPECTED[label]
    return f"of {expected.about()}" + (f", once {expected.once}" if expected.once else "")


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
                running[label] = bars.add_task(label, total=1.0, expected=expectation(label))
            bars.update(running[label], completed=fraction)
            if fraction >= 1.0:
                del running[label]

        yield advance


def _seconds(task: Task) -> float:
    return (task.finished_time if task.finished else task.elapsed) or 0.0
