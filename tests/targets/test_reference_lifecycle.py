"""The lifecycle suite, over the reference."""

from pytest_zkrollup.suites.lifecycle import *  # noqa: F403
