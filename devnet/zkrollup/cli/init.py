"""``zkrollup init``: a first test file for a project's contracts. Owns where it goes, and what is said."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkrollup.artifacts import projects
from zkrollup.artifacts.projects import Layout
from zkrollup.cli.outputs import force_option, require_free
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.cli.starters import Starter

_FILE = "test_contracts.py"
_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
"""Section by file, in pytest's order; pyproject.toml has another form."""


class NothingToTest(ZkRollupError):
    """A project has no contract of its own that can be deployed.

    Attributes:
        layouts: where it was looked for.
    """

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layouts = tuple(layouts)
        places = ", ".join(map(str, layouts))
        super().__init__(f"no contract of its own that can be deployed in {places}; write one, and build it")


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Where the tests go; by default {_FILE} in the project's folder of tests.",
)
@force_option
def init(output: Path | None, force: bool) -> None:
    """Write first tests for the contracts of this folder's project.

    The project is a Foundry or Hardhat project that has been built, here or above, or what zk_contracts
    names in pytest's ini file. Each contract is tried before its test is written; one that needs arguments
    that only you know gets a skipped test, which says so.
    """
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown
    from zkrollup.cli.starter_file import text
    from zkrollup.cli.starters import starters
    from zkrollup.compilers.contracts import open_contracts

    here = Path.cwd()
    layouts = projects.find(here, named_contracts(here))
    path = output or _default(layouts[0])
    require_free(path, force=force)
    with progress_shown(terminal.console(stderr=True)) as progress:
        found = starters(open_contracts(layouts, progress=progress))
    if not found:
        raise NothingToTest(layouts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(found), encoding="utf-8")
    _say(path.relative_to(here) if path.is_relative_to(here) else path, found)


def _default(layout: Layout) -> Path:
    """Beside the tests that there are, whatever their language."""
    folders = [layout.root / name for name in ("tests", *layout.tests)]
    return next((folder for folder in folders if folder.is_dir()), folders[0]) / _FILE


def _say(path: Path, found: "Sequence[Starter]") -> None:
    click.echo(f"wrote {path}")
    width = max(len(each.label) for each in found)
    for each in found:
        reason = f": {' '.join(each.reason.split())}" if each.reason else ""
        click.echo(f"  {each.label:<{width}}  {each.does.value}{reason}")
    click.echo(f"next: pytest {path}")


def named_contracts(folder: Path) -> tuple[Path, ...]:
    """What ``zk_contracts`` names in the ini file of a folder or above, absolute; empty if nothing does."""
    for each in (folder, *folder.parents):
        value = _ini_value(each)
        if value is not None:
            return tuple(each / name for name in value)
    return ()


def _ini_value(folder: Path) -> list[str] | None:
    from iniconfig import IniConfig

    for name, section in _INI.items():
        file = folder / name
        if file.is_file():
            value = IniConfig(str(file)).get(section, "zk_contracts")
            if value is not None:
                return value.split()
    file = folder / "pyproject.toml"
    if file.is_file():
        options = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("pytest", {})
        value = options.get("ini_options", {}).get("zk_contracts")
        return value.split() if isinstance(value, str) else value
    return None
