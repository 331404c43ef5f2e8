"""What all tests of a run share: reference rollups by size, made when first asked for; chains; counts.

Owns the anchors that put each test between a snapshot and its return; fixtures decide when they hold.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from pytest_zkrollup.config import ZkConfig, prover_place
from pytest_zkrollup.mocks import Mocks, begin
from pytest_zkrollup.progress import Progress
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.places import engine_at
from zkrollup.stopwatch import Stopwatch

if TYPE_CHECKING:
    from zkrollup.devnet import Devnet, Grounds, Library, Testbed, User, Zk
    from zkrollup.evm import Chain
    from zkrollup.snark.ceremony import KeyCheck
    from zkrollup.snark.engine import Engine


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference rollup as each test finds it.

    Attributes:
        devnet: It, on its grounds.
        alice: A user of it.
        bob: Another one.
    """

    devnet: "Devnet"
    alice: "User"
    bob: "User"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rollup under test, on the grounds that are put back after it.

    Attributes:
        testbed: It, with all that goes back together.
        reference: The reference on the same grounds, if it was deployed there.
    """

    testbed: "Testbed"
    reference: Reference | None

    def user(self, index: int, name: str) -> "User":
        """The user of an account that the grounds have set apart: 0 for alice, 1 for bob."""
        reference = self.reference
        if reference is not None and self.testbed.target is reference.devnet.target:
            return (reference.alice, reference.bob)[index]
        return self.testbed.user_of(self.testbed.l1.accounts[index], name)


@dataclass(slots=True)
class Tally:
    """The proofs that a run's tests used, and how long it was at work at some.

    Attributes:
        proofs: How many were made or stored, by origin and circuit.
        settled: Batches that L1 accepted.
        watch: Runs while this process makes at least one proof, whether a test then uses it or not.
        elsewhere: The same of other processes, in seconds, one for each that made any.
        mocks: What stood in for proofs, made by fixtures or by a test itself.
        unverified: Files of keys that were used without being verified.
    """

    proofs: Counter[tuple[ProofOrigin, str]] = field(default_factory=Counter)
    settled: int = 0
    watch: Stopwatch = field(default_factory=Stopwatch)
    elsewhere: list[float] = field(default_factory=list)
    mocks: Mocks = field(default_factory=Mocks)
    unverified: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __bool__(self) -> bool:
        return bool(self.proofs or self.mocks.proofs)

    def add_proof(self, circuit: str, origin: ProofOrigin, _seconds: float) -> None:
        """Counts one proof, on any thread, unless it is a mock, of which ``mocks`` has heard.

        Its own seconds do not add up: proofs are made side by side.
        """
        if origin is ProofOrigin.MOCKED:
            return
        with self._lock:
            self.proofs[origin, circuit] += 1

    def add_key(self, file: str, check: "KeyCheck") -> None:
        """Notes a key from a file."""
        if check == "UNVERIFIED":
            self.unverified.add(file)

    def dump(self) -> dict[str, Any]:
        """The tally as plain data, to be sent to another process."""
        proofs = [(origin.value, circuit, count) for (origin, circuit), count in self.proofs.items()]
        return {
            "proofs": proofs,
            "seconds": self.watch.seconds,
            "settled": self.settled,
            "mocks": self.mocks.dump(),
            "unverified": sorted(self.unverified),
        }

    def merge(self, other: dict[str, Any]) -> None:
        """Counts what another process made."""
        for origin, circuit, count in other["proofs"]:
            self.proofs[ProofOrigin(origin), circuit] += count
        self.elsewhere += [other["seconds"]] if other["seconds"] else []
        self.settled += other["settled"]
        self.mocks.merge(other["mocks"])
        self.unverified |= set(other["unverified"])

    def of(self, origin: ProofOrigin) -> dict[str, int]:
        """How many proofs of that origin there were, by circuit."""
        return {circuit: count for (known, circuit), count in sorted(self.proofs.items()) if known == origin}

    def __str__(self) -> str:
        made, stored = self.of(ProofOrigin.MADE), self.of(ProofOrigin.STORED)
        parts = []
        if made or stored:
            noun = "proof" if sum(made.values()) == 1 else "proofs"
            seconds = f" in {self._time()}" if made else ""
            parts += [f"{_counted(made, f'real {noun} made')}{seconds}", _counted(stored, "from the store")]
        if self.mocks.proofs:
            parts.append(_counted(self.mocks.circuits, "MOCKED, attesting nothing"))
        if self.settled or made or stored:
            batches = "1 batch" if self.settled == 1 else f"{self.settled} batches"
            parts.append(f"{batches} settled on L1")
        return ", ".join(parts)

    def _time(self) -> str:
        """Wall time; that of several processes is added up, and says so."""
        each = [seconds for seconds in (self.watch.seconds, *self.elsewhere) if seconds]
        return f"{sum(each):.1f} s" + (f", summed over {len(each)} workers" if len(each) > 1 else "")


def _counted(by_circuit: Mapping[str, int], what: str) -> str:
    circuits = ", ".join(f"{count} {circuit}" for circuit, count in by_circuit.items())
    return f"{sum(by_circuit.values())} {what}" + (f" ({circuits})" if circuits else "")


class Session:
    """One run's shared state; a worker of pytest-xdist has its own."""

    def __init__(self, config: pytest.Config) -> None:
        self.tally = Tally(mocks=begin(config))
        self._config = config
        self._references: dict[tuple[ZkConfig, str], Reference] = {}
        self._grounds: dict[int, Grounds] = {}
        self._chains: dict[int, Chain] = {}
        self._held: Chain | None = None
        self._libraries: dict[ProofMode, Library] = {}
        self._opened = ExitStack()
        self._engine: Engine | None = None

    def close(self) -> None:
        """Ends connections; nothing can be proved afterwards."""
        self._opened.close()

    @contextmanager
    def reference(self, wanted: ZkConfig) -> Iterator[Reference]:
        """The reference rollup for a configuration, put back on leaving; the first of a run deploys it.

        In a test that already holds a chain it is deployed on that, for this test alone. A test that has
        patched what describes the circuits gets the patched ones, and nobody else does.
        """
        from zkrollup.circuits.batch import BatchSize
        from zkrollup.circuits.descriptions import fingerprint_in_force

        size = BatchSize(wanted.slots, wanted.levels)
        circuits = fingerprint_in_force(size) if self._held is None else None
        if circuits is None:
            yield self._deployed(wanted, self._held)
            return
        shared = (wanted, circuits)
        # Out of the cache while a test has it: should the way back fail, the next test gets a new one.
        reference = self._references.pop(shared, None) or self._deployed(wanted)
        with reference.devnet.anchor():
            yield reference
        self._references[shared] = reference

    @contextmanager
    def grounds(self, accounts: int) -> "Iterator[Grounds]":
        """Grounds without a rollup, put back on leaving; alice's and bob's accounts are set apart."""
        from zkrollup.devnet import Grounds

        if self._held is not None:
            yield _with_users(Grounds.around(self._held))
            return
        if accounts not in self._grounds:
            self._grounds[accounts] = _with_users(Grounds.fresh(accounts=accounts))
        grounds = self._grounds.pop(accounts)
        with grounds.anchor():
            yield grounds
        self._grounds[accounts] = grounds

    @contextmanager
    def anchored(self, prepared: Prepared) -> Iterator[None]:
        """Undoes on leaving what happens inside, and counts the batches that it settled."""
        with prepared.testbed.anchor(), self.used(prepared):
            yield

    @contextmanager
    def used(self, prepared: Prepared) -> Iterator[None]:
        """Counts the batches that were settled inside; the target then forgets, and ends what it works at."""
        target = prepared.testbed.target
        settled, state = target.settled, target.state
        try:
            yield
        finally:
            self.tally.settled += max(0, target.settled - settled)
            target.state = state

    @contextmanager
    def chain(self, accounts: int) -> "Iterator[Chain]":
        """A chain without a rollup and with that many funded accounts, put back on leaving."""
        from zkrollup.evm import Chain

        if accounts not in self._chains:
            self._chains[accounts] = Chain(accounts=accounts)
        self._held = chain = self._chains.pop(accounts)
        try:
            with chain.anchor():
                yield chain
        finally:
            self._held = None
        self._chains[accounts] = chain

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
                on_key=self.tally.add_key,
            )
        return Zk(chain, self._libraries[mode])

    def _engine_at_hand(self) -> "Engine":
        if self._engine is None:
            from zkrollup.snark.timed import TimedEngine

            engine = self._opened.enter_context(engine_at(prover_place(self._config)))
            self._engine = TimedEngine(engine, self.tally.watch)
        return self._engine

    def _deployed(self, wanted: ZkConfig, l1: "Chain | None" = None) -> Reference:
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
        devnet = Devnet(prover, accounts=wanted.accounts, l1=l1, progress=progress)
        return Reference(devnet, devnet.user("alice"), devnet.user("bob"))


def _with_users(grounds: "Grounds") -> "Grounds":
    for name in ("alice", "bob"):
        grounds.take_account(name)
    return grounds


SESSION = pytest.StashKey[Session]()
