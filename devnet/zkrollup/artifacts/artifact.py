"""A compiled contract, whoever compiled it.

Owns what is known of one. Reading a file of some tool is that format's module's; so is saying where it lies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zkrollup.errors import ZkRollupError

Abi = list[dict[str, Any]]


class BrokenArtifact(ZkRollupError):
    """A file of compiled contracts is not what its tool writes.

    Attributes:
        path: the file.
        reason: what is wrong.
        field: where in the file, such as ``evm.bytecode.object``; empty for the file as a whole.
    """

    def __init__(
        self, path: str, reason: str, *, field: str = "", remedy: str = "build it again, or name another file"
    ) -> None:
        self.path = path
        self.reason = reason
        self.field = field
        super().__init__(f"artifact {path} is broken: {reason}; {remedy}")


class ByteRange(NamedTuple):
    """Bytes of code.

    Attributes:
        start: offset of the first.
        length: how many.
    """

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class LinkReference:
    """Where init code or runtime wants a library's address.

    Attributes:
        source_name: source unit that defines the library.
        library: its name.
        start: offset of the address.
        length: of the address, 20.
    """

    source_name: str
    library: str
    start: int
    length: int = 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract.

    Attributes:
        name: contract name.
        source_name: source unit that defines it, such as ``src/Lock.sol``.
        abi: the JSON ABI, a list as web3.py takes it.
        bytecode: init code without constructor arguments; zero where a library's address belongs. Empty for
            an interface or an abstract contract.
        runtime: deployed code; zero where immutables and libraries' addresses belong.
        source_map: compressed source map of ``runtime``.
        source_ids: names of the source units that ``source_map`` numbers.
        immutables: ranges of ``runtime`` that hold each immutable, by its name where the file tells it, else
            by the id of its declaration in the compiler's AST.
        storage_layout: the compiler's storage layout.
        link_references: where ``bytecode`` wants addresses of libraries.
        runtime_link_references: where ``runtime`` does.
        source_hashes: Keccak-256, in hex, of each source unit that it was compiled from, by name; empty where
            the file does not tell.
        origin: file that it came from.
        language: "Solidity" or "Vyper".
    """

    name: str
    source_name: str
    abi: Abi
    bytecode: bytes
    runtime: bytes
    source_map: str = ""
    source_ids: Mapping[int, str] = field(default_factory=dict)
    immutables: Mapping[str, tuple[ByteRange, ...]] = field(default_factory=dict)
    storage_layout: Mapping[str, Any] = field(default_factory=dict)
    link_references: tuple[LinkReference, ...] = ()
    runtime_link_references: tuple[LinkReference, ...] = ()
    source_hashes: Mapping[str, str] = field(default_factory=dict)
    origin: str = field(default="", compare=False)
    language: str = "Solidity"

    @property
    def qualified_name(self) -> str:
        """``source:name``, which no two contracts of a project share."""
        return f"{self.source_name}:{self.name}"

    @property
    def immutable_references(self) -> tuple[ByteRange, ...]:
        """Ranges of ``runtime`` that hold immutables, in order."""
        return tuple(sorted(each for ranges in self.immutables.values() for each in ranges))
