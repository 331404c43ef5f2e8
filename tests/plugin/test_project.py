"""The fixture project: what it finds, what it is on, and what a run says of it."""

import json
import shutil

import pytest
from tests.projects.building import foundry_project, hardhat3_project  # noqa: F401

from zkrollup import artifacts

ON_THE_ROLLUPS_L1 = """
from pytest_zkrollup import ContractFactory, Project, reverts

def test_a_contract_of_the_projects_own(project, rollup, alice, bob, chain):
    assert isinstance(project, Project)
    assert isinstance(project.Vault, ContractFactory)
    token = project["Token.sol:Token"].deploy(5003, sender=alice)
    assert token.chain is chain is rollup.l1
    vault = project.Vault.deploy(token, (4001, 7), sender=bob)
    assert vault.guardian() == bob.address
    with reverts("NotGuardian", caller=alice):
        vault.setPaused(True, sender=alice)
"""

TWICE = """
def test_first(project, chain, accounts):
    assert chain.block_number == 0
    project.Plain.deploy("Token", "TKN", 18, sender=accounts[1])

def test_second(project, chain):
    assert chain.block_number == 0
    project.Plain.deploy("Token", "TKN", 18)
"""


@pytest.fixture
def plain(pytester):
    """A JSON file with one contract."""
    lock = artifacts.load("TestToken")
    contract = {
        "abi": lock.abi,
        "evm": {
            "bytecode": {"object": lock.bytecode.hex()},
            "deployedBytecode": {"object": lock.runtime.hex()},
        },
    }
    output = {"contracts": {"src/Plain.sol": {"Plain": contract}}}
    (pytester.path / "plain.json").write_text(json.dumps(output))


@pytest.mark.node
def test_foundrys_project_is_found_from_a_folder_in_it(run, pytester, foundry_project):  # noqa: F811
    shutil.copytree(foundry_project, pytester.path, dirs_exist_ok=True)
    text = ON_THE_ROLLUPS_L1.replace("Token.sol:Token", "src/Token.sol:Token")
    result = run(text, "-v", "--zk-proofs=mock")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"zkrollup project: Foundry at {pytester.path} (out)"])


@pytest.mark.node
def test_hardhats_project_is_found(run, pytester, hardhat3_project):  # noqa: F811
    (pytester.path / "hardhat.config.ts").touch()
    shutil.copytree(hardhat3_project / "artifacts", pytester.path / "artifacts")
    text = ON_THE_ROLLUPS_L1.replace("Token.sol:Token", "contracts/Token.sol:Token")
    result = run(text, "--zk-proofs=mock")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["zkrollup project: Hardhat at *(artifacts)"])


def test_what_the_ini_names_is_taken_and_each_test_finds_the_chain_unused(run, pytester, plain):
    pytester.makeini("[pytest]\nzk_contracts = plain.json\n")
    (pytester.path / "foundry.toml").touch()
    result = run(TWICE)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["zkrollup project: plain.json"])


@pytest.mark.node
def test_sources_that_the_ini_names_are_compiled(run, pytester):
    (pytester.path / "contracts").mkdir()
    (pytester.path / "contracts" / "Plain.vy").write_text(
        "# pragma version ~=0.4.3\nname: public(String[9])\n\n"
        "@deploy\ndef __init__(name: String[9], symbol: String[9], decimals: uint8):\n    self.name = name\n"
    )
    pytester.makeini("[pytest]\nzk_contracts = contracts\n")
    run(TWICE).assert_outcomes(passed=2)


def test_a_run_without_a_project_says_what_it_looked_for(run, pytester):
    (pytester.path / ".git").mkdir()
    result = run("def test_uses(project): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*NoProject: no project at * neither foundry.toml nor hardhat.config*"])
    result.stdout.no_fnmatch_line("zkrollup project: *")


def test_a_project_that_was_not_built_says_what_to_run(run, pytester):
    (pytester.path / "foundry.toml").touch()
    result = run("def test_uses(project): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*MissingBuild: *run `forge build` there*"])


def test_a_name_without_contracts_is_said_by_the_fixture_alone(run, pytester):
    pytester.makeini("[pytest]\nzk_contracts = nothing\n")
    result = run("def test_uses(project): pass\n\ndef test_does_not(): pass")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*NoContracts: zk_contracts names *nothing, but there is nothing of that name*"]
    )
