"""Commands and tests whose output the documentation shows: each is run, and what it prints is returned.

A block of output names its maker in a comment on the line before: ``<!-- output of: first run -->``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from zkrollup import storage
from zkrollup.circuits.batch import BatchSize
from zkrollup.operator.prover import Prover

ROOT = Path(__file__).parents[2]
FIRST_TEST = ROOT / "examples" / "first_test" / "test_first.py"

FAILING_TESTS = {
    "test_rule": """
from pytest_zkrollup import ETH

def test_more_than_there_is(rollup, alice, bob):
    rollup.deposit(ETH, 501, sender=alice)
    rollup.transfer(ETH, 502, sender=alice, to=bob)
""",
    "test_trace": """
def test_a_key_off_its_curve(rollup, alice):
    rollup.lock.depositETH(alice.address, 1, 2, sender=alice, value=5)
""",
    "test_argument": """
def test_one_argument_too_few(rollup, alice):
    rollup.token.transfer(alice.address, value=31, sender=alice)
""",
    "test_event": """
from pytest_zkrollup import emits

def test_another_value(rollup, alice, bob):
    with emits(rollup.token, "Transfer", value=37):
        rollup.token.transfer(bob, 31, sender=alice)
""",
    "test_misspelt": """
from pytest_zkrollup import emits

def test_a_misspelt_event(rollup, alice, bob):
    with emits(rollup.token, "Transfr", value=37):
        rollup.token.transfer(bob, 31, sender=alice)
""",
    "test_bridge": """
from zkrollup import artifacts

def test_a_lock_of_another_shape(zk_target):
    abi = [part for part in artifacts.load("Lock").abi if part.get("name") != "depositETH"]
    entry = {"name": "", "type": "uint256", "internalType": "uint256"}
    result = {"name": "account", "type": "uint32", "internalType": "uint32"}
    own = {"type": "function", "name": "depositETH", "inputs": [entry], "outputs": [result]}
    address = zk_target.contracts.lock.address
    lock = zk_target.l1.contract([*abi, own | {"stateMutability": "payable"}], address)
    zk_target.replace(lock=lock)
""",
    "test_tiny": """
import pytest
from pytest_zkrollup import ETH, Capability
from zkrollup import Target
from tests.targets import tiny

class TinyTarget(tiny.TinyTarget):
    capabilities = tiny.TinyTarget.capabilities | {Capability.ESCAPE}

    def __init__(self, chain):  # without its contracts, which need a compiler
        Target.__init__(self, chain, address="0x" + "ad" * 20, tokens=[ETH])

@pytest.fixture
def zk_target(chain):
    return TinyTarget(chain)

def test_incomplete(rollup):
    pass
""",
}


def environment(**variables: str) -> dict[str, str]:
    """A user's: no options of this run, proofs kept, and this repository's tests to be imported."""
    own = ("PYTEST", "ZK_PROOF_STORE_BYTES", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | variables


def printed(folder: Path, *command: str, code: int = 0, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    return done.stdout


def demo(folder: Path) -> str:
    return printed(folder, "zkrollup", "demo")


def runs_of_the_first_test(folder: Path) -> tuple[str, str]:
    """The first run in an empty folder on a machine that has no proofs yet, and the second."""
    Prover.prepare(BatchSize())
    shared, cache, empty = storage.cache_dir(), folder / "cache", folder / "empty"
    assert shared is not None
    cache.mkdir()
    for kept in ("kernels", "circuits", "keys"):
        (cache / kept).symlink_to(shared / kept, target_is_directory=True)
    empty.mkdir()
    (empty / "test_first.py").write_text(FIRST_TEST.read_text(encoding="utf-8"), encoding="utf-8")
    command = ("pytest", "-p", "no:cacheprovider")
    first, second = (printed(empty, *command, ZK_CACHE_DIR=str(cache)) for _ in range(2))
    return first, second


def failures(folder: Path) -> str:
    for name, text in FAILING_TESTS.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return printed(folder, "pytest", "-p", "no:cacheprovider", code=1)


def masked(text: str) -> str:
    """Without what differs between runs or between widths of a page: numbers, hex, rules, blanks, margins."""
    text = re.sub(r"^[>E] ", "", text, flags=re.MULTILINE)
    text = re.sub(r"0x[0-9a-fA-F]+(?:…[0-9a-fA-F]*)?", "0x", text)
    text = re.sub(r" \(\d+:\d\d:\d\d\)", "", text)  # pytest's, of a run of more than a minute
    text = re.sub(r"\d+(?:[,.]\d+)*", "0", text)
    text = re.sub(r"([─=-])\1+", r"\1", text)
    return " ".join(text.split())


def shows(block: str, output: str) -> bool:
    """Whether all of a block stands in an output; a line of three dots stands for anything."""
    place, whole = 0, masked(output)
    for part in re.split(r"^ *\.\.\.$", block, flags=re.MULTILINE):
        found = whole.find(masked(part), place)
        if found < 0:
            return False
        place = found + len(masked(part))
    return True
