"""What pip has installed of what this package requires: read from its metadata, so that nothing is forgotten.

Owns requirements and extras. What a package is good for once it is there is ``doctor``'s.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import Final

from packaging.requirements import Requirement

DISTRIBUTION: Final = "pytest-zkrollup"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is required.

    Attributes:
        name: As pip knows it.
        version: The one that is installed; "" where none is.
        fault: Why it does not serve; "" if it does.
    """

    name: str
    version: str
    fault: str

    def __str__(self) -> str:
        installed = f"{self.name} {self.version}".rstrip()
        return f"{installed} ({self.fault})" if self.fault else installed


def required() -> list[Package]:
    """What every installation needs on this platform.

    Raises:
        PackageNotFoundError: This package itself is not installed.
    """
    return [_look_at(each) for each in _requirements("")]


def extras() -> dict[str, list[Package]]:
    """What each extra brings on this platform, by its name.

    Raises:
        PackageNotFoundError: This package itself is not installed.
    """
    names = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    always = {str(each) for each in _requirements("")}
    return {
        name: [_look_at(each) for each in _requirements(name) if str(each) not in always] for name in names
    }


def command(extra: str) -> str:
    """What brings an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def _requirements(extra: str) -> Iterator[Requirement]:
    for text in metadata.requires(DISTRIBUTION) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _look_at(requirement: Requirement) -> Package:
    name, wanted = requirement.name, requirement.specifier
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Package(name, "", "not installed")
    if not wanted.contains(version, prereleases=True):
        return Package(name, version, f"{wanted} is required")
    return Package(name, version, _import_fault(name))


def _import_fault(distribution: str) -> str:
    """Why what a distribution installs cannot be imported; "" if it can."""
    module = _modules().get(_normal(distribution))
    try:
        if module is not None:
            import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic in Rust is no Exception, and must not end the look either
        return f"cannot be imported: {error}"
    return ""


@cache
def _modules() -> Mapping[str, str]:
    """The module to import, by distribution: the one of its name, else the first public one."""
    found: dict[str, str] = {}
    for module, distributions in sorted(metadata.packages_distributions().items()):
        for name in map(_normal, distributions):
            if module.isidentifier() and not module.startswith("_"):
                found[name] = module if _normal(module) == name else found.get(name, module)
    return found


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
