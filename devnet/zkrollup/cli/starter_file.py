"""A first test file as text: what `starters` found out, written as its reader would. Owns the text alone."""

from collections.abc import Iterator, Sequence
from typing import Any

from zkrollup.cli.guesses import variable
from zkrollup.cli.starters import DEALT, Does, Starter, deployment, statements

_HEAD = '"""First tests of this project\'s contracts, written by `zkrollup init`: yours to change."""\n'
_SKIP = "import pytest\n"
_LEGIBLE_ZEROS = 6


def text(found: Sequence[Starter]) -> str:
    """The file."""
    skips = any(each.does is Does.NOTHING for each in found)
    return "\n".join([_HEAD, *([_SKIP] if skips else []), *("\n" + _test(each) for each in found)])


def _test(starter: Starter) -> str:
    lines = {Does.LIFECYCLE: _lifecycle, Does.VIEWS: _views, Does.NOTHING: _nothing}[starter.does]
    return "\n".join(lines(starter)) + "\n"


def _lifecycle(starter: Starter) -> Iterator[str]:
    name = variable(starter.name)
    yield f"def {starter.test}_in_a_rollup(rollup, project, chain, alice, bob):"
    yield from _deployed(starter, name, "alice")
    yield f"    chain.deal({name}, alice, {DEALT:_})  # from nowhere: a mint of your own would do as well"
    yield f"    rollup.deposit({name}, 600, sender=alice)  # locked on L1"
    yield f"    rollup.transfer({name}, 250, sender=alice, to=bob)  # on L2"
    yield f"    exit_ = rollup.withdraw({name}, 100, sender=bob)"
    yield "    rollup.settle()  # a real proof, verified on L1"
    yield "    exit_.claim(sender=alice)  # anybody may send it; bob is paid"
    yield f"    assert {name}.balanceOf(bob) == 100"
    yield f"    assert {name}.balanceOf(alice) == {DEALT - 600}"
    yield f"    assert (alice.l2_balance({name}), bob.l2_balance({name})) == (350, 150)"


def _views(starter: Starter) -> Iterator[str]:
    name = variable(starter.name)
    yield f"def {starter.test}_is_deployed(project, accounts):"
    if starter.reason:
        yield f"    # Not through a rollup: {_one_line(starter.reason)}"
    yield from _deployed(starter, name, "accounts[0]")
    for function, value in starter.views:
        yield f"    assert {name}.{function}() {_expected(value)}"
    if not starter.views:
        yield f"    assert {name}.chain.code({name})"


def _nothing(starter: Starter) -> Iterator[str]:
    yield f"# {starter.constructor}"
    yield f"@pytest.mark.skip(reason={_quoted(_one_line(starter.reason))})"
    yield f"def {starter.test}(project, accounts):"
    yield f"    {variable(starter.name)} = {starter.factory}.deploy(..., sender=accounts[0])"


def _deployed(starter: Starter, name: str, owner: str) -> Iterator[str]:
    lines = (*statements(starter.arguments), deployment(name, starter.factory, starter.arguments))
    yield from (f"    {line.replace('{owner}', owner)}" for line in lines)


def _expected(value: Any) -> str:
    return f"is {value}" if isinstance(value, bool) else f"== {_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, tuple | list):
        inside = ", ".join(map(_written, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int) and not isinstance(value, bool):
        zeros = len(str(value)) - 1
        return f"10**{zeros}" if zeros > _LEGIBLE_ZEROS and value == 10**zeros else f"{value:_}"
    return repr(value)


def _quoted(value: str) -> str:
    plain = value.isprintable() and '"' not in value and "\\" not in value
    return f'"{value}"' if plain else repr(value)


def _one_line(value: str) -> str:
    return " ".join(value.split())
