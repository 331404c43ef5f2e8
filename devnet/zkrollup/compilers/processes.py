"""Running a program to its end, or for the line that it prints first. Owns no language."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zkrollup.compilers.errors import CompilerCrashed

SECONDS_FOR_A_LINE: Final = 10


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


def first_line(program: str, *arguments: str) -> str | None:
    """What a program prints first; None where it cannot be started, fails, or is not done in ten seconds."""
    try:
        done = subprocess.run(  # noqa: S603  # what was found on this machine
            [program, *arguments], capture_output=True, check=True, timeout=SECONDS_FOR_A_LINE
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip().partition("\n")[0]
