"""The contracts that the fixture ``project`` gives: where they are, and that they are compiled where need be.

Owns the way from ini key and rootdir to a catalogue. Loads nothing heavy before a test asks for the fixture.
"""

from typing import TYPE_CHECKING

import pytest

from pytest_zkrollup.config import flag
from zkrollup.artifacts import projects
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
        ZkRollupError: See ``projects.find`` and ``open_contracts``.
    """
    from zkrollup.compilers.contracts import open_contracts

    layouts = projects.find(config.rootpath, config.getini("zk_contracts"))
    settings = compiler_settings(config)
    return open_contracts(layouts, settings=settings, progress=progress, waiting=progress.waiting)


def require_settings(config: pytest.Config) -> None:
    """Passes unless an ini key asks the compilers for what they cannot do; loads them only if one asks.

    Raises:
        UsageError: It names the key, its value and the rule.
    """
    keys = ("zk_optimizer_runs", "zk_evm_version")
    if not (flag(config, "zk_via_ir") or any(config.getini(key).strip() for key in keys)):
        return
    from zkrollup.compilers.settings import InvalidSettings

    try:
        compiler_settings(config)
    except InvalidSettings as error:
        raise pytest.UsageError(f"zk_{error}") from None


def compiler_settings(config: pytest.Config) -> "Settings":
    """What ini keys ask of the compilers.

    Raises:
        InvalidSettings: A value is out of its range, or no number.
    """
    from zkrollup.compilers.settings import DEFAULT, MAX_RUNS, InvalidSettings, Settings

    runs = config.getini("zk_optimizer_runs").strip()
    if runs and not (runs.isascii() and runs.isdigit()):
        raise InvalidSettings("optimizer_runs", runs, f"a whole number from 0 to {MAX_RUNS} is needed")
    return Settings(
        optimizer_runs=int(runs) if runs else DEFAULT.optimizer_runs,
        evm_version=config.getini("zk_evm_version").strip(),
        via_ir=flag(config, "zk_via_ir"),
    )
