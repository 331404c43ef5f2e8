"""The compiled contracts that ship with the package.

Owns where they lie (a wheel's copy first, then a checkout's) and what a well-formed one is. Compiles nothing:
``contracts/build.mjs`` writes them.
"""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from zkrollup import jsontext
from zkrollup.artifacts.artifact import Artifact, BrokenArtifact, ByteRange
from zkrollup.errors import ZkRollupError

_REMEDY: Final = "reinstall, or rebuild it with contracts/build.mjs"


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
            return _read_once(file)  # type: ignore[arg-type]  # a path, which is hashable
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
        fields = jsontext.loads(file.read_bytes())
        return _parse(fields, str(file))
    except OSError as error:
        raise BrokenArtifact(str(file), f"it cannot be read ({error})", remedy=_REMEDY) from error
    except KeyError as error:
        raise BrokenArtifact(str(file), f"field {error} is missing", remedy=_REMEDY) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise BrokenArtifact(str(file), str(error), remedy=_REMEDY) from error


@cache
def _read_once(file: Traversable) -> Artifact:
    # What ships does not change while a process runs, and is asked for often.
    return read(file)


def _folders() -> tuple[Traversable, ...]:
    # Force-included files are in wheels only: an editable install finds the checkout's.
    checkout = Path(__file__).resolve().parents[3] / "contracts" / "artifacts"
    return (resources.files("zkrollup") / "_contracts", checkout)


def _parse(fields: Any, origin: str) -> Artifact:
    if not isinstance(fields, dict):
        raise TypeError("it holds no JSON object")
    if not isinstance(fields["abi"], list):
        raise TypeError("its abi is no list")
    return Artifact(
        name=fields["contractName"],
        source_name=fields["sourceName"],
        abi=fields["abi"],
        bytecode=_code(fields["bytecode"]),
        runtime=_code(fields["deployedBytecode"]),
        source_map=fields["sourceMap"],
        source_ids={int(number): unit for number, unit in fields["sourceIds"].items()},
        immutables={
            name: tuple(ByteRange(item["start"], item["length"]) for item in items)
            for name, items in fields["immutableReferences"].items()
        },
        storage_layout=fields["storageLayout"],
        origin=origin,
    )


def _code(text: str) -> bytes:
    if not text.startswith("0x") or len(text) == 2:
        raise ValueError(f"code {text[:20]!r} is not 0x and hex digits")
    return bytes.fromhex(text[2:])
