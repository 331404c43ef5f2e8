"""Which release of solc gets which file. The compilers here are scripts that tell a version and take all."""

import json
import sys
from pathlib import Path

import pytest

from zkrollup.compilers import NoFittingCompiler, Settings
from zkrollup.compilers.solc import find_solc, kept_solcs
from zkrollup.compilers.solidity import solidity_units

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the compilers here are shell scripts; run it on Linux or macOS"
)


def program(file, version):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho 'Version: {version}+commit.1357abcd'\n")
    file.chmod(0o755)
    return file


def package(folder, version, name="solc"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"name": name, "version": version}))


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose solc of PATH is 0.8.31; returns its home."""
    monkeypatch.delenv("SOLC", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    program(tmp_path / "bin" / "solc", "0.8.31")
    return tmp_path / "home"


def runs(root):
    """Unit names that each release compiles for its own, by its number."""
    units = solidity_units(root, sorted(root.glob("*.sol")), Settings())
    return {unit.solc.version.partition("+")[0]: sorted(unit.own) for unit in units}


def test_one_release_gets_all_that_it_may_compile(machine, project):
    program(machine / ".svm" / "0.8.37" / "solc-0.8.37", "0.8.37")
    root = project({"A.sol": "pragma solidity ^0.8.0;", "B.sol": "", "C.sol": "pragma solidity >=0.5;"})
    assert runs(root) == {"0.8.31": ["A.sol", "B.sol", "C.sol"]}


def test_others_get_the_newest_release_that_suits_them(machine, project):
    for version in ("0.6.2", "0.6.12", "0.7.6"):
        program(machine / ".svm" / version / f"solc-{version}", version)
    root = project(
        {
            "A.sol": "pragma solidity ^0.8.0;",
            "B.sol": "pragma solidity ^0.6.0;",
            "C.sol": "pragma solidity <0.6.9;",
        }
    )
    assert runs(root) == {"0.8.31": ["A.sol"], "0.6.12": ["B.sol"], "0.6.2": ["C.sol"]}


def test_what_a_file_imports_counts_too(machine, project):
    program(machine / ".solcx" / "solc-v0.7.6", "0.7.6")
    root = project(
        {
            "A.sol": 'pragma solidity >=0.6.0; import "./B.sol";',
            "B.sol": 'import "./C.sol";',
            "C.sol": "pragma solidity ^0.7.0;",
            "D.sol": "pragma solidity ^0.8.0;",
        }
    )
    assert runs(root) == {"0.7.6": ["A.sol", "B.sol", "C.sol"], "0.8.31": ["D.sol"]}


def test_an_import_that_several_runs_share_comes_from_one(machine, project):
    program(machine / ".solc-select" / "artifacts" / "solc-0.6.6" / "solc-0.6.6", "0.6.6")
    root = project(
        {
            "A.sol": 'pragma solidity ^0.8.0; import "pkg/I.sol";',
            "B.sol": 'pragma solidity ^0.6.0; import "pkg/I.sol"; import "pkg/J.sol";',
            "node_modules/pkg/I.sol": "pragma solidity >=0.5;",
            "node_modules/pkg/J.sol": "pragma solidity >=0.5;",
        }
    )
    units = {unit.solc.release: unit for unit in solidity_units(root, sorted(root.glob("*.sol")), Settings())}
    assert units[0, 8, 31].own == {"A.sol", "pkg/I.sol"}
    assert units[0, 6, 6].own == {"B.sol", "pkg/J.sol"}
    assert set(json.loads(units[0, 6, 6].input)["sources"]) == {"B.sol", "pkg/I.sol", "pkg/J.sol"}


def test_without_a_release_that_suits_the_error_names_pragmas_releases_and_what_to_do(machine, project):
    program(machine / ".svm" / "0.6.12" / "solc-0.6.12", "0.6.12")
    root = project(
        {"A.sol": 'pragma solidity ^0.8.0; import "./B.sol";', "B.sol": "pragma solidity =0.5.16;"},
    )
    with pytest.raises(NoFittingCompiler) as caught:
        runs(root)
    assert (caught.value.source, caught.value.asked) == (
        "A.sol",
        (("A.sol", "^0.8.0"), ("B.sol", "=0.5.16")),
    )
    assert caught.value.found == ("solc 0.8.31+commit.1357abcd", "solc 0.6.12")
    for part in ("=0.5.16  in B.sol", "No release that they name suits all", "change a pragma"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("pragma", "fitting"), [("=0.5.16", "0.5.16"), (">=0.5.3 <0.6.1", "0.5.3"), ("^0.6.2 || 0.7.1", "0.7.1")]
)
def test_the_error_names_a_release_that_would_do(machine, project, pragma, fitting):
    root = project(
        {"A.sol": f'pragma solidity {pragma}; import "./B.sol";', "B.sol": "pragma solidity >=0.4.0;"}
    )
    with pytest.raises(NoFittingCompiler) as caught:
        runs(root)
    assert caught.value.fitting == fitting
    assert f"`npm install solc-{fitting}@npm:solc@{fitting}`" in str(caught.value)


def test_the_one_that_the_environment_names_gets_all(machine, project, monkeypatch, tmp_path):
    program(machine / ".svm" / "0.6.12" / "solc-0.6.12", "0.6.12")
    monkeypatch.setenv("SOLC", str(program(tmp_path / "mine", "0.8.29")))
    root = project({"A.sol": "pragma solidity ^0.8.0;", "B.sol": "pragma solidity ^0.6.0;"})
    assert runs(root) == {"0.8.29": ["A.sol", "B.sol"]}


def test_npm_keeps_several_releases_by_aliases(machine, project, tmp_path):
    node = tmp_path / "bin" / "node"
    node.write_text("#!/bin/sh\necho v20.3.7\n")
    node.chmod(0o755)
    root = project({"B.sol": "pragma solidity ^0.6.0;"})
    package(root / "node_modules" / "solc-0.6.6", "0.6.6")
    package(root / "node_modules" / "solc-old", "0.4.26")  # called in another way
    package(root / "node_modules" / "solc-typed-ast", "0.6.9", name="solc-typed-ast")
    (root / "node_modules" / "solc-broken").mkdir()
    (root / "node_modules" / "solc-broken" / "package.json").write_text("{")
    assert [each.release for each in kept_solcs(root)] == [(0, 6, 6)]
    assert runs(root) == {"0.6.6": ["B.sol"]}


def test_the_newest_kept_release_serves_where_there_is_no_other(machine, project, tmp_path):
    (tmp_path / "bin" / "solc").unlink()
    for version in ("0.8.9", "0.8.30"):
        program(machine / ".svm" / version / f"solc-{version}", version)
    (machine / ".svm" / "0.8.31").mkdir()
    (machine / ".svm" / "0.8.31" / "solc-0.8.31").write_text("not executable")
    found = find_solc(project({"A.sol": ""}))
    assert (found.release, Path(found.place).name) == ((0, 8, 30), "solc-0.8.30")
