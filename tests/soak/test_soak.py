"""An operator that is killed anywhere, again and again, ends where one ends that never was."""

import os
import random
from pathlib import Path

import pytest
from tests.soak.soak import KILLS, Death, Soak, random_deaths

from zkrollup.operator.store import changes
from zkrollup.snark.modes import ProofMode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="operators are forked; run it on Linux or macOS"),
    # The chain's own threads, if any, take no part: a child talks to its pipe alone.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def seed() -> int:
    return int(os.environ.get("ZK_MUTANT_SEED", "0"))


def test_kills_at_random_points_change_nothing(tmp_path):
    kills = KILLS if os.environ.get("ZK_FULL") == "1" else KILLS // 10
    soak = Soak(tmp_path, mode=ProofMode.MOCK, operations=16, seed=seed())
    rng, died = random.Random(seed()), []
    while len(died) < kills:
        end, deaths = soak.round(random_deaths(rng, kills - len(died)))
        assert end == soak.calm, f"seed {seed()}, after {deaths}"
        died += deaths
    assert {death.kind for death in died} >= {"before", "after"}
    assert soak.calm["left"] == (0, 0, 0)
    assert [number for number, _ in soak.calm["commits"]] == [*range(1, len(soak.calm["commits"]) + 1)]
    submitted = [argument for command, argument in soak.workload if command == "submit"]
    assert sorted(map(repr, soak.calm["signed"])) == sorted(map(repr, submitted))


def test_real_proofs_survive_kills_too(tmp_path: Path):
    soak = Soak(tmp_path, mode=ProofMode.REAL, operations=4, seed=seed())
    sure = [Death("after", 1), Death("before", 1)]  # random ones may lie beyond the end of so little work
    end, died = soak.round([*sure, *random_deaths(random.Random(seed()), 2, seconds=2.0)])
    assert end == soak.calm, f"seed {seed()}, after {died}"
    assert died[:2] == sure


def test_an_operator_that_forgets_what_waits_is_noticed(tmp_path, monkeypatch):
    soak = Soak(tmp_path, mode=ProofMode.MOCK, operations=6, seed=3)
    monkeypatch.setattr(changes, "_pool", lambda sequencer: {})
    assert any(ends_elsewhere(soak, Death("statement", number)) for number in range(30, 120, 6))


def ends_elsewhere(soak, death) -> bool:
    try:
        end, _ = soak.round([death])
    except RuntimeError:  # it came upon something that it could not explain
        return True
    return end != soak.calm
