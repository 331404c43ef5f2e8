"""Makes a real proof and runs the ledger's, the chain's and the kernels' tests as arm64 Linux, by emulation.

``python -m tests.arm64.check``, which ``make check-arm64`` calls, keeps its system in ``.arm64``: Debian, the
packages of pyproject.toml as pip installs them there, compiled kernels. A first run takes up to an hour.
It ends with a summary, and with exit status 1 unless all of it ran and passed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import click
from tests.arm64 import emulator
from tests.arm64.emulator import Arm64, MissingTools, ProgramFailed

from zkrollup.errors import ZkRollupError
from zkrollup.snark.formats import snarkjs_json
from zkrollup.snark.verifier import verify

REPOSITORY = Path(__file__).parents[2]
SYSTEM = Arm64(REPOSITORY / ".arm64" / "root")

SOURCE, OUT, PYTHON = "/source", "/out", "/venv/bin/python"

NOT_COPIED = (".*", "__pycache__", "_build", "node_modules")

SUITES = ("tests/devnet/ledger", "tests/devnet/evm", "tests/devnet/kernels")

LEFT_OUT: Mapping[str, str] = {
    "slow": "compile kernels anew, or run for minutes",
    "node": "need the npm packages",
}
"""Tests that are not run, by their mark, and why."""

WORKERS = ("-n", "2", "--dist", "loadfile")


class CheckFailed(Exception):
    """A step did not do what it should."""


@dataclass(slots=True)
class Report:
    """What ran, how long it took, and what came of it."""

    rows: list[tuple[str, float, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def step(self, name: str, run: Callable[[], str]) -> bool:
        """Run a step and keep its result, or what stopped it; False if it failed."""
        click.secho(f"== {name}", bold=True)
        start = time.monotonic()
        try:
            result = run()
        except (CheckFailed, OSError, ProgramFailed, subprocess.SubprocessError, ZkRollupError) as error:
            self.failed.append(name)
            result = f"FAILED: {str(error) or type(error).__name__}"
        self.rows.append((name, time.monotonic() - start, result))
        return name not in self.failed

    def text(self) -> str:
        """A line for each step."""
        width = max(len(name) for name, _, _ in self.rows)
        lines = [f"{name:{width}}  {seconds:6.0f} s  {result}" for name, seconds, result in self.rows]
        return "\n".join(lines)


# --- the system --------------------------------------------------------------------------------------------


def make_system() -> str:
    """Debian."""
    made = SYSTEM.make()
    machine = SYSTEM.run(
        f"/usr/bin/{emulator.PYTHON}", "-c", "import platform; print(platform.machine())", capture=True
    )
    if machine.stdout.strip() != "aarch64":
        raise CheckFailed(f"the emulated processor calls itself {machine.stdout.strip()!r}, not 'aarch64'")
    return f"Debian {emulator.SUITE}, {emulator.versions()}" + ("" if made else " (kept)")


def copy_source() -> None:
    """The working tree, without what git ignores."""
    target = SYSTEM.path(SOURCE)
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(REPOSITORY, target, ignore=shutil.ignore_patterns(*NOT_COPIED))


def install() -> str:
    """What pyproject.toml asks for, as pip resolves it on arm64, without a compiler at hand."""
    copy_source()
    project = SYSTEM.path(SOURCE) / "pyproject.toml"

    def fresh() -> None:
        # A new environment, so that nothing stays that is no longer asked for.
        SYSTEM.run(f"/usr/bin/{emulator.PYTHON}", "-m", "venv", "--clear", "/venv")
        SYSTEM.run(PYTHON, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1")
        wanted = ("--group", f"{SOURCE}/pyproject.toml:test", "--editable", SOURCE)
        SYSTEM.run(PYTHON, "-m", "pip", "install", "--quiet", *wanted)

    made = SYSTEM.once("packages", hashlib.sha256(project.read_bytes()).hexdigest(), fresh)
    SYSTEM.run(PYTHON, "-m", "pip", "check")
    version = SYSTEM.run(PYTHON, "-c", "import platform; print(platform.python_version())", capture=True)
    return f"Python {version.stdout.strip()}, pip check passed" + ("" if made else " (kept)")


def native_packages() -> str:
    """The packages that hold machine code for arm64."""
    say = (
        "import importlib.metadata as m; print(', '.join(sorted((d.name + ' ' + d.version"
        " for d in m.distributions() if 'aarch64' in (d.read_text('WHEEL') or '')), key=str.lower)))"
    )
    return SYSTEM.run(PYTHON, "-c", say, capture=True).stdout.strip()


# --- what is checked ---------------------------------------------------------------------------------------


def prove() -> str:
    """A proof made on arm64 and verified there, on the chain there, and here."""
    SYSTEM.run(PYTHON, f"{SOURCE}/tests/arm64/proof.py", OUT)
    verify_here(SYSTEM.path(OUT))
    return "made and verified there, on L1 and off; verified here by py_ecc"


def verify_here(folder: Path) -> None:
    """Verify a proof that another processor made.

    Raises:
        CheckFailed: The proof is not valid, or is valid for other public inputs too.
    """
    text = {name: (folder / f"{name}.json").read_text() for name in ("verification_key", "proof", "public")}
    key = snarkjs_json.load_verification_key(text["verification_key"])
    proof, public = snarkjs_json.load_proof(text["proof"]), snarkjs_json.load_public(text["public"])
    if not verify(key, public, proof):
        raise CheckFailed("this machine refuses the proof")
    first, *others = public
    if verify(key, [first + 1, *others], proof):
        raise CheckFailed("this machine accepts the proof for other public inputs")


def run_tests(suite: str) -> str:
    """A folder of tests."""
    results = f"{OUT}/{suite.replace('/', '-')}.xml"
    SYSTEM.path(results).unlink(missing_ok=True)
    marks = " and ".join(f"not {mark}" for mark in LEFT_OUT)
    options = ("-q", "-rs", "-p", "no:cacheprovider", "-m", marks, f"--junitxml={results}", *WORKERS)
    done = SYSTEM.run(PYTHON, "-m", "pytest", *options, suite, folder=SOURCE, check=False)
    return counted(SYSTEM.path(results), done.returncode)


def counted(results: Path, status: int) -> str:
    """How many tests passed and were skipped, by a JUnit file and pytest's exit status.

    Raises:
        CheckFailed: One failed, or none passed, or pytest stopped without results.
    """
    if not results.exists():
        raise CheckFailed(f"pytest ended with {status} and without results")
    (suite,) = ElementTree.parse(results).getroot().iter("testsuite")
    total, skipped, *bad = (int(suite.get(name, "0")) for name in ("tests", "skipped", "failures", "errors"))
    passed = total - skipped - sum(bad)
    said = f"{passed} passed, {skipped} skipped, {sum(bad)} failed"
    if status != 0 or sum(bad) or passed <= 0:
        raise CheckFailed(f"{said}; pytest ended with {status}")
    return said


def main() -> int:
    """Run all steps; what needs a step that failed is not run."""
    report = Report()
    try:
        emulator.require_tools()
    except MissingTools as missing:
        click.echo(missing, err=True)
        return 1
    installed = report.step("system", make_system) and report.step("packages", install)
    if installed:
        report.step("proof", prove)
        for suite in SUITES:
            report.step(suite, lambda suite=suite: run_tests(suite))
    click.echo(report.text())
    if installed:
        click.echo(textwrap.fill(f"With machine code: {native_packages()}.", 100))
    click.echo("Not run: " + "; ".join(f"tests marked {mark}, which {why}" for mark, why in LEFT_OUT.items()))
    if report.failed:
        click.secho(f"arm64: failed: {', '.join(report.failed)}", fg="red", err=True)
        return 1
    click.secho("arm64: all passed", fg="green")
    return 0


if __name__ == "__main__":
    os.environ["ZK_PAIRING"] = "py_ecc"  # what verifies here shares no code with the prover
    sys.exit(main())
