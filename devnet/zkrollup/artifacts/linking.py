"""Libraries' addresses in init code. Owns which are wanted and putting them there; deploys nothing."""

from collections.abc import Mapping

from zkrollup.artifacts.artifact import Artifact
from zkrollup.errors import ZkRollupError


class NoBytecode(ZkRollupError):
    """An interface or an abstract contract has nothing to deploy.

    Attributes:
        artifact: of it.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        super().__init__(
            f"{artifact.qualified_name} has no bytecode ({artifact.origin}): an interface or an abstract "
            "contract cannot be deployed; deploy one that inherits it, or use .at(address)"
        )


class UnlinkedLibrary(ZkRollupError):
    """Init code wants libraries whose addresses are not known.

    Attributes:
        artifact: that wants them.
        libraries: as ``source:name``.
    """

    def __init__(self, artifact: Artifact, libraries: tuple[str, ...]) -> None:
        self.artifact = artifact
        self.libraries = libraries
        name = libraries[0].rpartition(":")[2]
        super().__init__(
            f"{artifact.qualified_name} is not linked with {', '.join(libraries)} (linkReferences of "
            f"{artifact.origin}): pass libraries={{{name!r}: address}}"
        )


class UnwantedLibrary(ZkRollupError):
    """An address was given for a library that init code does not use.

    Attributes:
        artifact: that does not want it.
        library: the name given.
    """

    def __init__(self, artifact: Artifact, library: str) -> None:
        self.artifact = artifact
        self.library = library
        known = ", ".join(wanted(artifact)) or "none"
        super().__init__(f"{artifact.qualified_name} uses no library {library!r}; it uses {known}")


def wanted(artifact: Artifact) -> tuple[str, ...]:
    """Return the libraries that init code calls, as ``source:name``, each once."""
    return tuple(dict.fromkeys(f"{link.source_name}:{link.library}" for link in artifact.link_references))


def chosen(artifact: Artifact, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return addresses by ``source:name``, from those given by that or by the name alone.

    Raises:
        UnwantedLibrary: the artifact uses no library of a name, or several.
    """
    result: dict[str, bytes] = {}
    for name, address in given.items():
        fitting = [each for each in wanted(artifact) if name in (each, each.rpartition(":")[2])]
        if len(fitting) != 1:
            raise UnwantedLibrary(artifact, name)
        result[fitting[0]] = address
    return result


def link(artifact: Artifact, addresses: Mapping[str, bytes]) -> bytes:
    """Return init code that calls libraries at these addresses.

    Args:
        artifact: of the contract.
        addresses: 20 bytes each, by ``source:name``.

    Raises:
        NoBytecode: there is no init code.
        UnlinkedLibrary: an address is missing.
    """
    if not artifact.bytecode:
        raise NoBytecode(artifact)
    missing = tuple(name for name in wanted(artifact) if name not in addresses)
    if missing:
        raise UnlinkedLibrary(artifact, missing)
    code = bytearray(artifact.bytecode)
    for each in artifact.link_references:
        code[each.start : each.start + each.length] = addresses[f"{each.source_name}:{each.library}"]
    return bytes(code)
