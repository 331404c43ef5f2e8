"""What all tests of a run share: devnets by size, made when first asked for; a plain chain; counts of proofs.

Owns the anchors that put each test between a snapshot and its return; fixtures decide when they hold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_zkrollup.config import ZkConfig, forbids_mock, prover_place
from pytest_zkrollup.progress import Progress
from zkrollup.errors import ZkRollupError
from zkrollup.snark.modes import ProofMode, ProofOrigin, mock_forbidden
from zkrollup.snark.places import engine_at

if TYPE_CHECKING:
    from zkrollup.devnet import Devnet, Library, User, Zk
    from zkrollup.evm import Chain
    from zkrollup.snark.engine import Engine


class ChainTakenFirst(ZkRollupError):
    """A rollup was asked for at run time by a test that already holds a chain without one."""

    def __init__(self) -> None:
        super().__init__(
            "this test got chain, w3, accounts or zk before it asked for a rollup, so that they would not be "
            "on the rollup's L1; name rollup among the test's arguments, or request it first"
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A devnet as each test finds it."""

    devnet: "Devnet"
    alice: "User"
    bob: "User"


@dataclass(slots=True)
class Tally:
    """The proofs that a run's tests used.

    Attributes:
        proofs: How many, by origin and circuit.
        seconds: What those took that were made.
        settled: Batches that L1 accepted.
    """

    proofs: Counter[tuple[ProofOrigin, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    settled: int = 0

    def add_proof(self, circuit: str, origin: ProofOrigin, seconds: float) -> None:
        """Counts one proof."""
        self.proofs[origin, circuit] += 1
        if origin is ProofOrigin.MADE:
            self.seconds += seconds

    def dump(self) -> dict[str, Any]:
        """The tally as plain data, to be sent to another process."""
        proofs = [(origin.value, circuit, count) for (origin, circuit), count in self.proofs.items()]
        return {"proofs": proofs, "seconds": self.seconds, "settled": self.settled}

    def merge(self, other: dict[str, Any]) -> None:
        """Counts what another process made."""
        for origin, circuit, count in other["proofs"]:
            self.proofs[ProofOrigin(origin), circuit] += count
        self.seconds += other["seconds"]
        self.settled += other["settled"]

    def of(self, origin: ProofOrigin) -> dict[str, int]:
        """How many proofs of that origin there were, by circuit."""
        return {circuit: count for (known, circuit), count in sorted(self.proofs.items()) if known == origin}

    def __str__(self) -> str:
        made, stored, mocked = (self.of(origin) for origin in ProofOrigin)
        parts = []
        if made or stored:
            noun = "proof" if sum(made.values()) == 1 else "proofs"
            seconds = f" in {self.seconds:.1f} s" if made else ""
            parts += [f"{_counted(made, f'real {noun} made')}{seconds}", _counted(stored, "from the store")]
        if mocked:
            parts.append(_counted(mocked, "MOCKED, attesting nothing"))
        batches = "1 batch" if self.settled == 1 else f"{self.settled} batches"
        return f"{', '.join(parts)}, {batches} settled on L1"


def _counted(by_circuit: Mapping[str, int], what: str) -> str:
    circuits = ", ".join(f"{count} {circuit}" for circuit, count in by_circuit.items())
    return f"{sum(by_circuit.values())} {what}" + (f" ({circuits})" if circuits else "")


class Session:
    """One run's shared state; a worker of pytest-xdist has its own."""

    def __init__(self, config: pytest.Config) -> None:
        self.tally = Tally()
        self._config = config
        self._prepared: dict[ZkConfig, Prepared] = {}
        self._chain: Chain | None = None
        self._holds_chain = False
        self._libraries: dict[ProofMode, Library] = {}
        self._opened = ExitStack()
        self._engine: Engine | None = None
        if forbids_mock(config):
            # In the environment, so that a devnet that a test starts, or its subprocess, knows it too.
            self._opened.enter_context(mock_forbidden())

    def close(self) -> None:
        """Ends connections; nothing can be proved afterwards."""
        self._opened.close()

    @contextmanager
    def rollup(self, wanted: ZkConfig) -> Iterator[Prepared]:
        """The devnet for a configuration, put back on leaving; the first of a run deploys it.

        Raises:
            ChainTakenFirst: The test holds a chain without a rollup.
        """
        if self._holds_chain:
            raise ChainTakenFirst
        if wanted not in self._prepared:
            self._prepared[wanted] = self._prepare(wanted)
        # Out of the cache while a test has it: should the way back fail, the next test gets a new one.
        prepared = self._prepared.pop(wanted)
        with self.anchored(prepared):
            yield prepared
        self._prepared[wanted] = prepared

    @contextmanager
    def anchored(self, prepared: Prepared) -> Iterator[None]:
        """Undoes on leaving what happens inside, and counts the batches that it settled."""
        operator = prepared.devnet.rollup.operator
        before = len(operator.state.settled)
        with prepared.devnet.anchor():
            try:
                yield
            finally:
                self.tally.settled += max(0, len(operator.state.settled) - before)

    @contextmanager
    def chain(self) -> "Iterator[Chain]":
        """A chain without a rollup, put back on leaving."""
        from zkrollup.evm import Chain

        chain, self._chain = self._chain or Chain(), None
        self._holds_chain = True
        try:
            with chain.anchor():
                yield chain
        finally:
            self._holds_chain = False
        self._chain = chain

    def zk(self, chain: "Chain", mode: ProofMode) -> "Zk":
        """Own circuits on a chain; what they load from files, all tests of the run share."""
        from zkrollup.devnet import Library, Zk

        if mode not in self._libraries:
            progress = Progress(self._config, 0)
            self._libraries[mode] = Library(
                mode=mode,
                engine=self._engine_at_hand(),
                progress=progress,
                waiting=progress.waiting,
                on_proof=self.tally.add_proof,
            )
        return Zk(chain, self._libraries[mode])

    def _engine_at_hand(self) -> "Engine":
        if self._engine is None:
            self._engine = self._opened.enter_context(engine_at(prover_place(self._config)))
        return self._engine

    def _prepare(self, wanted: ZkConfig) -> Prepared:
        from zkrollup.circuits.batch import BatchSize
        from zkrollup.devnet import Devnet
        from zkrollup.operator.prover import Prover

        progress = Progress(self._config, wanted.relative_size)
        prover = Prover.prepare(
            BatchSize(wanted.slots, wanted.levels),
            mode=wanted.proofs,
            engine=self._engine_at_hand(),
            progress=progress,
            waiting=progress.waiting,
            on_proof=self.tally.add_proof,
        )
        devnet = Devnet(prover, progress=progress)
        return Prepared(devnet, devnet.user("alice"), devnet.user("bob"))


SESSION = pytest.StashKey[Session]()
