"""pytest hooks: options, marker, header, summary, tracebacks. Loads neither an EVM nor a compiler."""

from collections.abc import Generator
from contextlib import nullcontext
from typing import Any, Final

import pytest

from pytest_zkrollup import books, contracts, entering, isolation, mocks, reports, tracebacks
from pytest_zkrollup.config import (
    FLAGS,
    InvalidConfig,
    ZkConfig,
    add_options,
    flag,
    from_options,
    prover_place,
    require_allowed,
    require_environment,
)
from pytest_zkrollup.markers import LINE, InvalidMarker, with_markers
from pytest_zkrollup.session import SESSION, Session
from zkrollup import __version__
from zkrollup.snark.modes import MockForbidden, ProofMode
from zkrollup.snark.places import THREADS, InvalidPlace

pytest_plugins = ["pytest_zkrollup.fixtures"]

# Suites are imported by testers, and their assertions should show values there, too.
pytest.register_assert_rewrite("pytest_zkrollup.suites")

_WORKER_OUTPUT: Final = "zkrollup"
_UNNOTICED: Final = pytest.StashKey[list[str]]()
"""Where forbidden mocks were asked for outside of anything that could fail."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini keys; all names start with zk."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """A conftest.py may make mocks as it is loaded, and is heard too."""
    mocks.begin(early_config)
    return (yield)


# Last, so that whatever else is configured may forbid mocks in the environment.
@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """The marker, and a session without anything in it yet."""
    config.addinivalue_line("markers", LINE)
    record = mocks.begin(config)
    record.leave()
    if record.newly_forbidden(mocks.LOADING):
        raise pytest.UsageError(mocks.forbidden_in(mocks.LOADING))
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
    for key in FLAGS:
        flag(config, key)
    require_environment()
    contracts.require_settings(config)
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
    lines = [first] + ([f"zkrollup project: {project}"] if project else [])
    return lines + [f"zkrollup: MOCKED in {where}" for where in config.stash[mocks.MOCKS].places()]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Mocks that a file makes as it is imported are that file's, and fail it where they are forbidden."""
    record, place = collector.config.stash[mocks.MOCKS], collector.nodeid or mocks.BETWEEN
    with record.at(place):
        report = yield
    call: pytest.CallInfo[Any] | None = getattr(report, "call", None)
    whole = collector.config.getoption("zk_full_trace")
    if not whole and call is not None and call.excinfo and tracebacks.is_refusal(call.excinfo.value):
        with tracebacks.own_frames_hidden(call.excinfo.value):
            report.longrepr = collector.repr_failure(call.excinfo)
        tracebacks.name_briefly(report.longrepr, call.excinfo.value)
    if record.newly_forbidden(place) and not report.failed:
        report.outcome, report.longrepr = "failed", mocks.forbidden_in(place)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Mocks that are made from here to the test's teardown are the test's."""
    with item.config.stash[mocks.MOCKS].at(item.nodeid):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A bad marker fails its test before anything is set up, whether the test uses a rollup or not."""
    try:
        with_markers(ZkConfig(), item)
    except InvalidMarker as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


# First, so that it runs around Hypothesis's wrapper, which makes the health checks.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Each example of a property starts where the test started; after it, as after a test, books balance.

    What a test expects and never enters fails it.
    """
    __tracebackhide__ = True
    with entering.all_entered():
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
    """A failure of ours is shown at the test's own line; whoever asks for a forbidden mock has failed."""
    report = yield from _explained(item, call)
    record = item.config.stash[mocks.MOCKS]
    asked = record.newly_forbidden(item.nodeid)
    raised = call.excinfo is not None and tracebacks.find(MockForbidden, call.excinfo.value) is not None
    if record.by_run and (asked or raised):
        # Whether the test caught the refusal, or is expected to fail.
        vars(report).pop("wasxfail", None)
        if not report.failed:
            report.outcome, report.longrepr = "failed", mocks.forbidden_in(item.nodeid)
        elif not raised:
            report.sections.append(("zkrollup", mocks.forbidden_in(item.nodeid)))
    return report


def _explained(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report: an error of ours at the test's own line, what reverted calls did, and what was sent."""
    if call.excinfo is None:
        return (yield)
    error, whole = call.excinfo.value, item.config.getoption("zk_full_trace")
    is_refusal = tracebacks.is_refusal(error)
    reason = reports.reason(error, item)
    if reason is not None and not getattr(error, "__notes__", ()):  # a fixture's error may come again
        error.add_note(f"that is {reason}")
    with tracebacks.own_frames_hidden(error) if is_refusal and not whole else nullcontext():
        report = yield
    if is_refusal:
        tracebacks.name_briefly(report.longrepr, error, reason)
    reports.explain(report, item, error)
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
    """A worker of pytest-xdist hands its tally to the controller; a mock outside of tests fails the run."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_WORKER_OUTPUT] = session.config.stash[SESSION].tally.dump()
    else:
        unnoticed = session.config.stash[mocks.MOCKS].forbidden_and_untold()
        session.config.stash[_UNNOTICED] = unnoticed
        if unnoticed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The controller takes over a worker's tally; one that crashed leaves none."""
    output = getattr(node, "workeroutput", None) or {}
    if _WORKER_OUTPUT in output:
        node.config.stash[SESSION].tally.merge(output[_WORKER_OUTPUT])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many proofs were made, stored or mocked, and where mocks came from; nothing where there were none.

    Where the whole run is one of mocks, the header says so, and no test is listed.
    """
    config, write = terminalreporter.config, terminalreporter.write_line
    tally = config.stash[SESSION].tally
    if tally:
        write(f"zkrollup: {tally}")
    if from_options(config).proofs is not ProofMode.MOCK:
        for place in tally.mocks.places():
            write(f"zkrollup: MOCKED in {place}")
    for place in config.stash.get(_UNNOTICED, []):
        write(f"zkrollup: {mocks.forbidden_in(place)}", red=True)
    if tally.unverified:
        keys = ", ".join(sorted(tally.unverified))
        write(f"zkrollup: UNVERIFIED {keys}: give ptau= or zkey_sha256= to zk.circuit")
