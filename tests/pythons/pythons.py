"""README's first test, the demo and the kernels' tests on each other Python of this machine, from a wheel.

``python -m tests.pythons.pythons`` looks for them by name; the one that runs it has the whole suite. Each has
a virtual environment in the checkout, as ``.venv-3.12``, and all share the cache. Fails if any of them does.
Says of each whether it was found, and so whether it was run.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRST = ROOT / "examples" / "first_test" / "test_first.py"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"
ASK = "import ensurepip, platform, sys; print(platform.python_version(), sys.executable)"
# The slow tests compile for other processors, which one Python does for all.
KERNELS = ("tests/devnet/kernels", "-m", "not slow", "-q", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs.

    Attributes:
        version: With its patch, as in 3.12.1.
        path: Of the program.
    """

    version: str
    path: Path


class Failed(Exception):
    """A step of a Python's did not pass; its output was shown."""


def candidates(version: str) -> Iterator[list[str]]:
    """Commands that may start that version: by name, by pyenv's folders, by Windows' launcher.

    A name alone does not say: pyenv puts one on PATH for each version, which fails unless it is selected.
    """
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = shutil.which(f"python{version}", path=folder)
        if folder and program:
            yield [program]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for installed in sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True):
        yield [str(installed)]
    if launcher := shutil.which("py"):
        yield [launcher, f"-{version}"]


def find(version: str) -> Interpreter | None:
    """The first that runs, is of that version, and can make virtual environments."""
    for command in candidates(version):
        # Elsewhere than in the checkout, whose own files may select a version.
        done = subprocess.run(
            [*command, "-c", ASK], capture_output=True, text=True, cwd=tempfile.gettempdir()
        )
        full, _, path = done.stdout.strip().partition(" ")
        if done.returncode == 0 and full.startswith(f"{version}."):
            return Interpreter(full, Path(path))
    return None


def step(title: str, command: list[str | Path], folder: Path) -> str:
    """Run a command as a user would; returns its output, which is shown where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["ZK_PROOF_STORE_BYTES"] = "0"  # a kept proof would say nothing of this Python's prover
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.stdout.write(f"{title} exited with {done.returncode}:\n{done.stdout}\n")
        raise Failed(title)
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel, made by the Python that runs this."""
    step("build", [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder], ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(interpreter: Interpreter, version: str, wheel: Path) -> Path:
    """The folder of programs of a virtual environment that has the wheel."""
    environment = ROOT / f".venv-{version}"
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    step("venv", [interpreter.path, "-m", "venv", environment], ROOT)
    pip = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # A version that nobody has run yet is not in requires-python: here it is run.
    step("install", [*pip, "--ignore-requires-python", f"{wheel}"], ROOT)
    step("install", [*pip, "--ignore-requires-python", "--force-reinstall", "--no-deps", wheel], ROOT)
    return programs


def run(interpreter: Interpreter, version: str, wheel: Path) -> str:
    """All steps; returns what passed."""
    begun = time.monotonic()
    programs = installed(interpreter, version, wheel)
    pytest = [programs / "python", "-m", "pytest"]
    with tempfile.TemporaryDirectory() as empty:
        shutil.copy(FIRST, empty)
        first = step("README's first test", [*pytest, "-p", "no:cacheprovider"], Path(empty))
        step("the demo", [programs / "zkrollup", "demo"], Path(empty))
    if "1 passed" not in first or "4 real proofs made" not in first:
        raise Failed(f"README's first test was not run, or made no proofs: {first}")
    passed = step("kernels' tests", [*pytest, *KERNELS], ROOT).strip().splitlines()[-1]
    return f"first test and demo passed, kernels: {passed}; {time.monotonic() - begun:.0f} s in all"


def report(version: str, wheel: Path) -> tuple[str, bool | None]:
    """A line for the summary, and whether it passed; None where it was not run."""
    if version == OWN:
        return "runs the whole suite, and so not this", None
    interpreter = find(version)
    if interpreter is None:
        return "not found, and so NOT RUN", None
    try:
        return f"{interpreter.version}: {run(interpreter, version, wheel)}", True
    except Failed as failed:
        return f"{interpreter.version}: FAILED: {failed}", False


def main() -> int:
    """Run all; 1 if one failed."""
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        for version in VERSIONS:
            line, passed = report(version, wheel)
            sys.stdout.write(f"Python {version}  {line}\n")
            sys.stdout.flush()
            outcomes.append(passed)
    ran = [passed for passed in outcomes if passed is not None]
    if not ran:
        sys.stdout.write(f"RAN NONE: no other Python than {OWN} was found\n")
    return int(not all(ran))


if __name__ == "__main__":
    sys.exit(main())
