"""The fixtures. No public one depends on another but the override points ``zk_config`` and ``zk_target``.

So a test may shadow any of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from pytest_zkrollup.config import InvalidFixture, ZkConfig, from_options, require_allowed
from pytest_zkrollup.contracts import catalogue
from pytest_zkrollup.holding import in_use, watched
from pytest_zkrollup.markers import with_markers
from pytest_zkrollup.progress import Progress
from pytest_zkrollup.session import SESSION, Prepared, Reference, Session

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from zkrollup.artifacts.catalogue import Catalogue
    from zkrollup.devnet import Grounds, Project, ReferenceTarget, Rollup, Target, User, Zk
    from zkrollup.evm import Chain

GROUNDS_FIXTURE: Final = "_zk_grounds"
ROLLUP_FIXTURE: Final = "_zk_prepared"
TARGET_FIXTURE: Final = "zk_target"
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
def _zk_wanted(zk_config: ZkConfig, request: pytest.FixtureRequest) -> ZkConfig:
    """``zk_config``, if it is one, with what the test's markers change."""
    if not isinstance(zk_config, ZkConfig):
        raise InvalidFixture(f"the fixture zk_config must return a ZkConfig, but it returned {zk_config!r}")
    return with_markers(zk_config, request.node)


@pytest.fixture
def _zk_allowed_config(_zk_wanted: ZkConfig, request: pytest.FixtureRequest) -> ZkConfig:
    """The same, if the run does not forbid its proofs."""
    require_allowed(_zk_wanted, request.config)
    return _zk_wanted


@pytest.fixture
def _zk_grounds(
    _zk_session: Session, _zk_allowed_config: ZkConfig, request: pytest.FixtureRequest
) -> "Iterator[Grounds | Reference]":
    """What the test's rollup stands on: with the reference, if ``zk_target`` is ours or begins with it."""
    if _begins_with_ours(request):
        wanted = _zk_allowed_config
        with _zk_session.reference(wanted) as reference, _watched(request.node, reference.devnet.grounds):
            yield reference
    else:
        accounts = _zk_allowed_config.accounts
        with _zk_session.grounds(accounts) as grounds, _watched(request.node, grounds):
            yield grounds


@contextmanager
def _watched(item: pytest.Item, grounds: "Grounds") -> Iterator[None]:
    """Has a failure show what was sent on both chains; on L2, all but what the operator mirrors there."""
    with (
        watched(item, "zkrollup transactions", grounds.l1),
        watched(item, "zkrollup transactions on L2", grounds.l2, without=grounds.operator),
    ):
        yield


@pytest.fixture
def _zk_prepared(
    _zk_grounds: "Grounds | Reference",
    zk_target: "Target",
    _zk_session: Session,
    request: pytest.FixtureRequest,
) -> Iterator[Prepared]:
    prepared = on_grounds(_zk_grounds, zk_target)
    anchor = partial(_zk_session.anchored, prepared)
    with _zk_session.used(prepared), in_use(request.node, anchor, prepared):
        yield prepared


@pytest.fixture
def zk_target(_zk_grounds: "Grounds | Reference") -> "ReferenceTarget":
    """The rollup that a test tests: the reference, deployed once a run.

    Override it to return another ``Target``: ``zk_target.replace(lock=...)`` for contracts with our
    interfaces, or an instance of a class of your own, deployed on ``chain``.
    """
    if not isinstance(_zk_grounds, Reference):  # a fixture asked for it by getfixturevalue
        raise InvalidFixture(
            "a fixture zk_target that begins with the reference must name zk_target among its arguments"
        )
    return _zk_grounds.devnet.reference


@pytest.fixture
def _zk_chain(
    _zk_session: Session, _zk_wanted: ZkConfig, request: pytest.FixtureRequest
) -> "Iterator[Chain]":
    """The rollup's L1 where the test uses a rollup, else a chain without one."""
    if not {ROLLUP_FIXTURE, TARGET_FIXTURE}.isdisjoint(request.fixturenames):
        yield _grounds_of(request.getfixturevalue(GROUNDS_FIXTURE)).l1
    else:
        with (
            _zk_session.chain(_zk_wanted.accounts) as chain,
            in_use(request.node, chain.anchor),
            watched(request.node, "zkrollup transactions", chain),
        ):
            yield chain


def on_grounds(grounds: "Grounds | Reference", target: "Target") -> Prepared:
    """What ``zk_target`` returned, on what ``_zk_grounds`` is.

    Raises:
        InvalidFixture: It is no Target.
        TargetElsewhere: It is on another chain.
        IncompleteTarget: It does not define what it declares.
    """
    from zkrollup.devnet import Target, Testbed

    if not isinstance(target, Target):
        raise InvalidFixture(f"the fixture zk_target must return a Target, but it returned {target!r}")
    reference = grounds if isinstance(grounds, Reference) else None
    if reference is not None and target is reference.devnet.target:
        return Prepared(reference.devnet, reference)
    return Prepared(Testbed(_grounds_of(grounds), target), reference)


def _begins_with_ours(request: pytest.FixtureRequest) -> bool:
    """Whether the fixture ``zk_target`` is this file's, or a tester's that asks for this file's."""
    # Nothing public tells an override from what it overrides.
    definitions = request._fixturemanager.getfixturedefs(TARGET_FIXTURE, request.node)
    for definition in reversed(definitions or ()):
        if definition.func.__module__ == __name__:
            return True
        if TARGET_FIXTURE not in definition.argnames:
            return False
    return False


def _grounds_of(prepared: "Grounds | Reference") -> "Grounds":
    return prepared.devnet.grounds if isinstance(prepared, Reference) else prepared


@pytest.fixture
def rollup(_zk_prepared: Prepared) -> "Rollup":
    """A rollup between two chains: deposit, transfer, withdraw, settle. Each test finds it unused."""
    return _zk_prepared.testbed.rollup


@pytest.fixture
def alice(_zk_prepared: Prepared) -> "User":
    """A user with ETH and TestTokens on L1 and a key on L2."""
    return _zk_prepared.user(0, "alice")


@pytest.fixture
def bob(_zk_prepared: Prepared) -> "User":
    """Another user with ETH and TestTokens on L1 and a key on L2."""
    return _zk_prepared.user(1, "bob")


@pytest.fixture
def make_user(_zk_prepared: Prepared) -> "Callable[[str], User]":
    """Called with a name, makes another user."""
    return _zk_prepared.testbed.user


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
