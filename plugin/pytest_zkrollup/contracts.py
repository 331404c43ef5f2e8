"""The contracts that the fixture ``project`` gives: where they are, and that they are compiled where need be.

Owns the way from ini key and rootdir to a catalogue. Imported only by a run that uses the fixture, but for
``described``, which a header needs and which loads nothing heavy.
"""

from typing import TYPE_CHECKING

import pytest

from zkrollup.artifacts import projects
from zkrollup.artifacts.projects import Kind
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from pytest_zkrollup.progress import Progress
    from zkrollup.artifacts.catalogue import Catalogue
    from zkrollup.compilers import Settings


def described(config: pytest.Config) -> str | None:
    """What a header says of the project: nothing where there is none, or where the fixture is to say why."""
    named = config.getini("zk_contracts")
    if named:
        return ", ".join(path.name for path in named)
    try:
        return ", ".join(map(str, projects.find(config.rootpath)))
    except ZkRollupError:
        return None


def catalogue(config: pytest.Config, progress: "Progress") -> "Catalogue":
    """The contracts of the project, sources compiled.

    Raises:
        NoProject: Nothing is named, and there is no project at rootdir or above.
        InvalidSettings: See ``compiler_settings``.
        ZkRollupError: See ``projects.find``, ``Catalogue.open`` and ``compile_project``.
    """
    from zkrollup.artifacts.catalogue import Catalogue

    layouts = projects.find(config.rootpath, config.getini("zk_contracts"))
    found = Catalogue.open(tuple(layout for layout in layouts if layout.kind is not Kind.SOURCES))
    for layout in layouts:
        if layout.kind is Kind.SOURCES:
            from zkrollup.compilers import compile_project

            compiled = compile_project(
                layout.root,
                layout.places,
                settings=compiler_settings(config),
                progress=progress,
                waiting=progress.waiting,
            )
            found |= Catalogue.of(compiled, layout)
    return found


def compiler_settings(config: pytest.Config) -> "Settings":
    """What ini keys ask of the compilers.

    Raises:
        InvalidSettings: A value is out of its range, or no number.
    """
    from zkrollup.compilers.settings import DEFAULT, InvalidSettings, Settings

    runs = config.getini("zk_optimizer_runs").strip()
    if runs and not runs.isdecimal():
        raise InvalidSettings("optimizer_runs", runs, "a whole number is needed")
    return Settings(
        optimizer_runs=int(runs) if runs else DEFAULT.optimizer_runs,
        evm_version=config.getini("zk_evm_version").strip(),
        via_ir=config.getini("zk_via_ir"),
    )
