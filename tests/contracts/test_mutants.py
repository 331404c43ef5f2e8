"""Contracts with a check, effect or party left out, moved or swapped: the tests of this folder notice."""

import os
import random
import subprocess
import sys

import pytest
from tests.contracts import noticing
from tests.contracts.mutants import ROOT, mutants
from tests.contracts.noticing import COMPILER, NOTHING, UNCHANGED, noticed

EQUIVALENT = {
    "delete _commitments[uint64(number)]; | delete _commitments[uint64(number)]; -> nothing": (
        "a proven batch's number is never looked up again: this gives gas back"
    ),
    "entry.expiry = uint64(expiry > earliest ? expiry : earliest); | > -> >=": (
        "where the two are equal, either may be taken"
    ),
    "(uint256 X, uint256 Y, uint256 Z) = _double(x, y, 1); | 1 -> 0": (
        "with Z = 0 all three double an angle on A x^2 + y^2 = 1 instead, whose tangent is that of the key: "
        "eight times it is 0 for x = 0, y = 0 and A x^2 = y^2, which are the points of small order"
    ),
    "if (X == 0 && Y == Z) revert KeyOfSmallOrder(x, y); | && -> ||": (
        "eight times a key has odd order, and of such points x = 0 or y = 1 has the identity alone"
    ),
    "return afterwards < before ? before - afterwards : 0; | < -> <=": (
        "where the two are equal, the difference is 0"
    ),
    "(bool ok, bytes memory answer) = token.call(abi.encodeCall(IERC20.transferFrom, "
    "(from, address(this), amount))); | from -> msg.sender": (
        "Lock passes its sender, and nobody else pulls"
    ),
    "if (!_affirms(ok, answer)) revert TokenTransferFailed(token, from, address(this), amount, answer); "
    "| from -> msg.sender": ("Lock passes its sender, and nobody else pulls"),
}
"""Changes that nobody can see, and why."""


UNCOMPILED = 5
"""As many may be no Solidity; two were. Of more, the fault is the mutants' or the compiler's."""


def chosen() -> list[int]:
    """All with ZK_FULL=1, else some, others for each ZK_MUTANT_SEED."""
    every = [number for number, mutant in enumerate(mutants()) if mutant.context not in EQUIVALENT]
    if os.environ.get("ZK_FULL") == "1":
        return every
    return random.Random(int(os.environ.get("ZK_MUTANT_SEED", "0"))).sample(every, len(every) // 10)


def test_what_nobody_can_see_is_still_in_the_sources():
    assert EQUIVALENT.keys() <= {mutant.context for mutant in mutants()}


def test_a_compiler_that_compiles_nothing_has_noticed_nothing(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)
    monkeypatch.setattr(noticing, "_import_tests", lambda: None)
    with pytest.raises(RuntimeError, match=r"do not compile, .*Lock.sol.*Rollup.sol"):
        list(noticed(mutants()[:2]))


@pytest.mark.node
@pytest.mark.slow
def test_whatever_is_left_out_or_moved_is_noticed():
    numbers = [str(number) for number in chosen()]
    command = [sys.executable, "-m", "tests.contracts.noticing", *numbers]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *lines, unchanged = done.stdout.splitlines()
    assert len(lines) == len(numbers)
    assert [line for line in lines if line.endswith(f"noticed by {NOTHING}")] == []
    assert len([line for line in lines if line.endswith(f"noticed by {COMPILER}")]) <= UNCOMPILED
    assert unchanged == f"{UNCHANGED}  noticed by {NOTHING}"
