"""Which test notices a mutant of the contracts, if any does.

Owns compiling them and running tests against each. What is wrong with them is mutants.py's.

    python -m tests.contracts.noticing [N...]    tests mutant N, or all, and says which test notices it
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from tests.contracts.mutants import Mutant, mutants
from tests.contracts.support import MUTANT, deploy

from zkrollup.evm import Chain

FIRST = {
    "Lock.sol": ("claims", "deposits", "callers", "reentrancy", "tokens"),
    "Mint.sol": ("mint",),
    "TestToken.sol": ("mint", "callers"),
    "libraries/BabyJubJub.sol": ("deposits",),
    "libraries/BatchData.sol": ("batches",),
    "libraries/Transfers.sol": ("tokens", "collectibles", "claims"),
    "rollup/Batches.sol": ("batches", "callers", "freeze", "claims"),
    "rollup/Payouts.sol": ("escapes", "refunds", "claims", "reentrancy", "freeze"),
    "rollup/Queue.sol": ("queue", "callers", "deposits", "refunds", "reentrancy"),
    "rollup/RollupState.sol": ("configuration", "deposits", "freeze", "claims"),
}
"""Where to look first, of all the files below."""
FILES = (
    *("batches", "callers", "claims", "collectibles", "configuration", "deposits", "escapes"),
    *("freeze", "mint", "queue", "reentrancy", "refunds", "tokens"),
)
OPTIONS = ("-q", "-x", "-n0", "-p", "no:cacheprovider", "-k", "not gas", "-m", "not slow")
NOTHING, COMPILER, UNCHANGED = "nothing", "the compiler", "unchanged"


class FirstFailure:
    """A plugin of pytest that remembers which test failed first."""

    def __init__(self) -> None:
        self.test = NOTHING

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and self.test == NOTHING:
            self.test = report.nodeid.removeprefix("tests/contracts/")


def noticed(chosen: Iterable[Mutant]) -> Iterator[tuple[str, str]]:
    """Each mutant's name, and what notices it: a test, COMPILER or NOTHING; at the end UNCHANGED.

    That one is the contracts as they are, compiled as mutants are, before the tests that noticed any: they
    must not notice it, or they notice nothing else. Gas is not looked at: it differs with any change.
    """
    chosen = list(chosen)
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(len(chosen) + 1)]
        jobs = [job for mutant, folder in zip(chosen, folders, strict=False) for job in mutant.jobs(folder)]
        unchanged = [
            job
            for source in ("Lock.sol", "Mint.sol", "TestToken.sol", "rollup/Queue.sol")
            for job in Mutant(source, ((0, 0, ""),), "").jobs(folders[-1])
        ]
        script = Path(__file__).with_name("compile_mutants.mjs")
        subprocess.run(["node", str(script)], input=json.dumps(jobs + unchanged), text=True, check=True)
        missing = [
            job["top"] for job in unchanged if not (folders[-1] / f"{Path(job['top']).stem}.json").exists()
        ]
        if missing:
            raise RuntimeError(f"as they are, these do not compile, so no mutant can be judged: {missing}")
        _import_tests()
        found = set()
        for mutant, folder in zip(chosen, folders, strict=False):
            order = dict.fromkeys((*FIRST[mutant.source], *FILES))
            files = [f"test_{name}.py" for name in order]
            by = _first_failure(folder, files) if folder.exists() else COMPILER
            found |= {by} - {COMPILER, NOTHING}
            yield mutant.name, by
        yield UNCHANGED, _first_failure(folders[-1], sorted(found)) if found else NOTHING


def _import_tests() -> None:
    """Once for all processes: importing takes longer than most tests."""
    with redirect_stdout(StringIO()):
        collected = pytest.main(
            [*OPTIONS, "--collect-only", *(f"tests/contracts/test_{n}.py" for n in FILES)]
        )
    if collected != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests cannot be collected: pytest ended with {collected}")
    deploy(Chain())


def _first_failure(folder: Path, tests: list[str]) -> str:
    """In a process of its own, which begins with everything imported that this one has."""
    report = folder / "noticed"
    pid = os.fork()
    if pid == 0:
        os.environ[MUTANT] = str(folder)
        with (folder / "output").open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        first = FirstFailure()
        code = pytest.main([*OPTIONS, *(f"tests/contracts/{test}" for test in tests)], plugins=[first])
        report.write_text(first.test)
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {code} on {folder}:\n{(folder / 'output').read_text()}")
    return report.read_text()


def main(numbers: list[str]) -> None:
    """Print a line for each."""
    every = mutants()
    for name, by in noticed([every[int(n)] for n in numbers] if numbers else every):
        sys.stdout.write(f"{name}  noticed by {by}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
