"""A fresh engine for each test."""

import pytest
from tests.devnet.evm.engine.support import make_engine

from zkrollup.evm.engine.engine import Engine


@pytest.fixture
def engine() -> Engine:
    return make_engine()
