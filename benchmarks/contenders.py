"""Who proves: each contender is a process of its own, asked for one proof at a time while all others idle.

Owns how they are started, asked in turn, and how each of their proofs is checked. What they do when asked is
in ``workers``.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol, cast

from benchmarks.statement import Statement

from zkrollup.compilers.node import find_node
from zkrollup.kernels.processor import ENVIRONMENT_VARIABLE, KernelSet
from zkrollup.snark import groth16
from zkrollup.snark.formats.snarkjs_json import dump_public, load_proof

ROOT = Path(__file__).parents[1]
SNARKJS = str(ROOT / "node_modules" / "snarkjs" / "build" / "cli.cjs")


class BenchmarkError(Exception):
    """A contender failed, or made a proof that does not hold."""


class Session(Protocol):
    """A contender that has started."""

    about: Mapping[str, Any]

    def prove(self) -> tuple[float, str]:
        """Seconds, and the proof as snarkjs's JSON."""


class Contender(Protocol):
    """Somebody who proves."""

    @property
    def name(self) -> str:
        """As tables show it."""

    def start(self, folder: Path) -> AbstractContextManager[Session]:
        """A session for the statement in the folder, ended on leaving."""


@dataclass(slots=True)
class _Dialogue:
    """A worker's process; see ``workers``."""

    name: str
    process: "subprocess.Popen[str]"
    about: Mapping[str, Any] = field(default_factory=dict)

    def prove(self) -> tuple[float, str]:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # reading says what happened
            self.process.stdin.write("prove\n")
            self.process.stdin.flush()
        answer = self.read()
        return answer["seconds"], json.dumps(answer["proof"])

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise BenchmarkError(f"{self.name} ended with code {self.process.wait()} instead of a proof")
        return dict(json.loads(line))


@dataclass(frozen=True, slots=True)
class Worker:
    """A contender that loads its files once and then proves on demand.

    Attributes:
        command: Takes the folder as its last argument.
        environment: Added to that of this process.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def start(self, folder: Path) -> Iterator[_Dialogue]:
        process = subprocess.Popen(
            [*self.command, str(folder)],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                dialogue = _Dialogue(self.name, process)
                dialogue.about = dialogue.read()
                yield dialogue
            finally:
                process.kill()
                with suppress(BrokenPipeError):  # it may have gone before it read all
                    cast("IO[str]", process.stdin).close()


def node() -> list[str]:
    """Node, with memory for the largest circuits.

    Raises:
        NodeNotFound: There is none that serves.
    """
    return [find_node().program, "--max-old-space-size=8192"]


@dataclass(slots=True)
class _Runs:
    """A command that starts anew for each proof."""

    folder: Path
    about: Mapping[str, Any] = field(default_factory=dict)

    def prove(self) -> tuple[float, str]:
        names = ("statement.zkey", "witness.wtns", "proof.json", "public.json")
        command = [*node(), SNARKJS, "groth16", "prove", *names]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            raise BenchmarkError(f"snarkjs, command: {done.stdout}{done.stderr}")
        return seconds, (self.folder / "proof.json").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class SnarkjsCommand:
    """snarkjs as its users type it: it starts, reads its files, proves and ends."""

    name: str = "snarkjs, command"

    @contextmanager
    def start(self, folder: Path) -> Iterator[_Runs]:
        yield _Runs(folder)


def ours(kernels: KernelSet) -> Contender:
    """Our prover with a set of kernels."""
    command = [sys.executable, "-m", "benchmarks.workers.ours"]
    return Worker(f"ours, {kernels} kernels", command, {ENVIRONMENT_VARIABLE: kernels})


def others() -> list[Contender]:
    """Provers that nobody here wrote."""
    return [
        Worker("groth16py (arkworks)", [sys.executable, "-m", "benchmarks.workers.arkworks"]),
        Worker("snarkjs, in process", [*node(), str(ROOT / "benchmarks" / "workers" / "snarkjs.mjs")]),
        SnarkjsCommand(),
    ]


def plain() -> Contender:
    """Plain Python: for small circuits only."""
    return Worker("plain Python (py_ecc)", [sys.executable, "-m", "benchmarks.workers.plain"])


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender's proofs: seconds of each round, and what it says of itself."""

    name: str
    seconds: tuple[float, ...]
    about: Mapping[str, Any]


def race(contenders: Sequence[Contender], statement: Statement, folder: Path, rounds: int) -> list[Measured]:
    """Seconds of ``rounds`` proofs each, in turns, so that a machine that slows down slows all of them alike.

    Our verifier checks all proofs; snarkjs, or else py_ecc, those of a first round, which is not counted.

    Raises:
        BenchmarkError: A contender failed, or a proof does not hold.
    """
    seconds: dict[str, list[float]] = {each.name: [] for each in contenders}
    with ExitStack() as stack:
        sessions = {each.name: stack.enter_context(each.start(folder)) for each in contenders}
        for number in range(rounds + 1):
            for name, session in sessions.items():
                took, proof = session.prove()
                _require_holds(name, statement, proof)
                if number == 0:
                    require_independent_acceptance(name, statement, proof, folder)
                else:
                    seconds[name].append(took)
        return [Measured(name, tuple(seconds[name]), session.about) for name, session in sessions.items()]


def _require_holds(name: str, statement: Statement, proof: str) -> None:
    if not groth16.verify(statement.key.vk, statement.public, load_proof(proof)):
        raise BenchmarkError(f"{name} made a proof that does not hold")


def require_independent_acceptance(name: str, statement: Statement, proof: str, folder: Path) -> None:
    """Has snarkjs check a proof where its files are there, else py_ecc, in a process of its own."""
    (folder / "checked.json").write_text(proof, encoding="utf-8")
    (folder / "inputs.json").write_text(dump_public(statement.public), encoding="utf-8")
    environment = dict(os.environ)
    if (folder / "verification_key.json").exists():
        names = ("verification_key.json", "inputs.json", "checked.json")
        command = [*node(), SNARKJS, "groth16", "verify", *names]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    else:
        environment["ZK_PAIRING"] = "py_ecc"
        command = [sys.executable, "-m", "benchmarks.workers.check", str(folder)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"{name}: its proof is refused: {done.stdout}{done.stderr}")
