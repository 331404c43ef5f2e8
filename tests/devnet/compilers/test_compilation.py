"""A project's sources compiled by the real compilers, out of the cache, by several processes; progress."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zkrollup import storage
from zkrollup.compilers import (
    CompilationFailed,
    InvalidSettings,
    Settings,
    UnreadableSource,
    compile_project,
    compile_sources,
)
from zkrollup.compilers.imports import layout

ROOT = Path(__file__).parents[3]
EMPTY = {"contracts": {}, "sources": {}}
SOLIDITY = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\n"
VYPER = "@external\ndef f() -> uint256:\n    return 7\n"


def names(artifacts):
    return sorted(artifact.qualified_name for artifact in artifacts if artifact.bytecode)


@pytest.mark.node
def test_solc_finds_every_import_where_we_looked(own_cache, npm_solc, project):
    """Remapped with and without context, relative, from a library, from a package, from the root."""
    other = 'import "@x/X.sol"; contract Other is X {}'
    root = project(
        {
            "src/T.sol": SOLIDITY + 'import * as L from "solmate/L.sol"; import {X} from "@x/X.sol";\n'
            'import \'./deep/../deep/R.sol\'; import "pkg/src/P.sol"; import "shared/S.sol";\n'
            "contract T is L.L, X, R, P, S { uint256 public immutable n = block.number; }",
            "src/old/Other.sol": SOLIDITY + other,
            "src/deep/R.sol": SOLIDITY + 'import "../Up.sol"; contract R is Up {}',
            "src/Up.sol": SOLIDITY + "abstract contract Up {}",
            "lib/solmate/src/L.sol": SOLIDITY + "contract L {}",
            "new/X.sol": SOLIDITY + "contract X { uint256 public v = 3; }",
            "past/X.sol": SOLIDITY + "contract X { uint256 public w = 5; }",
            "node_modules/pkg/src/P.sol": SOLIDITY + 'import "./Q.sol"; contract P is Q {}',
            "node_modules/pkg/src/Q.sol": SOLIDITY + "contract Q {}",
            "shared/S.sol": SOLIDITY + "contract S {}",
            "remappings.txt": "@x/=new/\nsrc/old/:@x/=past/\n",
        }
    )
    artifacts = {each.qualified_name: each for each in compile_project(root, [root / "src"])}
    assert {"pkg/src/Q.sol:Q", "lib/solmate/src/L.sol:L", "shared/S.sol:S"} < set(artifacts)
    getters = {each["name"] for each in artifacts["src/old/Other.sol:Other"].abi}
    assert getters == {"w"}
    assert not artifacts["src/Up.sol:Up"].bytecode
    assert set(artifacts["src/T.sol:T"].immutables) == {"n"}


PATHS = (
    "./C.sol",
    "../C.sol",
    "../../D.sol",
    "./e//F.sol",
    ".//G.sol",
    "../h/./i/../J.sol",
    "k/../L.sol",
    "@x/M.sol",
)


@pytest.mark.node
def test_solc_calls_units_as_we_do(own_cache, npm_solc, project):
    """It names all that it misses."""
    source = "".join(f'import "{path}";\n' for path in PATHS)
    root = project({"src/A.sol": source, "remappings.txt": "@x/=n/../o/\n"})
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root])
    missing = [each.message.split('"')[1] for each in caught.value.diagnostics]
    assert missing == [layout(root).resolve(path, "src/A.sol") for path in PATHS]


@pytest.mark.node
def test_a_program_and_the_npm_package_make_the_same_of_the_same(own_cache, npm_solc, project, monkeypatch):
    """The program `solc` is npm's behind that command line, as there is no other here."""
    root = project({"A.sol": SOLIDITY + "contract A { uint256 immutable n = block.number; }"})
    packaged = compile_sources(root, [root])
    (root / "bin").mkdir()
    (root / "bin" / "solc").symlink_to(ROOT / "tests" / "projects" / "solc.mjs")
    monkeypatch.setenv("PATH", f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}")
    of_path = compile_sources(root, [root])
    monkeypatch.setenv("SOLC", str(ROOT / "node_modules" / "solc" / "solc.js"))
    named = compile_sources(root, [root])
    assert packaged.artifacts == of_path.artifacts == named.artifacts
    assert len({packaged.compilers, of_path.compilers, named.compilers}) == 3


@pytest.mark.node
def test_what_solc_refuses_is_shown_in_its_words_with_its_lines(own_cache, npm_solc, project):
    root = project(
        {
            "A.sol": SOLIDITY + "contract A { function f() external { x = 3; } uint256 y = true; }",
            "B.sol": SOLIDITY + 'import "./Missing.sol";\ncontract B {}',
        }
    )
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root / "A.sol"])
    assert [each.kind for each in caught.value.diagnostics] == ["DeclarationError"]
    assert " --> A.sol:3:38:" in str(caught.value)
    assert "contract A { function f() external { x = 3; } uint256 y = true; }" in str(caught.value)
    with pytest.raises(CompilationFailed, match=r'Source "Missing\.sol" not found'):
        compile_project(root, [root / "B.sol"])


@pytest.mark.node
def test_sources_that_need_three_releases_compile_and_a_shared_import_comes_once(
    own_cache, npm_solc, project
):
    packages = project({}) / "node_modules"
    for alias in ("solc-0.5.16", "solc-0.6.6"):
        (packages / alias).symlink_to(ROOT / "node_modules" / alias, target_is_directory=True)
    root = project(
        {
            "IPair.sol": "pragma solidity >=0.5.0;\n"
            "interface IPair { function n() external view returns (uint); }",
            "Pair.sol": "pragma solidity =0.5.16;\n"
            'import "./IPair.sol"; contract Pair is IPair { uint public n = uint8(-1); }',
            "Router.sol": "pragma solidity =0.6.6;\nimport './IPair.sol'; abstract contract Abstract {}\n"
            "contract Router is Abstract { function f(IPair p) public view returns (uint) { return p.n(); }}",
            "New.sol": SOLIDITY + 'import "./IPair.sol"; error Odd(IPair pair); contract New { }',
        }
    )
    done = compile_sources(root, [root])
    assert sorted(each.qualified_name for each in done.artifacts) == [
        "IPair.sol:IPair",
        "New.sol:New",
        "Pair.sol:Pair",
        "Router.sol:Abstract",
        "Router.sol:Router",
    ]
    assert set(done.compilers) == {"solc 0.8.37", "solc 0.5.16", "solc 0.6.6"}
    again = compile_sources(root, [root])
    assert again == done


@pytest.mark.node
def test_both_languages_together_and_all_that_both_refuse(own_cache, npm_solc, project):
    files = {"a/A.sol": SOLIDITY + "contract A {}", "a/V.vy": VYPER, "W.vy": VYPER.replace("7", "11")}
    root = project(files)
    done = compile_sources(root, [root / "a", Path("W.vy")])
    assert names(done.artifacts) == ["W.vy:W", "a/A.sol:A", "a/V.vy:V"]
    assert [name.split()[0] for name in done.compilers] == ["solc", "vyper"]
    project({"a/A.sol": SOLIDITY + "contract A { x }", "W.vy": VYPER.replace("7", "seven")})
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root / "a", root / "W.vy"])
    assert [each.source for each in caught.value.diagnostics] == ["a/A.sol", "W.vy"]
    assert len(caught.value.compilers) == 2


@pytest.mark.node
def test_the_optimizer_s_runs_show_in_the_code(own_cache, npm_solc, project):
    body = "uint256[] a; function f(uint256 x) external { for (uint256 i; i < x; i++) a.push(i * x); }"
    root = project({"A.sol": SOLIDITY + f"contract A {{ {body} function g() external {{ a.push(3); }} }}"})
    (small,) = compile_project(root, [root], settings=Settings(optimizer_runs=1))
    (fast,) = compile_project(root, [root], settings=Settings(optimizer_runs=1_000_000))
    (through_ir,) = compile_project(root, [root], settings=Settings(via_ir=True))
    assert len({small.runtime, fast.runtime, through_ir.runtime}) == 3


# --- which files ------------------------------------------------------------------------------------------


def test_a_folder_is_its_sources_without_packages_hidden_folders_and_forge_s_tests(own_cache, project, solc):
    root = project(
        {
            "A.sol": "",
            "deep/B.sol": "",
            "A.t.sol": "",
            "Deploy.s.sol": "",
            "node_modules/p/P.sol": "",
            ".hidden/H.sol": "",
            "README.md": "",
        }
    )
    asked = solc(EMPTY)
    compile_project(root, [root])
    assert list(asked()[0]["sources"]) == ["A.sol", "deep/B.sol"]


def test_a_file_that_is_named_is_compiled_whatever_it_is_called(own_cache, project, solc):
    root = project({"A.t.sol": "", "B.sol": ""})
    asked = solc(EMPTY)
    compile_project(root, [root / "A.t.sol", root / "A.t.sol"])
    assert list(asked()[0]["sources"]) == ["A.t.sol"]


def test_a_source_has_one_name_however_its_path_is_written(own_cache, project, solc):
    root = project({"A.sol": "", "src/B.sol": 'import "../A.sol";'})
    asked = solc(EMPTY)
    compile_project(root / "src" / "..", [Path("src/../A.sol"), Path("src")])
    assert list(asked()[0]["sources"]) == ["A.sol", "src/B.sol"]


def test_a_source_outside_the_root_keeps_its_whole_path(own_cache, project, solc, tmp_path):
    (tmp_path / "B.sol").touch()
    asked = solc(EMPTY)
    compile_project(project({"A.sol": ""}), [tmp_path / "B.sol"])
    assert list(asked()[0]["sources"]) == [(tmp_path / "B.sol").as_posix()]


@pytest.mark.parametrize(
    ("name", "rule"), [("C.sol", "no such file"), ("notes.txt", "ends with .sol or .vy")]
)
def test_what_is_no_source_is_refused_by_its_name(project, name, rule):
    root = project({"A.sol": "", "notes.txt": ""})
    with pytest.raises(UnreadableSource, match=rf"{name}: .*{rule}") as caught:
        compile_project(root, [root / "A.sol", root / name])
    assert caught.value.path == str(root / name)


def test_nothing_to_compile_needs_no_compiler(project, monkeypatch):
    monkeypatch.setenv("SOLC", "nowhere")
    root = project({"README.md": ""})
    assert compile_sources(root, [root]).artifacts == ()


@pytest.mark.parametrize(
    ("name", "value"), [("optimizer_runs", -1), ("optimizer_runs", 2**32), ("evm_version", "--help")]
)
def test_settings_that_no_compiler_takes_are_refused(name, value):
    with pytest.raises(InvalidSettings, match=name) as caught:
        Settings(**{name: value})
    assert (caught.value.name, caught.value.value) == (name, value)


# --- the cache --------------------------------------------------------------------------------------------


def test_the_same_content_is_compiled_once_wherever_it_lies(own_cache, project, solc):
    asked = solc(EMPTY)
    root = project({"one/A.sol": "contract A {}", "two/A.sol": "contract A {}"})
    for folder in ("one", "two", "one"):
        compile_project(root / folder, [root / folder])
    assert len(asked()) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda project: project({"A.sol": 'import "./B.sol"; contract C {}'}),
        lambda project: project({"B.sol": "contract D {}"}),
        lambda project: project({"remappings.txt": "x/=y/\n"}),
    ],
    ids=["source", "import", "remapping"],
)
def test_another_content_is_compiled_again(own_cache, project, solc, change):
    asked = solc(EMPTY)
    root = project({"A.sol": 'import "./B.sol";', "B.sol": "contract B {}"})
    compile_project(root, [root / "A.sol"])
    change(project)
    compile_project(root, [root / "A.sol"])
    assert len(asked()) == 2


def test_another_compiler_and_other_settings_compile_again(own_cache, project, solc):
    asked = solc(EMPTY)
    root = project({"A.sol": "contract A {}"})
    compile_project(root, [root])
    compile_project(root, [root], settings=Settings(optimizer_runs=7))
    solc(EMPTY, version="0.8.32")
    compile_project(root, [root])
    assert len(asked()) == 3


def test_processes_that_need_the_same_compile_it_once(own_cache, project, solc):
    asked = solc(EMPTY, seconds=0.6)
    root = project({"A.sol": "contract A {}"})
    text = (
        "import json, sys, pathlib\n"
        "from zkrollup.compilers import compile_project\n"
        "said = []\n"
        "compile_project(pathlib.Path(sys.argv[1]), [pathlib.Path('A.sol')], waiting=said.append)\n"
        "print(json.dumps(said))\n"
    )
    command = [sys.executable, "-c", text, str(root)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    said = [json.loads(process.communicate()[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(asked()) == 1
    assert all(message.startswith("waiting while another process") for each in said for message in each)


@pytest.mark.filterwarnings("ignore::zkrollup.storage.UncachedWarning")
def test_without_a_cache_it_compiles_each_time(project, solc, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "file" / "inside"))
    asked = solc(EMPTY)
    root = project({"A.sol": "contract A {}"})
    for _ in range(2):
        compile_project(root, [root])
    assert len(asked()) == 2


# --- progress ---------------------------------------------------------------------------------------------


def test_progress_is_told_a_run_of_a_compiler_at_a_time_and_not_where_nothing_is_compiled(
    own_cache, project, solc
):
    solc(EMPTY)
    root = project({"A.sol": "", "V.vy": VYPER, "W.vy": VYPER})
    told = []
    compile_project(root, [root], progress=lambda *each: told.append(each))
    assert told == [("compile contracts", done / 3) for done in range(4)]
    told.clear()
    compile_project(root, [root], progress=lambda *each: told.append(each))
    assert told == []
    project({"W.vy": VYPER.replace("7", "11")})
    compile_project(root, [root], progress=lambda *each: told.append(each))
    assert told == [("compile contracts", 0.0), ("compile contracts", 1.0)]
