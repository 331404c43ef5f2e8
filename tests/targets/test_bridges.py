"""The suites over a bridge without a circuit, and over flawed ones: each flaw fails where it should."""

import pytest
from tests.targets.bridge_flaws import FLAWS, HONEST, sources
from tests.targets.compiling import CONTRACTS, compiled
from tests.targets.running import run_suites

pytestmark = pytest.mark.node

SUITES = """
import os
from pathlib import Path

import pytest
from tests.targets.bridge import tree
from tests.targets.bridge_attacks import AttackedBridge

from pytest_zkrollup.suites.attacks import *
from pytest_zkrollup.suites.exits import *
from zkrollup import artifacts

FOLDER = Path(os.environ["BRIDGES"])


@pytest.fixture(params=sorted(path.stem for path in FOLDER.glob("*.json")))
def zk_target(chain, request):
    updater = chain.accounts[-1]
    token, bridge = artifacts.load("TestToken"), artifacts.read(FOLDER / f"{request.param}.json")
    usd = chain.deploy(token.abi, token.bytecode, "Bridged Dollar", "USDB", 6, sender=updater)
    return AttackedBridge(
        chain.deploy(bridge.abi, bridge.bytecode, tree([])[-1][0], sender=updater), usd
    )
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bridges")
    honest = (CONTRACTS / "Bridge.sol").read_text(encoding="utf-8")
    files = []
    for name, text in sources(honest).items():
        files.append(folder / f"{name}.sol")
        files[-1].write_text(text, encoding="utf-8")
    compiled(folder / "out", *files)
    return run_suites(SUITES, folder, FLAWS, BRIDGES=str(folder / "out"))


def test_an_honest_bridge_passes_all_that_it_declares(outcomes):
    honest = outcomes[HONEST]
    assert not honest["failed"]
    assert honest["passed"] >= set().union(*(flaw.fails for flaw in FLAWS.values()))


@pytest.mark.parametrize("name", sorted(FLAWS.keys() - {HONEST}))
def test_a_flawed_bridge_fails_where_its_flaw_is(outcomes, name):
    assert outcomes[name]["failed"] == FLAWS[name].fails
