"""A devnet with users, put back after each test."""

import pytest
from tests.lifecycle.support import cast, shared_devnet


@pytest.fixture
def actors():
    devnet = shared_devnet()
    with devnet.anchor():
        yield cast(devnet)
