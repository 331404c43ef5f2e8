"""The compiled contracts that ship with the package.

Owns where they lie (a wheel's copy first, then a checkout's) and what a well-formed one is. Compiles nothing:
``contracts/build.mjs`` writes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from zkrollup.errors import ZkRollupError

Abi = list[dict[str, Any]]


class UnknownArtifact(ZkRollupError):
    """No contract of this name ships with the package."""

    def __init__(self, name: str, available: tuple[str, ...], searched: tuple[str, ...]) -> None:
        self.name = name
        self.available = available
        self.searched = searched
        if available:
            known = f"it has {', '.join(available)}"
        else:
            places = " or ".join(searched)
            known = f"there are no artifacts in {places}; reinstall, or run `make contracts` in a checkout"
        super().__init__(f"no contract {name!r} ships with zkrollup: {known}")


class BrokenArtifact(ZkRollupError):
    """An artifact's file is not what ``contracts/build.mjs`` writes."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"artifact {path} is broken: {reason}; reinstall, or rebuild it with contracts/build.mjs"
        )


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract.

    Attributes:
        name: Contract name.
        source_name: Source unit that defines it, such as ``src/Lock.sol``.
        abi: The JSON ABI, a list as web3.py takes it.
        bytecode: Init code, constructor arguments not included.
        runtime: Deployed code, immutables zero.
        source_map: Solidity's compressed source map of ``runtime``.
        source_ids: Names of the source units that ``source_map`` numbers.
        immutable_references: (start, length) ranges of ``runtime`` that hold immutables.
        storage_layout: Solidity's storage layout output.
    """

    name: str
    source_name: str
    abi: Abi
    bytecode: bytes
    runtime: bytes
    source_map: str
    source_ids: Mapping[int, str]
    immutable_references: tuple[tuple[int, int], ...]
    storage_layout: Mapping[str, Any]


def load(name: str) -> Artifact:
    """Return the shipped contract ``name``, such as ``"Lock"``.

    Raises:
        UnknownArtifact: no such contract ships.
        BrokenArtifact: its file cannot be read.
    """
    for folder in _folders():
        file = folder / f"{name}.json"
        # A name with a separator would leave the folder.
        if name.isidentifier() and file.is_file():
            return read(file)
    raise UnknownArtifact(name, names(), tuple(str(folder) for folder in _folders()))


def names() -> tuple[str, ...]:
    """Return the names of all shipped contracts, sorted."""
    for folder in _folders():
        if folder.is_dir():
            found = [
                file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")
            ]
            return tuple(sorted(found))
    return ()


def read(file: Traversable) -> Artifact:
    """Return the artifact in ``file``, which ``contracts/build.mjs`` has written.

    Raises:
        BrokenArtifact: the file is unreadable, no JSON, or lacks a field.
    """
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return _parse(fields)
    except OSError as error:
        raise BrokenArtifact(str(file), f"it cannot be read ({error})") from error
    except KeyError as error:
        raise BrokenArtifact(str(file), f"field {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise BrokenArtifact(str(file), str(error)) from error


def _folders() -> tuple[Traversable, ...]:
    # Force-included files are in wheels only: an editable install finds the checkout's.
    checkout = Path(__file__).resolve().parents[2] / "contracts" / "artifacts"
    return (resources.files("zkrollup") / "_contracts", checkout)


def _parse(fields: Any) -> Artifact:
    if not isinstance(fields, dict):
        raise TypeError("it holds no JSON object")
    if not isinstance(fields["abi"], list):
        raise TypeError("its abi is no list")
    references = (item for items in fields["immutableReferences"].values() for item in items)
    return Artifact(
        name=fields["contractName"],
        source_name=fields["sourceName"],
        abi=fields["abi"],
        bytecode=_code(fields["bytecode"]),
        runtime=_code(fields["deployedBytecode"]),
        source_map=fields["sourceMap"],
        source_ids={int(number): unit for number, unit in fields["sourceIds"].items()},
        immutable_references=tuple(sorted((item["start"], item["length"]) for item in references)),
        storage_layout=fields["storageLayout"],
    )


def _code(text: str) -> bytes:
    if not text.startswith("0x") or len(text) == 2:
        raise ValueError(f"code {text[:20]!r} is not 0x and hex digits")
    return bytes.fromhex(text[2:])
