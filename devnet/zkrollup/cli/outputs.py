"""Files that commands write: none that is there already is replaced unasked. Imports nothing heavy."""

from pathlib import Path

import click

from zkrollup.errors import ZkRollupError

force_option = click.option("--force", is_flag=True, help="Replace a file that is there already.")


class AlreadyThere(ZkRollupError):
    """A file to be written exists.

    Attributes:
        path: of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is there already, and was left as it is; name another place, or pass --force to replace "
            "it"
        )


def require_free(*paths: Path, force: bool) -> None:
    """Refuses to replace regular files, unless the user asked for it. A pipe or device may be written.

    Raises:
        AlreadyThere: One of them exists.
    """
    for path in paths:
        if path.is_file() and not force:
            raise AlreadyThere(path)
