"""All contracts of a project, whoever compiles them. Owns that sources are compiled, and the rest is read."""

from collections.abc import Iterable

from zkrollup import storage
from zkrollup.artifacts.catalogue import Catalogue
from zkrollup.artifacts.projects import Kind, Layout
from zkrollup.compilers.compilation import compile_project
from zkrollup.compilers.settings import DEFAULT, Settings
from zkrollup.expectations import Progress, ignore_progress


def open_contracts(
    layouts: Iterable[Layout],
    *,
    settings: Settings = DEFAULT,
    progress: Progress = ignore_progress,
    waiting: storage.Waiting = storage.ignore_waiting,
) -> Catalogue:
    """Return the contracts that lie at some places.

    Args:
        layouts: see `projects.find`.
        settings: for compilers of sources.
        progress: called with "compile contracts" if sources are not in the cache.
        waiting: called if another process is compiling the same.

    Raises:
        ZkRollupError: see `Catalogue.open` and `compile_project`.
    """
    given = tuple(layouts)
    found = Catalogue.open(tuple(layout for layout in given if layout.kind is not Kind.SOURCES))
    for layout in given:
        if layout.kind is Kind.SOURCES:
            compiled = compile_project(
                layout.root, layout.places, settings=settings, progress=progress, waiting=waiting
            )
            found |= Catalogue.of(compiled, layout)
    return found
