"""A JSON file of whatever tool: recognised by its fields, read by its format's module."""

from pathlib import Path
from typing import Final

from zkrollup.artifacts import (
    document,
    formats,
    foundry,
    hardhat,
    shipped,
    single_files,
    standard_json,
    vyper_json,
)
from zkrollup.artifacts.artifact import Artifact
from zkrollup.artifacts.formats import Format

READABLE: Final = (
    Format.FOUNDRY,
    Format.HARDHAT,
    Format.STANDARD_OUTPUT,
    Format.VYPER,
    Format.BUILD_INFO,
    Format.SHIPPED,
    Format.WAFFLE,
    Format.TRUFFLE,
    Format.BROWNIE,
    Format.FLAT,
)
_FLAT: Final = (Format.TRUFFLE, Format.BROWNIE, Format.FLAT)


class Reader:
    """Reads files of one folder, and once what belongs to several of them.

    Args:
        folder: of artifacts; a ``build-info`` may lie in it, and forge's ``cache`` beside it.
    """

    def __init__(self, folder: Path) -> None:
        self._foundry = foundry.Reader(folder, folder.parent / "cache" / "solidity-files-cache.json")
        self._hardhat = hardhat.Reader(folder)

    def read(self, file: Path) -> tuple[Artifact, ...]:
        """Return the contracts of a file.

        Raises:
            BrokenArtifact: it is of no readable format, or a field is missing or malformed.
        """
        whole = document.load(file)
        found = formats.of(whole)
        if found is Format.FOUNDRY:
            return (self._foundry.read(file),)
        if found is Format.HARDHAT:
            return (self._hardhat.read(file),)
        if found is Format.SHIPPED:
            return (shipped.read(file),)
        if found is Format.WAFFLE:
            return (single_files.read_waffle(whole, name_of(file)),)
        if found in _FLAT:
            return (single_files.read_flat(whole, name_of(file)),)
        if found is Format.VYPER:
            return vyper_json.read_output(whole.mapping(), origin=str(file))
        if found is Format.STANDARD_OUTPUT:
            return standard_json.read_output(whole.mapping(), origin=str(file))
        if found is Format.BUILD_INFO:
            return standard_json.read_output(whole["output"].mapping(), origin=str(file))
        raise whole.broken(f"it looks like {found}; read are {', '.join(READABLE)}")


def name_of(file: Path) -> str:
    """Return the name of a file's one contract: where several compilers compiled it, a version follows."""
    return file.name.split(".")[0]


def folder_of(file: Path) -> Path:
    """Return the folder of artifacts that a single artifact file is in."""
    above = (parent for parent in file.parents if (parent / "build-info").is_dir())
    return next(above, file.parent.parent)
