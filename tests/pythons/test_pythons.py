"""Which Pythons are found, and that none that fails or is missing passes in silence."""

import sys

import pytest
from tests.pythons import pythons
from tests.pythons.pythons import Failed, Interpreter, candidates, find, main

OTHER = next(version for version in pythons.VERSIONS if version != pythons.OWN)
only_posix = pytest.mark.skipif(sys.platform == "win32", reason="programs here are shell scripts")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a shell script where a Python is looked for, which is nowhere else."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))

    def put(where, script):
        file = tmp_path / where
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}:{tmp_path / 'bin'}")
        return file

    return put


@only_posix
def test_a_name_that_does_not_run_is_passed_over_for_one_that_does(program):
    program(f"shims/python{OTHER}", "exit 127")
    program(f"bin/python{OTHER}", f"echo {OTHER}.7 /real/python")
    program(f"pyenv/versions/{OTHER}.9/bin/python", f"echo {OTHER}.9 /pyenv/python")
    assert find(OTHER) == Interpreter(f"{OTHER}.7", pythons.Path("/real/python"))


@only_posix
def test_pyenvs_folders_are_looked_into_where_names_fail(program):
    program(f"shims/python{OTHER}", "exit 127")
    program(f"pyenv/versions/{OTHER}.9/bin/python", f"echo {OTHER}.9 /pyenv/python")
    assert find(OTHER) == Interpreter(f"{OTHER}.9", pythons.Path("/pyenv/python"))


@only_posix
def test_another_version_behind_the_name_is_not_taken(program):
    program(f"bin/python{OTHER}", "echo 3.1.4 /old/python")
    assert find(OTHER) is None


def test_this_python_is_found_where_its_own_folder_is_on_path(monkeypatch, tmp_path):
    own = f"python{pythons.OWN}"
    monkeypatch.setattr(
        pythons.shutil, "which", lambda name, path=None: sys.executable if name == own else None
    )
    found = find(pythons.OWN)
    assert found is not None
    assert found.version.startswith(f"{pythons.OWN}.")


def test_nothing_is_looked_for_in_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert list(candidates(OTHER)) == []


@pytest.fixture
def ways(monkeypatch):
    """Runs main with nothing found, but for what is put into the mapping: what running it gives."""
    results = {}

    def run(interpreter, version, wheel):
        if isinstance(results[version], Exception):
            raise results[version]
        return results[version]

    monkeypatch.setattr(pythons, "build", lambda folder: folder / "x.whl")
    monkeypatch.setattr(
        pythons, "find", lambda v: Interpreter(f"{v}.5", pythons.Path(v)) if v in results else None
    )
    monkeypatch.setattr(pythons, "run", run)
    return results


def test_where_no_other_is_found_it_says_that_none_was_run(ways, capsys):
    assert main() == 0
    out = capsys.readouterr().out
    assert f"RAN NONE: no other Python than {pythons.OWN} was found" in out
    assert f"Python {OTHER}  not found, and so NOT RUN" in out


def test_one_that_fails_fails_all_and_the_rest_is_run(ways, capsys):
    last = pythons.VERSIONS[-1]
    ways.update({OTHER: Failed("the demo"), last: "97 passed"})
    assert main() == 1
    out = capsys.readouterr().out
    assert f"Python {OTHER}  {OTHER}.5: FAILED: the demo" in out
    assert f"Python {last}  {last}.5: 97 passed" in out
    assert "RAN NONE" not in out


def test_those_that_pass_are_told_from_those_that_are_not_found(ways, capsys):
    ways[OTHER] = "97 passed"
    assert main() == 0
    assert capsys.readouterr().out.count("NOT RUN") == len(pythons.VERSIONS) - 2


def test_a_step_that_exits_with_an_error_shows_its_output(tmp_path, capsys):
    with pytest.raises(Failed, match="the demo"):
        pythons.step("the demo", [sys.executable, "-c", "print('why'); raise SystemExit(3)"], tmp_path)
    assert capsys.readouterr().out == "the demo exited with 3:\nwhy\n\n"
