"""Hypothesis: each example of a property starts where the test started.

pytest sets function-scoped fixtures up once a test, not once an example, and Hypothesis rightly complains.
Ours are put back after each example, so here the complaint is made about other fixtures only.
Hypothesis documents ``inner_test`` for plugins like this one; of its settings there is no public way to
change those of a test that already has some.
"""

import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import pytest

from pytest_zkrollup.books import check_after
from pytest_zkrollup.fixtures import (
    CHAIN_FIXTURE,
    GROUNDS_FIXTURE,
    ROLLUP_FIXTURE,
    TARGET_FIXTURE,
    on_grounds,
)
from pytest_zkrollup.holding import example, held_by

_SETTINGS: Final = "_hypothesis_internal_use_settings"


def is_property(item: pytest.Item) -> bool:
    """Whether Hypothesis runs the test, many times."""
    return hasattr(getattr(item, "obj", None), "hypothesis")


@contextmanager
def each_example_anchored(item: pytest.Function) -> Iterator[None]:
    """Wraps the function that Hypothesis calls once an example."""
    __tracebackhide__ = True
    handle = item.obj.hypothesis
    inner = handle.inner_test

    @functools.wraps(inner)
    def anchored(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with example(item), _target_anchored(item):
            result = inner(*args, **kwargs)
            check_after(item)
            return result

    with _only_ours_excused(item):
        handle.inner_test = anchored
        try:
            yield
        finally:
            handle.inner_test = inner


@contextmanager
def _only_ours_excused(item: pytest.Function) -> Iterator[None]:
    """Makes the health check in Hypothesis's place, which would name ours; leaves it where there are none."""
    __tracebackhide__ = True
    if {ROLLUP_FIXTURE, TARGET_FIXTURE, CHAIN_FIXTURE}.isdisjoint(item.fixturenames):
        yield
        return
    from hypothesis import HealthCheck, settings

    check = HealthCheck.function_scoped_fixture
    function = getattr(item.obj, "__func__", item.obj)
    chosen: Any = getattr(function, _SETTINGS, None) or settings.default
    if check in chosen.suppress_health_check:
        yield
        return
    foreign = _foreign_fixtures(item)
    if foreign:
        pytest.fail(
            f"health check of Hypothesis: the fixture {foreign[0]!r} has function scope, so it is set up "
            "once for all examples. Those of pytest-zkrollup are put back after each one. If that is fine, "
            "say @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])",
            pytrace=False,
        )
    before = vars(function).get(_SETTINGS)
    excused = settings(chosen, suppress_health_check={check, *chosen.suppress_health_check})
    setattr(function, _SETTINGS, excused)
    try:
        yield
    finally:
        setattr(function, _SETTINGS, before) if before is not None else delattr(function, _SETTINGS)


def _foreign_fixtures(item: pytest.Function) -> list[str]:
    """Function-scoped fixtures that the test names and that are not this plugin's to put back."""
    # What Hypothesis reads, too: the item's own table also holds the values of parametrize.
    manager = item.session._fixturemanager
    table = manager.getfixtureinfo(node=item, func=item.function, cls=None).name2fixturedefs
    # Whoever wrote the target, its state and its chain are.
    named = [name for name in item._fixtureinfo.argnames if name in table and name != TARGET_FIXTURE]
    last = {name: table[name][-1] for name in named}
    return [
        name
        for name, definition in last.items()
        if definition.scope == "function" and not definition.func.__module__.startswith("pytest_zkrollup.")
    ]


def _target_anchored(item: pytest.Function) -> AbstractContextManager[Any]:
    """Puts back a target that the test holds without a rollup: it is a tester's fixture that gave it."""
    values: dict[str, Any] = item.funcargs
    if held_by(item).rollups or TARGET_FIXTURE not in values:
        return nullcontext()
    grounds = item._request.getfixturevalue(GROUNDS_FIXTURE)
    return on_grounds(grounds, values[TARGET_FIXTURE]).testbed.anchor()
