"""``python -m zkrollup`` is the ``zkrollup`` command."""

from zkrollup.cli.entry import run

if __name__ == "__main__":
    run()
