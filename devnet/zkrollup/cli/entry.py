"""Where the ``zkrollup`` command begins. Owns Ctrl-C while the command itself is still being imported."""

import sys
from typing import Final

INTERRUPTED: Final = 128 + 2
"""The exit code of a command that Ctrl-C has ended, as shells count it: 128 and SIGINT's number."""


def run() -> None:
    """Runs the command; exits with its code, or with INTERRUPTED where Ctrl-C comes before it has begun."""
    try:
        from zkrollup.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(INTERRUPTED)
    main(prog_name="zkrollup")
