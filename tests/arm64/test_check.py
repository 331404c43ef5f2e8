"""The parts of the arm64 check that need no arm64: what it asks for, copies, counts and refuses."""

import json
import os
import shutil
import subprocess
import sys
import tomllib

import pytest
from tests.arm64 import check, emulator
from tests.arm64.emulator import TOOLS, Arm64, MissingTools, environment, once, require_tools

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the check's tools are programs of Linux")

SNARKJS = check.REPOSITORY / "examples" / "own_verifier"


def junit(folder, **counts):
    numbers = " ".join(f'{name}="{count}"' for name, count in counts.items())
    path = folder / "results.xml"
    path.write_text(f"<testsuites><testsuite {numbers} /></testsuites>")
    return path


def programs(folder, names):
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


# --- tools -------------------------------------------------------------------------------------------------


@pytest.fixture
def keyring(monkeypatch, tmp_path):
    file = tmp_path / "debian-archive-keyring.gpg"
    file.touch()
    monkeypatch.setattr(emulator, "KEYRING", file)
    return file


@pytest.mark.parametrize("lacking", TOOLS)
def test_a_missing_tool_is_named_with_the_package_that_brings_it(lacking, keyring, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs(tmp_path, TOOLS.keys() - {lacking}))
    with pytest.raises(MissingTools) as caught:
        require_tools()
    assert str(caught.value).startswith(f"{lacking}: not found")
    assert str(caught.value).endswith(f"apt-get install {TOOLS[lacking]}")


def test_missing_keys_of_debian_are_named_with_their_package(keyring, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs(tmp_path, TOOLS))
    keyring.unlink()
    with pytest.raises(MissingTools, match=r"gpg: not found.* apt-get install debian-archive-keyring$"):
        require_tools()


def test_tools_on_the_path_are_enough(keyring, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", programs(tmp_path, TOOLS))
    require_tools()


def test_versions_of_the_emulator_are_read_from_what_it_says(tmp_path, monkeypatch):
    programs(tmp_path, TOOLS)
    (tmp_path / "qemu-aarch64-static").write_text(
        "#!/bin/sh\necho 'qemu-aarch64 version 7.2.22 (Debian 1:7)'\n"
    )
    (tmp_path / "proot").write_text("#!/bin/sh\necho ' |__|  |__| 5.1.0'\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert emulator.versions() == "qemu 7.2.22, proot 5.1.0"


def test_without_its_tools_the_check_fails(tmp_path):
    command = [sys.executable, "-m", "tests.arm64.check"]
    done = subprocess.run(
        command, cwd=check.REPOSITORY, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "mmdebstrap proot qemu-user-static" in done.stderr


# --- the system --------------------------------------------------------------------------------------------


def test_the_emulated_python_is_one_that_the_project_supports():
    project = tomllib.loads((check.REPOSITORY / "pyproject.toml").read_text())["project"]
    version = emulator.PYTHON.removeprefix("python")
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_of_our_environment_programs_get_how_to_reach_package_indexes_and_no_more():
    ours = {"PIP_CERT": "/certificates", "https_proxy": "proxy", "PYTHONPATH": "/ours", "ZK_KERNELS": "ifma"}
    theirs = environment({**ours, "HOME": "/ours"})
    assert (theirs["PIP_CERT"], theirs["https_proxy"]) == ("/certificates", "proxy")
    assert not {"PYTHONPATH", "ZK_KERNELS"} & theirs.keys()
    assert theirs["HOME"] == "/home"


@pytest.fixture
def commands(monkeypatch):
    """What is run, and fails where its last argument says so."""
    ran = []

    def run(command, **options):
        ran.append((command, options))
        return subprocess.CompletedProcess(command, int(command[-1] == "fail"))

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_a_program_runs_under_the_emulator_in_the_systems_root(commands, tmp_path):
    Arm64(tmp_path).run("/venv/bin/python", "--version", folder="/source")
    ((command, options),) = commands
    assert " ".join(command).startswith(f"proot -q qemu-aarch64-static -r {tmp_path} ")
    assert " ".join(command).endswith(" -w /source /venv/bin/python --version")
    assert options["env"]["ZK_CACHE_DIR"] == "/cache/zkrollup"


def test_a_program_that_fails_is_named(commands, tmp_path):
    with pytest.raises(emulator.ProgramFailed, match=r"^/venv/bin/python fail ended with 1$"):
        Arm64(tmp_path).run("/venv/bin/python", "fail")


def test_a_program_that_may_fail_says_how_it_ended(commands, tmp_path):
    assert Arm64(tmp_path).run("/venv/bin/python", "fail", check=False).returncode == 1


def test_a_step_is_done_once_for_a_key_and_again_for_another(tmp_path):
    ran = []
    marker = tmp_path / "step.made"
    assert [once(marker, key, lambda: ran.append(1)) for key in ("a", "a", "b")] == [True, False, True]
    assert len(ran) == 2


def test_a_step_that_failed_is_done_again(tmp_path):
    marker = tmp_path / "step.made"
    once(marker, "old", lambda: None)
    with pytest.raises(ZeroDivisionError):
        once(marker, "new", lambda: 1 // 0)
    assert once(marker, "old", lambda: None)


def test_packages_are_installed_anew_when_the_project_asks_for_others(monkeypatch, tmp_path):
    system = Arm64(tmp_path / "root")
    ran = []
    monkeypatch.setattr(check, "SYSTEM", system)
    monkeypatch.setattr(check, "copy_source", lambda: None)
    monkeypatch.setattr(
        Arm64, "run", lambda _, *command, **__: ran.append(command) or subprocess.CompletedProcess((), 0, "")
    )
    project = system.path(check.SOURCE) / "pyproject.toml"
    project.parent.mkdir(parents=True)

    def installs(text):
        project.write_text(text)
        ran.clear()
        check.install()
        return sum("--editable" in command for command in ran)

    assert [installs(text) for text in ("first", "first", "second")] == [1, 0, 1]
    assert any("check" in command for command in ran)


def test_what_is_copied_is_the_source_and_nothing_that_was_made_from_it(monkeypatch, tmp_path):
    working = tmp_path / "working"
    kept = ("pyproject.toml", "devnet/zkrollup/errors.py", "contracts/artifacts/Lock.json")
    made = (
        ".venv/bin/python",
        "node_modules/a.js",
        "docs/_build/a.html",
        "tests/__pycache__/a.pyc",
        ".arm64/root/a",
    )
    for name in kept + made:
        (working / name).parent.mkdir(parents=True, exist_ok=True)
        (working / name).write_text(name)
    monkeypatch.setattr(check, "REPOSITORY", working)
    monkeypatch.setattr(check, "SYSTEM", Arm64(tmp_path / "root"))
    check.copy_source()
    target = check.SYSTEM.path(check.SOURCE)
    assert {str(each.relative_to(target)) for each in target.rglob("*") if each.is_file()} == set(kept)
    assert (target / kept[1]).stat().st_mtime_ns == (working / kept[1]).stat().st_mtime_ns


# --- what is checked ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", check.SUITES)
def test_each_folder_of_tests_exists(suite):
    assert list((check.REPOSITORY / suite).rglob("test_*.py"))


def test_what_is_left_out_are_marks_that_the_project_has():
    options = tomllib.loads((check.REPOSITORY / "pyproject.toml").read_text())["tool"]["pytest"][
        "ini_options"
    ]
    assert check.LEFT_OUT.keys() <= {each.partition(":")[0] for each in options["markers"]}


def test_passed_tests_are_counted_apart_from_skipped_ones(tmp_path):
    assert check.counted(junit(tmp_path, tests=7, skipped=2, failures=0, errors=0), 0) == (
        "5 passed, 2 skipped, 0 failed"
    )


@pytest.mark.parametrize(
    ("counts", "status", "said"),
    [
        ({"tests": 7, "skipped": 2, "failures": 1, "errors": 0}, 1, "4 passed, 2 skipped, 1 failed"),
        ({"tests": 7, "skipped": 0, "failures": 0, "errors": 3}, 0, "4 passed, 0 skipped, 3 failed"),
        ({"tests": 2, "skipped": 2, "failures": 0, "errors": 0}, 0, "0 passed"),
        ({"tests": 7, "skipped": 0, "failures": 0, "errors": 0}, 2, "pytest ended with 2"),
    ],
    ids=["a failure", "an error", "none passed", "interrupted"],
)
def test_anything_but_passed_tests_fails(counts, status, said, tmp_path):
    with pytest.raises(check.CheckFailed, match=said):
        check.counted(junit(tmp_path, **counts), status)


def test_a_run_of_tests_without_results_fails(tmp_path):
    with pytest.raises(check.CheckFailed, match="ended with -11 and without results"):
        check.counted(tmp_path / "absent.xml", -11)


def test_a_proof_from_elsewhere_is_verified_here():
    check.verify_here(SNARKJS)


def test_a_proof_of_something_else_is_refused_here(tmp_path):
    shutil.copytree(SNARKJS, tmp_path, dirs_exist_ok=True)
    first, *others = json.loads((SNARKJS / "public.json").read_text())
    (tmp_path / "public.json").write_text(json.dumps([str(int(first) + 1), *others]))
    with pytest.raises(check.CheckFailed, match="refuses the proof"):
        check.verify_here(tmp_path)


@pytest.fixture
def steps(monkeypatch):
    """All steps pass until a test says otherwise."""
    monkeypatch.setattr(emulator, "require_tools", lambda: None)
    for name in ("make_system", "install", "prove"):
        monkeypatch.setattr(check, name, lambda name=name: f"{name} done")
    monkeypatch.setattr(check, "run_tests", lambda suite: f"{suite} done")
    monkeypatch.setattr(check, "native_packages", lambda: "numba 1.2.3")
    return monkeypatch


def test_the_summary_has_a_line_for_each_step(steps, capsys):
    assert check.main() == 0
    out = capsys.readouterr().out
    assert all(f"{done} done" in out for done in ("make_system", "install", "prove", *check.SUITES))
    assert "With machine code: numba 1.2.3." in out


def failing(*_):
    raise check.CheckFailed("501 of 503 passed")


@pytest.mark.parametrize("step", ["make_system", "install", "prove", "run_tests"])
def test_a_step_that_fails_fails_the_check_and_is_named(step, steps, capsys):
    steps.setattr(check, step, failing)
    assert check.main() == 1
    captured = capsys.readouterr()
    assert "FAILED: 501 of 503 passed" in captured.out
    assert "arm64: failed:" in captured.err


def test_nothing_runs_on_a_system_that_could_not_be_made(steps, capsys):
    steps.setattr(check, "make_system", failing)
    check.main()
    assert "done" not in capsys.readouterr().out
