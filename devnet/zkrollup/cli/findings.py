"""How ``doctor``'s findings look in a terminal. Owns lines and words; what is looked for is ``doctor``'s."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from zkrollup.cli.doctor import Finding

_STATE: Final = 8
"""Columns of the longest word for a state, and one between."""


def print_findings(findings: Sequence["Finding"], width: int) -> None:
    """Prints findings in lines of ``width`` columns at most, and a last line that sums them up.

    No path and no command is broken: a long one makes its line longer, and can be copied.
    """
    column = max((len(finding.name) for finding in findings), default=0)
    margin = " " * (_STATE + column + 1)
    for finding in findings:
        start = f"{_state(finding):<{_STATE}}{finding.name:<{column}} "
        click.echo(_wrapped(finding.found, width, start, margin))
        for line in _remarks(finding, width, margin):
            click.echo(line)
    click.echo(_summary(findings))


def _state(finding: "Finding") -> str:
    if finding.ok:
        return "ok"
    if finding.harmless:
        return "damaged"
    return "MISSING" if finding.required else "missing"


def _remarks(finding: "Finding", width: int, margin: str) -> Iterator[str]:
    if finding.ok:
        return
    if finding.harmless:
        yield _wrapped(f"harmless: {finding.harmless}", width, margin, margin)
    if finding.needed_for:
        yield _wrapped(f"needed for {finding.needed_for}", width, margin, margin)
    if finding.command:
        yield f"{margin}{finding.command}"


def _wrapped(text: str, width: int, first: str, margin: str) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(findings: Sequence["Finding"]) -> str:
    required = [finding.name for finding in findings if finding.required and not finding.ok]
    if required:
        return f"Tests cannot run: {', '.join(required)} missing."
    others = [finding.name for finding in findings if not (finding.ok or finding.harmless)]
    optional = f" Missing, but not needed for them: {', '.join(others)}." if others else ""
    return f"All that tests need is there.{optional}"
