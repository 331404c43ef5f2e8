"""Where the ``zkrollup`` command begins. Owns Ctrl-C while the command itself is still being imported."""

import sys


def run() -> None:
    """Runs the command; exits with its code, or with 130 where Ctrl-C comes before it has begun."""
    try:
        from zkrollup.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(128 + 2)
    main(prog_name="zkrollup")
