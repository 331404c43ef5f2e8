"""The suites, as they are, over a rollup of another shape."""

import pytest
from tests.targets.tiny import TinyTarget

from pytest_zkrollup.suites.attacks import *  # noqa: F403
from pytest_zkrollup.suites.lifecycle import *  # noqa: F403

pytestmark = pytest.mark.node


@pytest.fixture
def zk_target(chain, zk, tiny_compiled):
    return TinyTarget.deploy(chain, zk, tiny_compiled)
