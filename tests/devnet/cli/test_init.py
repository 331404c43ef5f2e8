"""``zkrollup init``: what it writes for which contract, and that what it wrote passes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.projects.building import foundry_project  # noqa: F401
from tests.solidity import ROOT

from zkrollup.cli.guesses import NoGuess, guess, variable
from zkrollup.cli.init import named_contracts
from zkrollup.cli.main import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder that the command runs in, no repository's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def init(*arguments):
    return CliRunner().invoke(main, ["init", *arguments])


def run_pytest(folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


# --- a Foundry project


@pytest.fixture
def foundry(here, foundry_project):  # noqa: F811
    shutil.copytree(foundry_project, here, dirs_exist_ok=True)
    return here


@pytest.mark.node
def test_two_commands_test_a_foundry_project(foundry):
    told = init()
    assert told.exit_code == 0, told.output
    assert told.output.startswith("wrote test/test_contracts.py\n")
    assert f"```text\n{told.output}```" in (ROOT / "README.md").read_text()
    done = run_pytest(foundry)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    assert re.search(r"\d+ real proofs? made|from the store", done.stdout)


@pytest.mark.node
def test_no_file_is_overwritten_unasked(foundry):
    (foundry / "test" / "test_contracts.py").write_text("mine\n")
    told = init()
    assert told.exit_code == 1
    assert "test_contracts.py is there already, and was left as it is" in told.output
    assert (foundry / "test" / "test_contracts.py").read_text() == "mine\n"
    assert init("--output", "other/test_first.py").exit_code == 0
    assert "def test_vault_is_deployed" in (foundry / "other" / "test_first.py").read_text()
    assert init("--force").exit_code == 0
    assert "def test_vault_is_deployed" in (foundry / "test" / "test_contracts.py").read_text()


@pytest.mark.node
def test_a_test_that_no_longer_holds_fails(foundry):
    assert init().exit_code == 0
    file = foundry / "test" / "test_contracts.py"
    text = file.read_text()
    assert "vault.terms() == (10**24, 1_000)" in text
    lifecycle = text.index("def test_token_in_a_rollup")
    others = text[text.index("def test_src_legacy") :]
    assert lifecycle < text.index(others)
    file.write_text(others.replace("(10**24, 1_000)", "(10**24, 1_001)"))
    done = run_pytest(foundry)
    assert "1 failed, 1 passed" in done.stdout


@pytest.mark.node
def test_a_project_that_was_not_built_says_what_to_run(foundry):
    shutil.rmtree(foundry / "out")
    told = init()
    assert told.exit_code == 1
    assert "forge build" in told.output
    assert not (foundry / "test" / "test_contracts.py").exists()


# --- sources


@pytest.fixture
def sources(here):
    shutil.copy(Path(__file__).parent / "Starters.sol", here)
    (here / "node_modules").symlink_to(ROOT / "node_modules")
    (here / "pytest.ini").write_text("[pytest]\nzk_contracts = Starters.sol\n")
    return here


@pytest.mark.node
def test_what_cannot_be_guessed_is_skipped_and_says_why(sources):
    told = init()
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0] == "wrote tests/test_contracts.py"
    assert [line.split()[0] for line in lines[1:-1]] == ["Clock", "FeeToken", "Holder", "Picky", "Strange"]
    assert "is left to you: nobody but you knows its argument `IThing`" in told.output
    assert "is left to you: deployed with guessed arguments, it fails: Wanted(amount=1" in told.output
    assert "is deployed and read: of 1000 units that were sent, 997 arrived" in told.output
    done = run_pytest(sources)
    assert "3 passed, 2 skipped" in done.stdout, done.stdout + done.stderr


@pytest.mark.node
def test_only_answers_that_are_the_same_everywhere_are_expected(sources):
    init()
    text = (sources / "tests" / "test_contracts.py").read_text()
    clock = text[text.index("def test_clock_is") : text.index("def test_fee_token_is")]
    assert "clock = project.Clock.deploy(bytes(32), (18, 18), sender=accounts[0])" in clock
    assert re.findall(r"assert clock\.(\w+)\(\) (.*)", clock) == [
        ("name", '== "Clock"'),
        ("salt", rf"== {bytes(32)!r}"),
        ("zone", "== 7"),
    ]
    holder = text[text.index("def test_holder_is") :]
    assert "holder = project.Holder.deploy(clock, sender=accounts[0])" in holder
    assert "assert holder.zone() == 7" in holder
    assert "# Strange(address thing)\n@pytest.mark.skip(" in text


# --- nothing to test


def test_a_folder_without_a_project_is_told_what_to_do(here):
    told = init()
    assert told.exit_code == 1
    assert "there is neither foundry.toml nor hardhat.config.*; name" in told.output
    assert list(here.glob("**/*.py")) == []


@pytest.mark.node
def test_a_project_without_a_contract_of_its_own_is_refused(sources):
    (sources / "Starters.sol").write_text("pragma solidity ^0.8.20; interface IThing {}")
    told = init()
    assert told.exit_code == 1
    assert "no contract of its own that can be deployed in sources at" in told.output


# --- the ini file


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\nzk_contracts =\n    a\n    b/*.json\n"),
        ("tox.ini", "[pytest]\nzk_contracts = a b/*.json\n"),
        ("setup.cfg", "[tool:pytest]\nzk_contracts = a b/*.json\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nzk_contracts = ["a", "b/*.json"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nzk_contracts = "a b/*.json"\n'),
    ],
)
def test_what_the_ini_file_names_is_relative_to_it(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    inner = tmp_path / "inner"
    inner.mkdir()
    assert named_contracts(inner) == (tmp_path / "a", tmp_path / "b" / "*.json")


def test_an_ini_file_that_names_nothing_names_nothing(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert named_contracts(tmp_path) == ()


# --- guesses


@pytest.mark.parametrize(
    ("entry", "text", "value"),
    [
        ({"type": "uint256", "name": "supply"}, "10**24", 10**24),
        ({"type": "uint32", "name": "delay"}, "1000", 1000),
        ({"type": "uint8", "name": "kind"}, "18", 18),
        ({"type": "uint256", "name": "decimals_"}, "18", 18),
        ({"type": "address", "name": "admin"}, "{owner}", "me"),
        ({"type": "string", "name": "symbol_"}, '"TST"', "TST"),
        ({"type": "bytes4", "name": ""}, "bytes(4)", bytes(4)),
        ({"type": "bytes", "name": ""}, "bytes(0)", b""),
        ({"type": "uint8[2][3]", "name": ""}, "((18, 18), (18, 18), (18, 18))", ((18, 18),) * 3),
        ({"type": "address[]", "name": ""}, "()", ()),
        (
            {"type": "tuple", "name": "", "components": [{"type": "bool", "name": "on"}]},
            "(True,)",
            (True,),
        ),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_a_guess_is_python_for_its_value(entry, text, value):
    guessed = guess(entry, "me", lambda name: pytest.fail(name))
    assert (guessed.text, guessed.value) == (text, value)
    assert eval(text.replace("{owner}", "'me'")) == value


def test_nothing_is_guessed_for_a_type_that_is_not_known():
    with pytest.raises(NoGuess, match="function hook"):
        guess({"type": "function", "name": "hook"}, "me", pytest.fail)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PriceOracle", "price_oracle"),
        ("ERC20Token", "erc20_token"),
        ("WETH", "weth"),
        ("Project", "project_"),
        ("Class", "class_"),
        ("$Odd", "odd"),
    ],
)
def test_a_contracts_variable_is_named_as_python_names_things(name, expected):
    assert variable(name) == expected
