"""Test suites that any rollup under test can be put through. Owns none of the fixtures that they use.

    from pytest_zkrollup.suites.lifecycle import *

in a test file runs one against the file's ``zk_target``. What a target does not declare is skipped by name.
``exits``, ``lifecycle``, ``attacks`` and ``leaving`` are suites; the other modules are what they share.
"""
