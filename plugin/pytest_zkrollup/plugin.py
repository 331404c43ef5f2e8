"""pytest hooks: options, marker, header, summary, tracebacks. Loads neither an EVM nor a compiler."""

from collections.abc import Generator
from contextlib import nullcontext
from typing import Any, Final

import pytest

from pytest_zkrollup import books, contracts, isolation, tracebacks
from pytest_zkrollup.config import (
    InvalidConfig,
    ZkConfig,
    add_options,
    from_options,
    prover_place,
    require_allowed,
)
from pytest_zkrollup.markers import LINE, InvalidMarker, with_markers
from pytest_zkrollup.session import SESSION, Session
from zkrollup import __version__
from zkrollup.snark.modes import MockForbidden
from zkrollup.snark.places import THREADS, InvalidPlace

pytest_plugins = ["pytest_zkrollup.fixtures"]

# Suites are imported by testers, and their assertions should show values there, too.
pytest.register_assert_rewrite("pytest_zkrollup.suites")

_WORKER_OUTPUT: Final = "zkrollup"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys; all names start with zk."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and a session without anything in it yet."""
    config.addinivalue_line("markers", LINE)
    try:
        require_allowed(from_options(config), config)
    except InvalidConfig as error:
        raise pytest.UsageError(f"--zk-{error.name} or zk_{error.name}: {error}") from None
    except MockForbidden as error:
        raise pytest.UsageError(str(error)) from None
    try:
        prover_place(config)
    except InvalidPlace as error:
        raise pytest.UsageError(f"--zk-prover or zk_prover: {error}") from None
    config.stash[SESSION] = Session(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends connections to where proofs are computed, and what the environment was told."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        session.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Proof mode, sizes, where proofs are computed unless it is here, and the project if there is one."""
    place = prover_place(config)
    first = f"zkrollup {__version__}: {from_options(config)}" + (f", {place}" if place != THREADS else "")
    project = contracts.described(config)
    return [first] + ([f"zkrollup project: {project}"] if project else [])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A bad marker fails its test before anything is set up, whether the test uses a rollup or not."""
    try:
        with_markers(ZkConfig(), item)
    except InvalidMarker as error:
        pytest.fail(str(error), pytrace=False)


# First, so that it runs around Hypothesis's wrapper, which makes the health checks.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Each example of a property starts where the test started; after it, as after a test, books balance."""
    __tracebackhide__ = True
    if isinstance(item, pytest.Function) and isolation.is_property(item):
        with isolation.each_example_anchored(item):
            return (yield)
    result = yield
    books.check_after(item)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """An error of ours is shown at the test's own line, without our frames; a revert with what was called."""
    if call.excinfo is None or not tracebacks.is_refusal(call.excinfo.value):
        return (yield)
    if forbidden := tracebacks.find(MockForbidden, call.excinfo.value):
        # The whole run: a test that is expected to fail must not hide it.
        item.session.shouldfail = str(forbidden)
    whole = item.config.getoption("zk_full_trace")
    with nullcontext() if whole else tracebacks.own_frames_hidden():
        report = yield
    tracebacks.name_briefly(report.longrepr, call.excinfo.value)
    report.sections += [("zkrollup call trace", text) for text in tracebacks.call_traces(call.excinfo.value)]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_exception_interact(
    node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]
) -> Generator[None, object, object]:
    """For an error of ours, ``--pdb`` stops at the test's own line, unless our frames were asked for."""
    whole = node.config.getoption("zk_full_trace") or node.config.getoption("fulltrace")
    if whole or call.excinfo is None or not tracebacks.is_refusal(call.excinfo.value):
        return (yield)
    with tracebacks.ended_at_the_testers_line(call.excinfo.value):
        return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its tally to the controller."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_WORKER_OUTPUT] = session.config.stash[SESSION].tally.dump()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The controller takes over a worker's tally; one that crashed leaves none."""
    output = getattr(node, "workeroutput", None) or {}
    if _WORKER_OUTPUT in output:
        node.config.stash[SESSION].tally.merge(output[_WORKER_OUTPUT])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many proofs were made, taken from the store, or mocked; nothing where there were none."""
    tally = terminalreporter.config.stash[SESSION].tally
    if tally.proofs:
        terminalreporter.write_line(f"zkrollup: {tally}")
    if tally.unverified:
        keys = ", ".join(sorted(tally.unverified))
        terminalreporter.write_line(f"zkrollup: UNVERIFIED {keys}: give ptau= or zkey_sha256= to zk.circuit")
