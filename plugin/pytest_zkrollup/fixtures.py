"""The fixtures. No public one depends on another but ``zk_config``, so that a test may shadow any of them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import pytest

from pytest_zkrollup.config import ZkConfig, from_options, require_allowed
from pytest_zkrollup.contracts import catalogue
from pytest_zkrollup.markers import with_markers
from pytest_zkrollup.progress import Progress
from pytest_zkrollup.session import SESSION, Prepared, Session

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from zkrollup.artifacts.catalogue import Catalogue
    from zkrollup.devnet import Project, Rollup, User, Zk
    from zkrollup.evm import Chain

SESSION_FIXTURE: Final = "_zk_session"
ROLLUP_FIXTURE: Final = "_zk_prepared"
CHAIN_FIXTURE: Final = "_zk_chain"


@pytest.fixture
def zk_config(pytestconfig: pytest.Config) -> ZkConfig:
    """What rollup a test gets, from options and ini keys.

    Override it, with any scope, to return another ``ZkConfig``; the marker ``rollup`` still wins.
    """
    return from_options(pytestconfig)


@pytest.fixture(scope="session")
def _zk_session(pytestconfig: pytest.Config) -> Session:
    return pytestconfig.stash[SESSION]


@pytest.fixture
def _zk_allowed_config(zk_config: ZkConfig, request: pytest.FixtureRequest) -> ZkConfig:
    """``zk_config``, if it is one, and no mock where the run forbids them."""
    if not isinstance(zk_config, ZkConfig):
        raise pytest.UsageError(
            f"the fixture zk_config must return a ZkConfig, but it returned {zk_config!r}"
        )
    require_allowed(zk_config, request.config)
    return zk_config


@pytest.fixture
def _zk_prepared(
    _zk_session: Session, _zk_allowed_config: ZkConfig, request: pytest.FixtureRequest
) -> Iterator[Prepared]:
    with _zk_session.rollup(with_markers(_zk_allowed_config, request.node)) as prepared:
        yield prepared


@pytest.fixture
def _zk_chain(_zk_session: Session, request: pytest.FixtureRequest) -> "Iterator[Chain]":
    """The rollup's L1 where the test uses a rollup, else a chain without one."""
    if ROLLUP_FIXTURE in request.fixturenames:
        yield request.getfixturevalue(ROLLUP_FIXTURE).devnet.l1
    else:
        with _zk_session.chain() as chain:
            yield chain


@pytest.fixture
def rollup(_zk_prepared: Prepared) -> "Rollup":
    """A rollup between two chains: deposit, transfer, withdraw, settle. Each test finds it unused."""
    return _zk_prepared.devnet.rollup


@pytest.fixture
def alice(_zk_prepared: Prepared) -> "User":
    """A user with ETH and TestTokens on L1 and a key on L2."""
    return _zk_prepared.alice


@pytest.fixture
def bob(_zk_prepared: Prepared) -> "User":
    """Another user with ETH and TestTokens on L1 and a key on L2."""
    return _zk_prepared.bob


@pytest.fixture
def make_user(_zk_prepared: Prepared) -> "Callable[[str], User]":
    """Called with a name, makes another user."""
    return _zk_prepared.devnet.user


@pytest.fixture
def chain(_zk_chain: "Chain") -> "Chain":
    """An in-process L1: deploy, mine, travel, snapshot, impersonate. Each test finds it unused.

    In a test that uses a rollup it is the rollup's.
    """
    return _zk_chain


@pytest.fixture
def w3(_zk_chain: "Chain") -> "Web3":
    """web3.py over ``chain``."""
    return _zk_chain.w3


@pytest.fixture
def accounts(_zk_chain: "Chain") -> "tuple[LocalAccount, ...]":
    """The funded accounts of ``chain``; a rollup's users take the first ones, its operator the last."""
    return _zk_chain.accounts


@pytest.fixture
def zk(_zk_session: Session, _zk_allowed_config: ZkConfig, _zk_chain: "Chain") -> "Zk":
    """Circuits and keys of your own, ``zk.circuit``, ``zk.verification_key``; verifiers go to ``chain``."""
    return _zk_session.zk(_zk_chain, _zk_allowed_config.proofs)


@pytest.fixture(scope="session")
def _zk_contracts(pytestconfig: pytest.Config) -> "Catalogue":
    """The contracts of the tested project, once a run; and so are the reasons why there are none."""
    return catalogue(pytestconfig, Progress(pytestconfig, 0))


@pytest.fixture
def project(_zk_contracts: "Catalogue", _zk_chain: "Chain") -> "Project":
    """Contracts of your own on ``chain``: ``project.Vault.deploy(..., sender=alice)``.

    Those of the Foundry or Hardhat project at rootdir or above, or what the ini key ``zk_contracts`` names.
    """
    from zkrollup.devnet import Project

    return Project(_zk_chain, _zk_contracts)
