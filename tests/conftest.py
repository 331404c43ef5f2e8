"""What all tests share: asserted figures (gas, counts) under human labels; a Node where tests need one."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from tests.node import ROOT, path_with_node

from zkrollup.compilers.errors import NodeNotFound

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "ZK_UPDATE_SNAPSHOTS"

SnapshotValue = Callable[..., None]


WITHOUT_NODE = pytest.StashKey[str]()
"""Why tests marked node cannot run, where they cannot."""


def pytest_configure(config: pytest.Config) -> None:
    """Keeps no proofs, and puts a Node that serves on PATH.

    A kept proof would hide a prover that no longer works. Tests of the store, and of machines without Node,
    undo this.
    """
    os.environ.setdefault("ZK_PROOF_STORE_BYTES", "0")
    try:
        os.environ["PATH"] = path_with_node()
    except NodeNotFound as error:
        config.stash[WITHOUT_NODE] = str(error)
    else:
        if not (ROOT / "node_modules").is_dir():
            config.stash[WITHOUT_NODE] = "npm has installed no packages"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fails a test marked node where it cannot run: one that is skipped looks like one that is not needed."""
    reason = item.config.stash.get(WITHOUT_NODE, None)
    if reason and item.get_closest_marker("node"):
        remedy = "`make test` installs it; leave tests that need it out with -m 'not node'"
        pytest.fail(f"{reason}: {remedy}", pytrace=False)


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
