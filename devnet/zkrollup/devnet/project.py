"""A project's contracts on a chain: deployed by name, with their libraries, and recognised by their code.

Owns deployment and what it needs to remember. Which contract a name means is `artifacts.catalogue`'s;
execution is the chain's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from eth_utils import keccak

from zkrollup.artifacts import linking, recognition
from zkrollup.artifacts.artifact import Abi, Artifact
from zkrollup.artifacts.catalogue import Catalogue, UnknownContract
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Sender
from zkrollup.evm.abi import Signature, signatures
from zkrollup.evm.parties import address_bytes

LIBRARIAN: Final = bytes(keccak(text="zkrollup.project.libraries")[-20:])
"""Who deploys libraries: an account of nobody's, so that no other's nonce moves, nor what it deploys next."""


class UnrecognisedCode(ZkRollupError):
    """No contract of the project has this code.

    Attributes:
        address: where it is.
        size: bytes of it.
    """

    def __init__(self, address: str, size: int, names: tuple[str, ...]) -> None:
        self.address = address
        self.size = size
        found = f"its {size} bytes of code fit none of {len(names)} contracts" if size else "there is no code"
        super().__init__(f"{address} is no contract of this project: {found}; use project.Name.at(address)")


class AmbiguousCode(ZkRollupError):
    """Several contracts of the project have this code.

    Attributes:
        address: where it is.
        candidates: their names, as ``source:name``.
    """

    def __init__(self, address: str, candidates: tuple[str, ...]) -> None:
        self.address = address
        self.candidates = candidates
        choices = " or ".join(f"project[{each!r}].at(...)" for each in candidates)
        super().__init__(f"the code at {address} is that of {len(candidates)} contracts: use {choices}")


class NotItsCode(ZkRollupError):
    """The code at an address is not this contract's.

    Attributes:
        address: where it is.
        contract: the contract that was asked about, as ``source:name``.
    """

    def __init__(self, address: str, contract: str) -> None:
        self.address = address
        self.contract = contract
        super().__init__(f"the code at {address} is not that of {contract}; see project.recognise(address)")


class Project:
    """Contracts by name, on a chain.

        vault = project.Vault.deploy(token, sender=alice)
        project["src/legacy/Token.sol:Token"].deploy()

    Args:
        chain: to deploy on.
        contracts: a catalogue, or artifacts.

    Attributes:
        chain: as given.
        catalogue: what there is.
    """

    def __init__(self, chain: Chain, contracts: Catalogue | Iterable[Artifact]) -> None:
        self.chain = chain
        self.catalogue = contracts if isinstance(contracts, Catalogue) else Catalogue.of(contracts)
        self._libraries: dict[bytes, tuple[bytes, bytes]] = {}

    def __getitem__(self, key: str) -> "ContractFactory":
        """Return a contract: by name, by ``source:name``, or by its artifact's path.

        Raises:
            UnknownContract: there is none.
            AmbiguousContract: there are several.
            BrokenArtifact: its file is not what its tool writes.
            StaleBuild: its tool is to be run again.
        """
        return ContractFactory(self, self.catalogue.find(key).artifact)

    def __getattr__(self, name: str) -> "ContractFactory":
        # Copying and pickling probe for dunders before __init__ has run; pytest and editors probe for others.
        if name.startswith("_") or "catalogue" not in self.__dict__:
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.catalogue.names]

    def __contains__(self, key: str) -> bool:
        try:
            self.catalogue.find(key)
        except UnknownContract:
            return False
        return True

    def __repr__(self) -> str:
        places = "".join(f", {layout}" for layout in self.catalogue.layouts)
        return f"<Project of {len(self.catalogue.names)} contracts{places}>"

    def recognise(self, address: object) -> Contract:
        """Return the contract at an address, by its code, whoever deployed it; traces name it from now on.

        Immutables, libraries and compilers' metadata may differ. Reads all artifacts, once.

        Raises:
            UnrecognisedCode: no contract has this code.
            AmbiguousCode: several have it.
            BrokenArtifact: a file is not what its tool writes.
        """
        code = self.chain.code(address)
        shown = str(getattr(address, "address", address))
        entries = {entry.artifact.qualified_name: entry for entry in self.catalogue.entries()}
        found = recognition.best((entry.artifact for entry in entries.values()), code)
        if not found:
            raise UnrecognisedCode(shown, len(code), self.catalogue.names)
        first = min(entries[each.qualified_name].role for each in found)
        names = tuple(each.qualified_name for each in found if entries[each.qualified_name].role is first)
        if len(names) > 1:
            raise AmbiguousCode(shown, names)
        return ContractFactory(self, entries[names[0]].artifact).at(address)

    # --- inside

    def _library(self, name: str) -> bytes:
        """Address of a library of the project; deployed unless this very code is there already."""
        artifact = self.catalogue.find(name).artifact
        addresses = {each: self._library(each) for each in linking.wanted(artifact)}
        init_code = linking.link(artifact, addresses)
        address, code = self._libraries.get(init_code, (b"", b""))
        # After a revert it is gone, or another contract has its address.
        if not code or self.chain.code(address) != code:
            with self.chain.impersonate(LIBRARIAN) as librarian:
                created = self.chain.deploy_raw(init_code, librarian)
            ContractFactory(self, artifact).at(created)  # its calls are named in traces
            address = address_bytes(created)
            self._libraries[init_code] = address, self.chain.code(address)
        return address


class ContractFactory:
    """A contract that can be deployed, or found at an address.

    Attributes:
        artifact: of it.
    """

    def __init__(self, project: Project, artifact: Artifact) -> None:
        self._project = project
        self.artifact = artifact

    @property
    def abi(self) -> Abi:
        """The JSON ABI."""
        return self.artifact.abi

    @property
    def constructor(self) -> str:
        """Name and parameters, such as ``Vault(address asset_, uint256 cap_)``."""
        constructors = signatures(self.abi, "constructor")
        return Signature(self.artifact.name, constructors[0].inputs if constructors else ()).declared

    def deploy(
        self,
        *args: Any,
        sender: Sender | None = None,
        value: int = 0,
        gas: int | None = None,
        libraries: Mapping[str, object] | None = None,
        **named: Any,
    ) -> Contract:
        """Deploy the contract; traces call it by its name.

        Libraries of the project are deployed first, once, by an account of their own.

        Args:
            args: of the constructor; they may be named.
            sender: the first account by default.
            value: wei to send along.
            gas: limit; DEFAULT_GAS by default.
            libraries: addresses of those to use instead, by name or ``source:name``.
            named: arguments of the constructor by name.

        Raises:
            NoBytecode: it is an interface or an abstract contract.
            UnlinkedLibrary: a library is neither given nor in the project.
            UnwantedLibrary: one was given that the contract does not use.
            InvalidArgument: a constructor argument has no encoding.
            InvalidTransaction: it cannot be in a block.
            Reverted: the constructor failed.
        """
        init_code = self._linked(libraries or {})
        chain = self._project.chain
        contract = chain.deploy(self.abi, init_code, *args, sender=sender, value=value, gas=gas, **named)
        chain.label(contract, self.artifact.name)
        return contract

    def at(self, address: object) -> Contract:
        """Return the contract at an address, whatever its code; traces call it by its name from now on."""
        contract = self._project.chain.contract(self.abi, address)
        self._project.chain.label(contract, self.artifact.name)
        return contract

    def immutables(self, address: object) -> dict[str, bytes]:
        """Return the words that the code at an address holds for immutables.

        By name where the artifact tells names, else by the number that the compiler gave the declaration. A
        value is 32 bytes, as ``abi.encode`` gives them.

        Raises:
            NotItsCode: the code there is not this contract's.
        """
        code = self._project.chain.code(address)
        if recognition.fit(self.artifact, code) is recognition.Fit.NONE:
            shown = str(getattr(address, "address", address))
            raise NotItsCode(shown, self.artifact.qualified_name)
        return recognition.immutables(self.artifact, code)

    def __repr__(self) -> str:
        return f"<{self.constructor} of {self.artifact.source_name}>"

    # --- inside

    def _linked(self, given: Mapping[str, object]) -> bytes:
        artifact, project = self.artifact, self._project
        if not artifact.bytecode:
            raise linking.NoBytecode(artifact)
        addresses = linking.chosen(artifact, {name: address_bytes(where) for name, where in given.items()})
        missing = [name for name in linking.wanted(artifact) if name not in addresses]
        unknown = tuple(name for name in missing if name not in project)
        if unknown:
            raise linking.UnlinkedLibrary(artifact, unknown)
        addresses |= {name: project._library(name) for name in missing}
        return linking.link(artifact, addresses)
