"""Libraries that a project's contracts call, on a chain.

Owns which are deployed, when, and by whom. Where their addresses go is `artifacts.linking`'s.
"""

from collections.abc import Mapping
from typing import Final

from eth_utils import keccak

from zkrollup.artifacts import linking
from zkrollup.artifacts.artifact import Artifact
from zkrollup.artifacts.catalogue import Catalogue
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain
from zkrollup.evm.parties import address_bytes

LIBRARIAN: Final = bytes(keccak(text="zkrollup.project.libraries")[-20:])
"""Who deploys libraries: an account of nobody's, so that no other's nonce moves, nor what it deploys next."""


class CircularLibraries(ZkRollupError):
    """Libraries call each other, so that none can be the first.

    Attributes:
        libraries: as ``source:name``, each calling the next, the last one the first.
    """

    def __init__(self, libraries: tuple[str, ...]) -> None:
        self.libraries = libraries
        super().__init__(
            f"libraries call each other: {' -> '.join((*libraries, libraries[0]))}; none can be deployed "
            "before the others: deploy them yourself and pass libraries={...}"
        )


class Libraries:
    """A project's libraries on a chain, each deployed once while the chain remembers it.

    Args:
        chain: to deploy on.
        catalogue: where libraries are found.
    """

    def __init__(self, chain: Chain, catalogue: Catalogue) -> None:
        self._chain = chain
        self._catalogue = catalogue
        self._deployed: dict[bytes, tuple[bytes, bytes]] = {}

    def linked(self, artifact: Artifact, given: Mapping[str, object]) -> bytes:
        """Return init code that calls libraries: those given, and the project's for the others.

        Args:
            artifact: of the contract.
            given: addresses, by name or by ``source:name``.

        Raises:
            NoBytecode: it is an interface or an abstract contract.
            UnwantedLibrary: one was given that the contract does not use.
            UnlinkedLibrary: a library, or one that it calls itself, is neither given nor in the project.
            CircularLibraries: libraries call each other.
        """
        if not artifact.bytecode:
            raise linking.NoBytecode(artifact)
        raw = {name: address_bytes(address) for name, address in given.items()}
        addresses = linking.chosen(artifact, raw)
        self._require(artifact, frozenset(addresses), ())
        missing = (name for name in linking.wanted(artifact) if name not in addresses)
        with self._chain.exclusive:
            return linking.link(artifact, addresses | {name: self._address(name) for name in missing})

    def _require(self, artifact: Artifact, known: frozenset[str], above: tuple[str, ...]) -> None:
        """Pass if everything that is called can be deployed; nothing has been, until then."""
        missing = [name for name in linking.wanted(artifact) if name not in known]
        circular = [name for name in missing if name in above]
        if circular:
            raise CircularLibraries(above[above.index(circular[0]) :])
        unknown = tuple(name for name in missing if name not in self._catalogue)
        if unknown:
            raise linking.UnlinkedLibrary(artifact, unknown)
        for name in missing:
            self._require(self._catalogue.find(name).fresh, frozenset(), (*above, name))

    def _address(self, name: str) -> bytes:
        """Of a library; it is deployed unless this very code is there already."""
        artifact = self._catalogue.find(name).fresh
        inner = {each: self._address(each) for each in linking.wanted(artifact)}
        init_code = linking.link(artifact, inner)
        address, code = self._deployed.get(init_code, (b"", b""))
        # After a revert it is gone, or another contract has its address.
        if not code or self._chain.code(address) != code:
            with self._chain.impersonate(LIBRARIAN) as librarian:
                address = address_bytes(self._chain.deploy_raw(init_code, librarian))
            self._chain.label(self._chain.contract(artifact.abi, address), artifact.name)
            self._deployed[init_code] = address, self._chain.code(address)
        return address
