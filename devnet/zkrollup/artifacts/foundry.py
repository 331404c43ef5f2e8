"""What forge writes: ``out/Vault.sol/Vault.json``, and what its cache and build-info say of it.

Owns the artifact file. Names of immutables need an AST: that of ``forge build --build-info``, or of
``ast = true`` in foundry.toml.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zkrollup.artifacts import document, formats, standard_json, vyper_json
from zkrollup.artifacts.artifact import Artifact
from zkrollup.artifacts.document import Node
from zkrollup.artifacts.formats import Format
from zkrollup.artifacts.standard_json import Units


@dataclass(frozen=True, slots=True)
class _Origin:
    """What forge's cache knows of an artifact: the source unit, and the id of the build."""

    source_name: str
    build: str


class Reader:
    """Reads a folder of artifacts, and once what lies beside them.

    Args:
        out: the folder, forge's ``out``.
        cache: forge's ``solidity-files-cache.json``; it need not be there.
    """

    def __init__(self, out: Path, cache: Path) -> None:
        self._out, self._cache = out, cache
        self._builds: dict[str, Units] = {}

    def read(self, file: Path) -> Artifact:
        """Return the contract of an artifact file.

        Raises:
            BrokenArtifact: the file is not forge's, or a field is missing or malformed.
        """
        whole = document.load(file)
        formats.require(whole, Format.FOUNDRY)
        origin = self._origins.get(file)
        metadata, tree = whole.get("metadata"), whole.get("ast")
        source = origin.source_name if origin else _source_name(file, metadata)
        # A file's name is its contract's, then the compiler's version where there are several.
        name = file.name.split(".")[0]
        units = self._units(origin.build) if origin else Units({}, {})
        if source.endswith(".vy"):
            return vyper_json.contract_of(name, source, whole, whole, units.ids)
        if tree:
            units = Units(units.ids, {**units.immutables, **dict(standard_json.declared_immutables(tree))})
        hashes = standard_json.source_hashes(metadata) if metadata else {}
        return standard_json.contract_of(name, source, whole, whole, units, hashes)

    @cached_property
    def _origins(self) -> Mapping[Path, _Origin]:
        if not self._cache.is_file():
            return {}
        return {
            self._out / path: _Origin(source, build)
            for source, unit in document.load(self._cache)["files"].items()
            for path, build in _placed(unit.mapping().get("artifacts"))
        }

    def _units(self, build: str) -> Units:
        if build not in self._builds:
            file = self._out / "build-info" / f"{build}.json"
            self._builds[build] = _build_units(document.load(file)) if file.is_file() else Units({}, {})
        return self._builds[build]


def _placed(artifacts: Any) -> Iterator[tuple[str, str]]:
    """Paths and builds; how they are nested, by version and by profile, depends on forge's version."""
    if isinstance(artifacts, str):
        yield artifacts, ""
    elif isinstance(artifacts, dict) and "path" in artifacts:
        yield str(artifacts["path"]), str(artifacts.get("build_id", ""))
    elif isinstance(artifacts, dict):
        for inner in artifacts.values():
            yield from _placed(inner)


def _build_units(build: Node) -> Units:
    output = build.get("output")
    if output:  # forge build --build-info
        return Units.of(output.get("sources"))
    return Units({int(key): name.text() for key, name in build["source_id_to_path"].items()}, {})


def _source_name(file: Path, metadata: Node | None) -> str:
    """What solc's metadata says, else the folder, which forge names as the source's last part."""
    return (standard_json.compilation_target(metadata) if metadata else None) or file.parent.name
