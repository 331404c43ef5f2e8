"""What rollup a test gets: sizes and proof mode, from options and ini keys.

Owns their names, defaults and checks. Imports nothing heavy: sizes are checked here in the words of options
and markers, and again by the circuit itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from zkrollup.errors import ZkRollupError
from zkrollup.expectations import relative_size
from zkrollup.permissions import InvalidSharing, shared
from zkrollup.snark.modes import FORBID_MOCK, MockKind, ProofMode, mock_is_forbidden, require_mock_allowed
from zkrollup.snark.places import RULE as PLACES
from zkrollup.snark.places import THREADS, scheduler_address
from zkrollup.snark.storesize import InvalidStoreSize, limit

MAX_SLOTS = 256
MAX_LEVELS = 16
MIN_ACCOUNTS = 3
MAX_ACCOUNTS = 1000

RULES: Mapping[str, str] = {
    "slots": f"a whole number from 1 to {MAX_SLOTS}: operations a batch",
    "levels": f"a whole number from 1 to {MAX_LEVELS}: the tree holds 4^levels accounts",
    "accounts": f"a whole number from {MIN_ACCOUNTS} to {MAX_ACCOUNTS}: funded accounts of the chain; users "
    "take the first ones, the operator the last",
    "proofs": "'real' (Groth16 proofs, from the store where it has them), 'fresh' (all made anew) or 'mock' "
    "(none: what L1 accepts attests nothing)",
}


class InvalidConfig(ZkRollupError):
    """A size or mode breaks its rule.

    Attributes:
        name: "slots", "levels", "accounts" or "proofs".
        value: What was given.
    """

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value
        super().__init__(f"{name} = {value!r} is not {RULES[name]}")


class InvalidFixture(ZkRollupError):
    """A fixture that testers override returned something else than it must, or lacks an argument."""


@dataclass(frozen=True, slots=True)
class ZkConfig:
    """What rollup a test gets. Override the fixture ``zk_config`` to return another one.

    Attributes:
        slots: Operations a batch, 1 to 256.
        levels: Levels of the account tree, 1 to 16; it holds 4^levels accounts.
        accounts: Funded accounts of the chain, 3 to 1000; users take the first ones, the operator the last.
        proofs: How proofs come about, a ``ProofMode`` or its name: "real", "fresh" or "mock".

    Raises:
        InvalidConfig: A value breaks its rule.
    """

    slots: int = 3
    levels: int = 4
    accounts: int = 10
    proofs: ProofMode = ProofMode.REAL

    def __post_init__(self) -> None:
        for name, lowest, highest in (
            ("slots", 1, MAX_SLOTS),
            ("levels", 1, MAX_LEVELS),
            ("accounts", MIN_ACCOUNTS, MAX_ACCOUNTS),
        ):
            value = getattr(self, name)
            if type(value) is not int or not lowest <= value <= highest:
                raise InvalidConfig(name, value)
        if self.proofs not in list(ProofMode):
            raise InvalidConfig("proofs", self.proofs)
        object.__setattr__(self, "proofs", ProofMode(self.proofs))  # given by name

    @property
    def capacity(self) -> int:
        """Accounts that the tree holds."""
        return int(4**self.levels)

    @property
    def relative_size(self) -> float:
        """Constraints of the batch circuit over those of the default one, roughly."""
        return relative_size(self.slots, self.levels)

    def __str__(self) -> str:
        slots = "1 slot" if self.slots == 1 else f"{self.slots} slots"
        proofs = self.proofs.described
        return f"{proofs}, batches of {slots} over {self.capacity:,} accounts, TEST keys"


def add_options(parser: pytest.Parser) -> None:
    """Declares command-line options and ini keys."""
    group = parser.getgroup("zkrollup", "ZK-rollup tests")
    defaults = ZkConfig()
    for name, rule in RULES.items():
        default = str(getattr(defaults, name))
        group.addoption(
            f"--zk-{name}",
            dest=f"zk_{name}",
            default=None,
            metavar=name.upper(),
            help=f"{rule} (default {default}; ini: zk_{name})",
        )
        parser.addini(f"zk_{name}", rule, default=default)
    group.addoption(
        "--zk-prover",
        default=None,
        metavar="PLACE",
        help=f"where proofs are computed: {PLACES} (default {THREADS}; ini: zk_prover)",
    )
    parser.addini("zk_prover", f"where proofs are computed: {PLACES}", default=THREADS)
    group.addoption(
        "--zk-forbid-mock",
        action="store_true",
        help=f"fail a run in which anything asks for mock proofs (ini: zk_forbid_mock; {FORBID_MOCK}=1)",
    )
    parser.addini(
        "zk_forbid_mock", "fail a run in which anything asks for mock proofs", "bool", default=False
    )
    parser.addini(
        "zk_check_solvency",
        "whether the rollup's books must balance after each test that passed",
        "bool",
        default=True,
    )
    group.addoption(
        "--zk-full-trace", action="store_true", help="show zkrollup's own frames in tracebacks of its errors"
    )
    parser.addini(
        "zk_contracts",
        "contracts of the fixture project: artifact folders, JSON files, .sol and .vy sources, projects' "
        "roots, or globs (default: the Foundry or Hardhat project at rootdir or above)",
        "paths",
    )
    for name, rule, default in (
        (
            "optimizer_runs",
            "how often solc's optimizer takes code to run, for sources in zk_contracts",
            "200",
        ),
        ("evm_version", "the EVM that sources in zk_contracts are compiled for", "prague"),
    ):
        parser.addini(f"zk_{name}", f"{rule} (default {default})", default="")
    parser.addini("zk_via_ir", "whether solc goes through its IR (default false)", "bool", default=False)


FLAGS = ("zk_forbid_mock", "zk_check_solvency", "zk_via_ir")
"""Ini keys that are true or false."""


def flag(config: pytest.Config, key: str) -> bool:
    """What one of ``FLAGS`` says.

    Raises:
        UsageError: It is neither true nor false.
    """
    try:
        return bool(config.getini(key))
    except (ValueError, TypeError, pytest.UsageError) as error:  # pytest does not name the key
        raise pytest.UsageError(f"{key}: {error}; true or false is needed") from None


def require_environment() -> None:
    """Checks what the environment says of caches, which otherwise nobody may read before the run's end.

    Raises:
        UsageError: It names the variable, its value and the rule.
    """
    try:
        shared()
        limit()
    except (InvalidSharing, InvalidStoreSize) as error:
        raise pytest.UsageError(str(error)) from None


def prover_place(config: pytest.Config) -> str:
    """Where the run's proofs are computed.

    Raises:
        InvalidPlace: No such place.
    """
    option = config.getoption("zk_prover")
    place = str(config.getini("zk_prover") if option is None else option).strip()
    scheduler_address(place)
    return place


def forbids_mock(config: pytest.Config) -> bool:
    """Whether option, ini key or environment forbid mock proofs."""
    # While conftest.py files are loaded, options are known only so far.
    options = (config.known_args_namespace, config.option)
    asked = any(getattr(each, "zk_forbid_mock", False) for each in options)
    return bool(asked or flag(config, "zk_forbid_mock") or mock_is_forbidden())


def require_allowed(wanted: ZkConfig, config: pytest.Config) -> None:
    """Passes unless the run forbids mock proofs and ``wanted`` asks for them, which is then on record.

    Raises:
        MockForbidden: It does.
    """
    if forbids_mock(config) and wanted.proofs is ProofMode.MOCK:
        require_mock_allowed(MockKind.VERIFIER)


def from_options(config: pytest.Config) -> ZkConfig:
    """What options and ini keys ask for; options win.

    Raises:
        InvalidConfig: A value breaks its rule.
    """
    chosen: dict[str, Any] = {}
    for name in RULES:
        option = config.getoption(f"zk_{name}")
        text = str(config.getini(f"zk_{name}") if option is None else option).strip()
        is_number = name != "proofs" and text.isascii() and text.isdigit()
        chosen[name] = int(text) if is_number else text
    return ZkConfig(**chosen)
