"""A project's contracts on a chain: deployed by name, with their libraries, and recognised by their code.

Owns names and deployment. Which contract a name means is `artifacts.catalogue`'s, the libraries that it calls
are `libraries`'.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from eth_utils import to_checksum_address

from zkrollup.artifacts import recognition
from zkrollup.artifacts.artifact import Abi, Artifact
from zkrollup.artifacts.catalogue import Catalogue
from zkrollup.devnet.libraries import Libraries
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Sender
from zkrollup.evm.abi import Signature, signatures
from zkrollup.evm.creation import init_code_of
from zkrollup.evm.parties import address_bytes


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
        libraries: those on the chain.
    """

    def __init__(self, chain: Chain, contracts: Catalogue | Iterable[Artifact]) -> None:
        self.chain = chain
        self.catalogue = contracts if isinstance(contracts, Catalogue) else Catalogue.of(contracts)
        self.libraries = Libraries(chain, self.catalogue)
        self._deployed: dict[str, tuple[bytes, Artifact]] = {}
        chain.knowledge.recognise_by(self._introduce)

    def __getitem__(self, key: str) -> "ContractFactory":
        """Return a contract: by name, by ``source:name``, or by its artifact's path.

        Raises:
            UnknownContract: there is none.
            AmbiguousContract: there are several.
            BrokenArtifact: its file is not what its tool writes.
            StaleBuild: its tool is to be run again.
        """
        return ContractFactory(self, self.catalogue.find(key).fresh)

    def __getattr__(self, name: str) -> "ContractFactory":
        # Copying and pickling probe for dunders before __init__ has run; pytest and editors probe for others.
        if name.startswith("_") or "catalogue" not in self.__dict__:
            raise AttributeError(name)
        return self[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.catalogue.names]

    def __contains__(self, key: str) -> bool:
        return key in self.catalogue

    def __repr__(self) -> str:
        places = "".join(f", {layout}" for layout in self.catalogue.layouts)
        return f"<Project of {len(self.catalogue.names)} contracts{places}>"

    def recognise(self, address: object) -> Contract:
        """Return the contract at an address, by its code, whoever deployed it; traces name it from now on.

        Immutables, libraries and compilers' metadata may differ. Where the artifact does not say what is
        immutable, the init code decides that made the contract. Reads all artifacts, once.

        Raises:
            UnrecognisedCode: no contract has this code.
            AmbiguousCode: several have it.
            BrokenArtifact: no contract that can be read has it, and a file is not what its tool writes.
        """
        code = self.chain.code(address)
        shown = str(to_checksum_address(address_bytes(address)))
        deployed, artifact = self._deployed.get(shown, (b"", None))
        if artifact is not None and deployed == code:
            return ContractFactory(self, artifact).at(address)
        entries, broken = self.catalogue.readable()
        artifacts = [each.artifact for each in entries]
        fitting = recognition.best(artifacts, code)
        if not fitting:
            fitting = recognition.made_by(
                artifacts, init_code_of(self.chain.engine, address_bytes(address)) or b""
            )
        best = {id(artifact) for artifact in fitting}
        found = [entry for entry in entries if id(entry.artifact) in best]
        if not found and broken:
            raise broken[0]  # it may be the one
        if not found:
            raise UnrecognisedCode(shown, len(code), self.catalogue.names)
        first = min(entry.role for entry in found)
        by_name = {each.artifact.qualified_name: each.artifact for each in found if each.role is first}
        if len(by_name) > 1:
            raise AmbiguousCode(shown, tuple(by_name))
        return ContractFactory(self, next(iter(by_name.values()))).at(address)

    def _remember(self, contract: Contract, artifact: Artifact) -> None:
        """Of what was deployed here; a revert may put other code there."""
        self._deployed[contract.address] = self.chain.code(contract), artifact

    def _introduce(self, address: str) -> None:
        """Let a trace name a contract that nobody has named, such as one that a factory made."""
        with suppress(ZkRollupError):  # it is not of this project, or several are like it
            self.recognise(address)


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
            UnlinkedLibrary: a library, or one that it calls itself, is neither given nor in the project.
            UnwantedLibrary: one was given that the contract does not use.
            CircularLibraries: libraries call each other.
            InvalidArgument: a constructor argument has no encoding.
            InvalidTransaction: it cannot be in a block.
            Reverted: the constructor failed.
        """
        chain = self._project.chain
        init_code = self._project.libraries.linked(self.artifact, libraries or {})
        contract = chain.deploy(self.abi, init_code, *args, sender=sender, value=value, gas=gas, **named)
        chain.label(contract, self.artifact.name)
        self._project._remember(contract, self.artifact)
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
