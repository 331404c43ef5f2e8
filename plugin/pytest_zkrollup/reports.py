"""What the report of a failing test says beside pytest's own words: what reverted calls did, what was sent.

Owns these sections. Which lines of a traceback are shown is ``tracebacks``'.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_zkrollup.holding import Held, held_by
from pytest_zkrollup.tracebacks import linked, web3_data
from zkrollup.errors import ZkRollupError

if TYPE_CHECKING:
    from zkrollup.evm.traces import Call

_TRACE = "zkrollup call trace"
_SCOPES = "ScopeMismatch"
_SCOPE_HINT = """\
What pytest-zkrollup's fixtures give goes back to a snapshot after each
test, so they have function scope. For something that the tests of a
module share, start a Devnet in a fixture of module scope, and anchor()
it around each test: see "Share a deployment" in the documentation."""


def explain(report: pytest.TestReport, item: pytest.Item, error: BaseException) -> None:
    """Adds what a failed test's error needs to be understood."""
    if not report.failed:
        return
    held = held_by(item)
    report.sections += [(_TRACE, text) for text in _call_traces(error, held)]
    report.sections += held.transcripts()
    if _SCOPES in str(error) and "pytest_zkrollup" in str(error):
        report.sections.append(("zkrollup", _SCOPE_HINT))


def reason(error: BaseException, item: pytest.Item) -> str | None:
    """What a revert means that web3 raised; None for other errors."""
    data = web3_data(error)
    if data is None:
        return None
    call = _of_web3(data, held_by(item))
    return None if call is None else call.failure


def _call_traces(error: BaseException, held: Held) -> Iterator[str]:
    """What the reverted executions among an error's causes did, call by call, as text."""
    for each in linked(error):
        retrace = getattr(each, "retrace", None)
        if isinstance(each, ZkRollupError) and retrace is not None:
            try:
                yield str(retrace())
            except (ZkRollupError, LookupError) as gone:  # reverted to an earlier state since
                yield f"there is none any more: {gone}"
        elif (data := web3_data(each)) is not None and (call := _of_web3(data, held)) is not None:
            yield str(call)


def _of_web3(data: bytes, held: Held) -> "Call | None":
    """What the request of web3 did that reverted with this data."""
    found = (watched.chain.retrace_web3(data) for watched in held.chains)
    return next((call for call in found if call is not None), None)
