"""Fixtures of all tests: asserted figures (gas, counts) under human labels."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "ZK_UPDATE_SNAPSHOTS"

SnapshotValue = Callable[..., None]


def pytest_configure() -> None:
    """Keeps no proofs: a kept one would hide a prover that no longer works. Tests of the store undo this."""
    os.environ.setdefault("ZK_PROOF_STORE_BYTES", "0")


@pytest.fixture(scope="session")
def snapshot_value(tmp_path_factory: pytest.TempPathFactory) -> SnapshotValue:
    """Assert that a figure is what tests/snapshots/<kind>.json holds under its label.

    With ZK_UPDATE_SNAPSHOTS=1 the file takes the new figure instead, for the reviewer of the diff to judge.
    """
    # The parent folder is the run's: all xdist workers share it.
    lock = tmp_path_factory.getbasetemp().parent / "snapshots.lock"

    def check(label: str, value: int, *, kind: str = "gas") -> None:
        file = SNAPSHOTS / f"{kind}.json"
        with FileLock(lock):
            known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            if os.environ.get(UPDATE) == "1":
                known[label] = value
                file.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        if label not in known:
            pytest.fail(
                f"{file.name} has no {label!r} (measured {value}): run with {UPDATE}=1 and review the diff"
            )
        if known[label] != value:
            pytest.fail(
                f"{label}: {value}, but {file.name} holds {known[label]}: explain it, or run with {UPDATE}=1"
            )

    return check
