"""The suites, over the reference."""

from pytest_zkrollup.suites.attacks import *  # noqa: F403
from pytest_zkrollup.suites.leaving import *  # noqa: F403
from pytest_zkrollup.suites.lifecycle import *  # noqa: F403
