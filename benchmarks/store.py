"""What the operator's store costs early and late: a batch's saves, and restarts with and without snapshots.

``python -m benchmarks.store`` makes a store with 20 settled batches and one with 2,000, and does the same
on both in turn, so that other work on the machine slows both. Ledger and store are real; there is no chain
and no prover, and no signature is checked.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.machine import machine, summary
from tests.devnet.operator.store.working import Working, batches, fresh, opened

from zkrollup.operator.state import OperatorState
from zkrollup.operator.store import OperatorStore


@dataclass(frozen=True)
class Seconds:
    """What something took."""

    cpu: float
    wall: float


def timed(work: Callable[[], object]) -> Seconds:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Seconds(time.process_time() - cpu, time.perf_counter() - wall)


@dataclass
class TimedStore:
    """A store that adds up what its saves take."""

    store: OperatorStore
    saves: list[Seconds] = field(default_factory=list)

    def load(self, state: OperatorState) -> OperatorState | None:
        return self.store.load(state)

    def save(self, before: OperatorState | None, after: OperatorState) -> None:
        self.saves.append(timed(lambda: self.store.save(before, after)))

    def taken(self) -> Seconds:
        """What the saves since the last time took together."""
        saves, self.saves = self.saves, []
        return Seconds(sum(save.cpu for save in saves), sum(save.wall for save in saves))


def grown(path: Path, count: int) -> tuple[Working, TimedStore]:
    """An operator with so many settled batches."""
    store = TimedStore(OperatorStore(path))
    life = opened(store)
    batches(life, count - 1)
    store.taken()
    return life, store


def middle(samples: list[Seconds]) -> Seconds:
    return Seconds(median(each.cpu for each in samples), median(each.wall for each in samples))


def show(name: str, few: Seconds, many: Seconds) -> None:
    for clock in ("cpu", "wall"):
        early, late = getattr(few, clock), getattr(many, clock)
        print(f"{name:34} {clock:5} {1000 * early:10.2f} ms {1000 * late:10.2f} ms {late / early:8.2f}")


def compare_saves(folder: Path, few: int, many: int, rounds: int) -> None:
    lives = [grown(folder / f"{count}.sqlite", count) for count in (few, many)]
    samples: tuple[list[Seconds], list[Seconds]] = ([], [])
    for _ in range(rounds):
        for (life, store), taken in zip(lives, samples, strict=True):
            batches(life, 1)
            taken.append(store.taken())
    for _, store in lives:
        store.store.close()
    show("saves of a batch, median", *map(middle, samples))


def compare_restarts(path: Path) -> None:
    """Reading a store, and what executing all its batches takes beside that."""
    with closing(OperatorStore(path)) as store:
        found: list[OperatorState | None] = []
        read = timed(lambda: found.append(store.load(fresh())))
        (state,) = found
        assert state is not None
        executed = timed(lambda: [batch.trace.slots for batch in reversed(state.batches)])
    full = Seconds(read.cpu + executed.cpu, read.wall + executed.wall)
    show(f"restart with {len(state.batches)} batches", read, full)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=20)
    parser.add_argument("--many", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=32)
    options = parser.parse_args()
    print(summary(machine()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'':40} {'after ' + str(options.few):>13} {'after ' + str(options.many):>13} {'ratio':>8}")
        compare_saves(folder, options.few, options.many, options.rounds)
        print(f"{'':40} {'snapshot':>13} {'none':>13} {'ratio':>8}")
        for count in (options.few, options.many):
            compare_restarts(folder / f"{count}.sqlite")


if __name__ == "__main__":
    main()
