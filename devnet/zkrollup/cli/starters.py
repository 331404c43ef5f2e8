"""What a first test of each contract can do, found out on a chain.

Owns the trials; the text is `starter_file`'s. What a contract refuses here is left to its author, with the
reason.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from zkrollup.artifacts.catalogue import Catalogue, Entry, Role
from zkrollup.cli.guesses import Guess, NoGuess, guess, variable
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.devnet.project import ContractFactory, Project
    from zkrollup.evm import Chain, Contract

DEALT: Final = 1_000
"""Units of a token that its test starts with."""
_ERC20: Final = frozenset(
    {
        "approve(address,uint256)",
        "balanceOf(address)",
        "totalSupply()",
        "transfer(address,uint256)",
        "transferFrom(address,address,uint256)",
    }
)
_LIBRARY: Final = bytes.fromhex("73" + "00" * 20 + "3014")
"""How solc's libraries begin: they compare their own address, to refuse direct calls."""
_MOST_VIEWS: Final = 8


class Does(Enum):
    """What a test does with its contract."""

    LIFECYCLE = "goes the whole way through a rollup"
    VIEWS = "is deployed and read"
    NOTHING = "is left to you"


@dataclass(frozen=True, slots=True)
class Starter:
    """A contract and its first test.

    Attributes:
        name: of the contract.
        factory: Python for it, such as ``project.Vault``.
        test: name of the test.
        constructor: name and parameters.
        does: what the test does.
        reason: why it does no more; empty if it does.
        arguments: of the constructor.
        views: functions that answered the same in two deployments, with the answer.
    """

    name: str
    factory: str
    test: str
    constructor: str
    does: Does
    reason: str = ""
    arguments: tuple[Guess, ...] = ()
    views: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        """The name, with the source's where it takes that to tell the contract from others."""
        return self.name if self.factory == f"project.{self.name}" else self.factory.split('"')[1]


def starters(catalogue: Catalogue) -> tuple[Starter, ...]:
    """A starter for each contract of the project's own that can be deployed.

    Raises:
        BrokenArtifact: a file is not what its tool writes.
        StaleBuild: the project's tool is to be run again.
    """
    own = [entry for entry in catalogue.entries(Role.OWN) if _is_deployable(entry)]
    names = [entry.name for entry in own]
    trial = _Trial(catalogue, {entry: _factory(entry, names.count(entry.name) == 1) for entry in own})
    found: list[Starter] = []
    for entry in own:
        artifact = entry.fresh
        test = f"test_{variable(entry.name).rstrip('_')}"
        if any(each.test == test for each in found):
            source = artifact.source_name.rpartition(".")[0]
            test = f"test_{variable(source.replace('/', '_'))}_{variable(entry.name)}"
        found.append(trial.starter(entry, test))
    return tuple(found)


def _is_deployable(entry: Entry) -> bool:
    artifact = entry.artifact
    return bool(artifact.bytecode) and not artifact.runtime.startswith(_LIBRARY)


def _factory(entry: Entry, is_unique: bool) -> str:
    plain = is_unique and entry.name.isidentifier() and not entry.name.startswith("_")
    return f"project.{entry.name}" if plain else f'project["{entry.artifact.qualified_name}"]'


class _Trial:
    """A chain of its own for each contract, on which its test is tried."""

    def __init__(self, catalogue: Catalogue, factories: dict[Entry, str]) -> None:
        self._catalogue = catalogue
        self._factories = factories

    def starter(self, entry: Entry, test: str) -> Starter:
        from zkrollup.devnet.project import Project
        from zkrollup.evm import Chain

        project = Project(Chain(), self._catalogue)
        contract = project[entry.artifact.qualified_name]

        def made(does: Does, reason: str = "", arguments: Sequence[Guess] = (), views: Any = ()) -> Starter:
            factory = self._factories[entry]
            return Starter(
                entry.name, factory, test, contract.constructor, does, reason, tuple(arguments), tuple(views)
            )

        try:
            arguments = self._arguments(entry, project, ())
            first = _deployed(contract, arguments, project.chain)
        except NoGuess as unknown:
            return made(Does.NOTHING, f"nobody but you knows its argument `{unknown}`")
        except ZkRollupError as error:
            return made(Does.NOTHING, f"deployed with guessed arguments, it fails: {error}")
        if _is_erc20(contract):
            reason = _refusal(project.chain, first)
            if not reason:
                return made(Does.LIFECYCLE, arguments=arguments)
            return made(Does.VIEWS, reason, arguments, self._views(entry, first))
        return made(Does.VIEWS, arguments=arguments, views=self._views(entry, first))

    def _arguments(self, entry: Entry, project: "Project", within: tuple[Entry, ...]) -> tuple[Guess, ...]:
        if entry in within:
            raise NoGuess(entry.name)
        constructor = [each for each in entry.artifact.abi if each.get("type") == "constructor"]
        owner = project.chain.accounts[0]

        def deployed(name: str) -> Guess:
            others = [each for each in self._factories if each.name == name]
            if len(others) != 1 and entry.artifact.source_name:
                others = _nearest(others, entry)
            if len(others) != 1:
                raise NoGuess(name)
            return self._other(others[0], project, (*within, entry))

        inputs = constructor[0].get("inputs", ()) if constructor else ()
        return tuple(guess(each, owner, deployed) for each in inputs)

    def _other(self, entry: Entry, project: "Project", within: tuple[Entry, ...]) -> Guess:
        arguments = self._arguments(entry, project, within)
        contract = _deployed(project[entry.artifact.qualified_name], arguments, project.chain)
        name = variable(entry.name)
        before = (*statements(arguments), deployment(name, self._factories[entry], arguments))
        return Guess(name, contract, before)

    def _views(self, entry: Entry, first: "Contract") -> Iterator[tuple[str, Any]]:
        """What does not depend on who deployed the contract, where and when."""
        from zkrollup.devnet.project import Project
        from zkrollup.evm import Chain

        chain = Chain()
        chain.transact(to=chain.accounts[0])
        chain.travel(86_400)
        project = Project(chain, self._catalogue)
        factory, known = project[entry.artifact.qualified_name], {}
        with suppress(ZkRollupError):
            known = dict(_answers(_deployed(factory, self._arguments(entry, project, ()), chain)))
        same = ((name, value) for name, value in _answers(first) if known.get(name) == value)
        yield from list(same)[:_MOST_VIEWS]


def _nearest(others: list[Entry], entry: Entry) -> list[Entry]:
    """Of contracts of one name, that whose source lies beside the one that uses it."""
    folder = entry.artifact.source_name.rpartition("/")[0]
    return [each for each in others if each.artifact.source_name.rpartition("/")[0] == folder]


def statements(arguments: Sequence[Guess]) -> tuple[str, ...]:
    """What a call with these arguments needs before it, each line once."""
    return tuple(dict.fromkeys(line for each in arguments for line in each.before))


def deployment(name: str, factory: str, arguments: Sequence[Guess]) -> str:
    """The statement that deploys a contract."""
    listed = "".join(f"{each.text}, " for each in arguments)
    return f"{name} = {factory}.deploy({listed}sender={{owner}})"


def _deployed(factory: "ContractFactory", arguments: Sequence[Guess], chain: "Chain") -> "Contract":
    return factory.deploy(*(each.value for each in arguments), sender=chain.accounts[0])


def _is_erc20(factory: "ContractFactory") -> bool:
    from zkrollup.evm.abi import signatures

    return {each.canonical for each in signatures(factory.abi, "function")} >= _ERC20


def _refusal(chain: "Chain", token: "Contract") -> str:
    """Why a token cannot go the whole way; empty if it can."""
    holder, other = chain.accounts[0], chain.accounts[1]
    with chain.anchor():
        try:
            chain.deal(token, holder, DEALT)
            token.transfer(other, DEALT, sender=holder)
            arrived = token.balanceOf(other)
        except ZkRollupError as error:
            return str(error)
    return "" if arrived == DEALT else f"of {DEALT} units that were sent, {arrived} arrived"


def _answers(contract: "Contract") -> Iterator[tuple[str, Any]]:
    from zkrollup.evm.abi import signatures

    for function in signatures(contract.abi, "function"):
        if function.reads and not function.inputs and function.outputs:
            with suppress(ZkRollupError):
                value = contract[function.canonical]()
                if _is_plain(value):
                    yield function.name, value


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | bytes) or (isinstance(value, str) and not value.startswith("0x"))
