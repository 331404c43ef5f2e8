"""Vyper, the real one: what a contract depends on, what is a module, what Vyper says."""

import importlib.util
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
from zkrollup.compilers.vyper import is_module, vyper_units, vyper_version

COUNTER = """
count: public(uint256)

@external
def add(amount: uint256):
    assert amount < 503, "too much"
    self.count += amount
"""
OWNED = """
owner: public(address)

@deploy
def __init__():
    self.owner = msg.sender
"""
USES_OWNED = """
from . import owned
uses: owned

@internal
def check():
    assert msg.sender == owned.owner
"""


def depends_on(root, name):
    (unit,) = vyper_units(root, [root / name], Settings())
    return [path for path, _ in unit.sources]


def test_a_contract_becomes_an_artifact(own_cache, project):
    root = project({"src/Counter.vy": COUNTER})
    (counter,) = compile_project(root, [root / "src"])
    assert (counter.name, counter.source_name, counter.language) == ("Counter", "src/Counter.vy", "Vyper")
    assert {each["name"] for each in counter.abi} == {"add", "count"}
    assert len(counter.bytecode) > len(counter.runtime) > 0


def test_what_it_depends_on_is_found_through_every_form_of_import(project):
    root = project(
        {
            "src/a/T.vy": "from . import own\nfrom .. import up\nfrom ..b import deep\nimport beside\n"
            "import lib.far as far\nfrom lib import faces\nfrom ethereum.ercs import IERC20\n# import no\n",
            "src/a/own.vy": "from . import further\n",
            "src/a/further.vyi": "",
            "src/up.vy": "",
            "src/b/deep.json": "[]",
            "src/a/beside.vy": "",
            "lib/far.vy": "",
            "lib/faces.vyi": "",
            "src/no.vy": "",
            "no.vy": "",
        }
    )
    assert depends_on(root, "src/a/T.vy") == [
        "lib/faces.vyi",
        "lib/far.vy",
        "src/a/T.vy",
        "src/a/beside.vy",
        "src/a/further.vyi",
        "src/a/own.vy",
        "src/b/deep.json",
        "src/up.vy",
    ]


def test_what_python_finds_vyper_finds_and_it_counts(project, monkeypatch, tmp_path):
    (tmp_path / "installed" / "snakes").mkdir(parents=True)
    (tmp_path / "installed" / "snakes" / "cobra.vy").write_text("")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "installed")])
    root = project({"T.vy": "from snakes import cobra\n"})
    assert depends_on(root, "T.vy") == [str(tmp_path / "installed" / "snakes" / "cobra.vy"), "T.vy"]


def test_modules_that_import_each_other_are_read_once(project):
    root = project({"a.vy": "import b\n", "b.vy": "import a\n"})
    assert depends_on(root, "a.vy") == ["a.vy", "b.vy"]


def test_a_change_in_what_is_imported_compiles_again(own_cache, project):
    files = {"T.vy": "from . import owned\ninitializes: owned\nexports: owned.owner\n", "owned.vy": OWNED}
    files["T.vy"] += "\n@deploy\ndef __init__():\n    owned.__init__()\n"
    root = project(files)
    before = compile_project(root, [root / "T.vy"])
    assert compile_project(root, [root / "T.vy"]) == before
    project({"owned.vy": OWNED.replace("msg.sender", "empty(address)")})
    assert compile_project(root, [root / "T.vy"]) != before
    assert len(list(own_cache.iterdir())) == 2


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("uses: owned\n", True),
        ("uses: (owned, paused)\ninitializes: owned\n", True),
        ("initializes: owned\n", False),
        ("uses: owned\ninitializes: owned\ninitializes: paused[owned := owned]\n", False),
        ("# uses: owned\n", False),
        ("", False),
    ],
)
def test_a_module_is_what_uses_another_and_does_not_initialise_it(project, source, expected):
    assert is_module(project({"m.vy": source}) / "m.vy") is expected


def test_modules_of_a_folder_are_left_out_and_vyper_refuses_one_that_is_named(own_cache, project):
    root = project({"src/owned.vy": OWNED, "src/part.vy": USES_OWNED})
    assert [each.name for each in compile_project(root, [root / "src"])] == ["owned"]
    with pytest.raises(CompilationFailed, match="used but never initialized"):
        compile_project(root, [root / "src" / "part.vy"])


def test_a_refusal_is_what_vyper_prints(own_cache, project):
    root = project({"T.vy": COUNTER.replace("amount < 503", "amont < 503")})
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root])
    assert str(caught.value).startswith(f"vyper {vyper_version()} refused the sources:\n\nvyper.exceptions.")
    assert '  ---> 6     assert amont < 503, "too much"' in str(caught.value)
    (problem,) = caught.value.diagnostics
    assert (problem.kind, problem.source) == ("UndeclaredDefinition", "T.vy")
    assert problem.message.startswith("'amont' has not been declared")


def test_all_files_that_are_refused_are_named_and_none_of_python_s_frames(own_cache, project):
    root = project({"A.vy": "def f(:\n", "B.vy": "import nothing\n", "C.vy": COUNTER})
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root])
    assert [each.source for each in caught.value.diagnostics] == ["A.vy", "B.vy"]
    assert [each.kind for each in caught.value.diagnostics] == ["SyntaxException", "ModuleNotFound"]
    assert "Traceback" not in str(caught.value)
    assert "TokenError" not in str(caught.value)


def test_a_pragma_that_vyper_does_not_fit_is_its_own_error(own_cache, project):
    root = project({"T.vy": "# pragma version 0.3.10\n"})
    with pytest.raises(CompilationFailed, match="not compatible with compiler version"):
        compile_project(root, [root])


def test_warnings_are_data(own_cache, project):
    root = project({"T.vy": "event E:\n    a: uint256\n\n@external\ndef f():\n    log E(7)\n"})
    (warning,) = compile_sources(root, [root]).warnings
    assert (warning.severity, warning.kind, warning.source) == ("warning", "Deprecation", "T.vy")
    assert warning.message.startswith("Instantiating events with positional arguments")
    assert "---> 6     log E(7)" in warning.formatted


def test_the_evm_version_reaches_it_and_one_that_it_does_not_know_is_shown_in_its_words(own_cache, project):
    root = project({"T.vy": "@external\ndef f(x: uint256) -> uint256:\n    return 0\n"})
    shanghai = compile_project(root, [root], settings=Settings(evm_version="shanghai"))
    london = compile_project(root, [root], settings=Settings(evm_version="london"))
    assert shanghai != london  # PUSH0
    with pytest.raises(CompilerCrashed, match="invalid choice: 'osaka3'"):
        compile_project(root, [root], settings=Settings(evm_version="osaka3"))


def test_a_folder_called_vyper_in_the_project_is_not_the_compiler(own_cache, project):
    root = project({"T.vy": COUNTER, "vyper/__init__.py": "raise SystemExit(3)", "vyper/__main__.py": ""})
    assert len(compile_project(root, [root])) == 1


def test_without_vyper_the_error_says_what_to_install(project, monkeypatch):
    root = project({"T.vy": COUNTER})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CompilerNotFound, match=r"pytest-zkrollup\[vyper\]"):
        compile_project(root, [root])
