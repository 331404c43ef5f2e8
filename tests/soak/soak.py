"""Kills an operator at random points of a workload until it is done, and compares the end with a calm run.

``python -m tests.soak.soak`` kills it 200 times; tests/soak/test_soak.py a tenth of that.
"""

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from tests.soak.remote import Place, answer, run

from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.inputs import Account
from zkrollup.devnet import ETH, Devnet
from zkrollup.ledger.operations import Signed, Transfer, Withdrawal
from zkrollup.operator.prover import Prover
from zkrollup.snark.modes import ProofMode

KILLS = 200
PATIENCE = 300
"""Seconds that a child may take for one answer."""


@dataclass(frozen=True)
class Death:
    """When a life ends.

    Attributes:
        kind: "before" or "after" the transaction of that number, "statement" for the SQL statement of that
            number, or "time".
        at: The number, or seconds of life.
    """

    kind: str
    at: float

    @classmethod
    def random(cls, rng: random.Random, *, seconds: float) -> "Death":
        kind = rng.choice(["before", "after", "after", "statement", "time"])
        if kind == "time":
            return cls(kind, rng.uniform(0, seconds))
        return cls(kind, rng.randint(1, 4 if kind != "statement" else 60))


def random_deaths(rng: random.Random, count: int, *, seconds: float = 1.0) -> Iterator[Death]:
    """So many deaths, those at a time within so many seconds of life."""
    return (Death.random(rng, seconds=seconds) for _ in range(count))


class Killed(Exception):
    """The child is gone; nobody knows what it had done."""


@dataclass
class Life:
    """One process, from its start to its death."""

    soak: "Soak"
    death: Death | None
    transactions: int = 0
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        statement = int(self.death.at) if self.death and self.death.kind == "statement" else 0
        place = replace(self.soak.place, fatal_statement=statement)
        self.process = context.Process(target=run, args=(theirs, place, self.soak.prover), daemon=True)
        self.process.start()
        theirs.close()
        try:
            self._answer()
        except Killed:
            self.end()
            raise

    def do(self, command: str, argument: Any = None) -> Any:
        """Has the child do it, and serves it L1 meanwhile.

        Raises:
            Killed: It died first.
        """
        try:
            self.pipe.send((command, argument))
            return self._answer()
        except (Killed, OSError) as error:
            self.end()
            raise Killed from error

    def end(self) -> None:
        """Kills it, if it lives."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def _answer(self) -> Any:
        while True:
            self._wait()
            try:
                kind, *rest = self.pipe.recv()
            except (EOFError, ConnectionResetError) as error:
                self._require_meant(error)
                raise Killed from error
            if kind == "done":
                return rest[0]
            self._serve(*rest)

    def _wait(self) -> None:
        left = PATIENCE
        if self.death is not None and self.death.kind == "time":
            left = max(0.0, self.began + self.death.at - time.monotonic())
        if not self.pipe.poll(left):
            if self.death is None or self.death.kind != "time":
                raise TimeoutError(f"the operator has not answered for {PATIENCE} s")
            raise Killed

    def _serve(self, name: str, arguments: dict[str, Any]) -> None:
        is_transaction = name == "transact"
        self.transactions += is_transaction
        is_last = is_transaction and self.death is not None and self.transactions == self.death.at
        if is_last and self.death.kind == "before":
            raise Killed
        reply = answer(self.soak.devnet.l1, name, arguments)
        if is_last and self.death.kind == "after":
            raise Killed
        self.pipe.send(reply)

    def _require_meant(self, error: Exception) -> None:
        """A child that ends otherwise than by a kill has a bug."""
        self.process.join()
        if self.process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"the operator ended by itself, with {self.process.exitcode}") from error


class Soak:
    """A chain, a workload, and operators that come and go."""

    def __init__(self, folder: Path, *, mode: ProofMode, operations: int, seed: int) -> None:
        self.prover = Prover.prepare(BatchSize(), mode=mode)
        self.devnet = Devnet(self.prover)
        self.users = [self.devnet.user(name) for name in ("alice", "bob", "carol")]
        self.folder, self._stores = folder, 0
        bridge = self.devnet.rollup.operator.bridge
        self.place = Place(
            tuple(contract.address for contract in bridge.contracts.labels.values()),
            bridge.operator,
            bridge.contracts.assurance,
            self.devnet.l1.chain_id,
            "",
        )
        self.workload = list(workload(self, operations, random.Random(seed)))
        self.calm, _ = self.round()

    def round(self, deaths: Iterable[Death] = ()) -> tuple[dict[str, Any], list[Death]]:
        """Does the whole workload on a new store, dying these deaths; returns the end, and those it died."""
        coming = iter(deaths)
        self._stores += 1
        self.place = replace(self.place, store=str(self.folder / f"operator-{self._stores}.sqlite"))
        died: list[Death] = []
        with self.devnet.anchor():
            life: Life | None = None
            for command, argument in self.workload:
                if command == "l1":
                    argument(self)
                    continue
                while True:
                    try:
                        if life is None:
                            death = next(coming, None)
                            life = Life(self, death)
                        life.do(command, argument)
                        break
                    except Killed:
                        died.append(death)
                        life = None
            end = self.end(life or Life(self, None))
        return end, died

    def end(self, life: Life) -> dict[str, Any]:
        """All that must be as in a calm run, as L1 and the operator have it."""
        while True:
            try:
                report = life.do("report", [user.address for user in self.users])
                life.end()
                break
            except Killed:
                life = Life(self, None)
        contract, l1 = self.devnet.rollup.contract, self.devnet.l1
        commits = l1.logs(address=contract, event="BatchCommitted")
        return {
            **report,
            "root": contract.stateRoot(),
            "queue": (contract.provenQueue(), contract.queueLength()),
            "commits": [(event["number"], event["commitment"]) for event in commits],
            "exit roots": [contract.exitRoot(event["number"]) for event in commits],
            "reverted": len(l1.logs(address=contract, event="BatchesReverted")),
            "transactions": l1.nonce(self.place.operator),
            "locked": self.devnet.rollup.lock.locked("0x" + "00" * 20),
        }


def workload(soak: Soak, operations: int, rng: random.Random) -> Iterator[tuple[str, Any]]:
    """Deposits, forced withdrawals and signed operations, all settled now and then. Signed here, once."""
    domain = soak.devnet.rollup.contract.domain()
    nonces = [0] * len(soak.users)
    for index in range(len(soak.users)):
        yield "l1", deposit(index, 10**6 + index)
    for i in range(operations):
        sender, receiver = rng.randrange(len(soak.users)), rng.randrange(len(soak.users))
        yield "submit", signed(soak, rng, sender, receiver, nonces[sender], domain)
        nonces[sender] += 1
        if rng.random() < 0.2:
            yield "l1", deposit(receiver, 100 + i)
        if rng.random() < 0.1:
            yield "l1", force(rng.randrange(4), sender, 7 + i)
        if rng.random() < 0.15:
            yield "settle", None
    yield "settle", None


def signed(soak: Soak, rng: random.Random, sender: int, receiver: int, nonce: int, domain: int) -> Signed:
    key, amount = soak.users[sender].key, rng.randint(1, 99)
    if rng.random() < 0.2:
        return Withdrawal(sender, int(soak.users[receiver].address, 16), amount, nonce).signed(key, domain)
    user = soak.users[receiver]
    account = Account(*user.key.public, int(user.address, 16), ETH)
    return Transfer(sender, receiver, amount, nonce).signed(key, account, domain)


def deposit(index: int, amount: int) -> Any:
    def send(soak: Soak) -> None:
        user, lock = soak.users[index], soak.devnet.rollup.lock
        lock.depositETH(user.address, *user.key.public, sender=user, value=amount)

    return send


def force(account: int, sender: int, amount: int) -> Any:
    """Of an account that is the sender's, or another's, or nobody's."""

    def send(soak: Soak) -> None:
        rollup = soak.devnet.rollup.contract
        rollup.requestForcedWithdrawal(account, amount, sender=soak.users[sender], value=rollup.forcedFee())

    return send


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("ZK_MUTANT_SEED", "0")))
    options = parser.parse_args()
    rng, total, began = random.Random(options.seed), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), mode=ProofMode.MOCK, operations=40, seed=options.seed)
        click.echo(f"calm run: {len(soak.workload)} steps, {len(soak.calm['commits'])} batches")
        while total < options.kills:
            end, died = soak.round(random_deaths(rng, options.kills - total))
            total += len(died)
            different = [name for name in soak.calm if soak.calm[name] != end[name]]
            if different:
                raise SystemExit(f"seed {options.seed}: after {died} these differ: {', '.join(different)}")
            kinds = Counter(death.kind for death in died)
            shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
            click.echo(
                f"{total} kills ({shown} in this round): the same end; {time.monotonic() - began:.0f} s"
            )


if __name__ == "__main__":
    main()
