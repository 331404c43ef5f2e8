"""``python -m zkrollup`` is the ``zkrollup`` command."""

from zkrollup.cli.main import main

if __name__ == "__main__":
    main(prog_name="zkrollup")
