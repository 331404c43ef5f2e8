"""The comparison of chains runs, and notices a chain that does not do what it is asked."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.evm import fill, race
from benchmarks.nodes import BenchmarkError, Ours, Programs, running_anvil
from benchmarks.operations import operations, proofs
from benchmarks.provers import squaring_statement
from tests.foundry import foundry_program

from zkrollup.evm import Reverted
from zkrollup.snark.verifier_contract import verifier_init_code

ROOT = Path(__file__).parents[2]
OURS = ["ours, thin API", "ours, web3.py", "eth-tester on ours"]


@pytest.fixture(scope="module")
def statement():
    return squaring_statement(3)


@pytest.fixture(scope="module")
def programs(statement):
    return Programs(verifier_init_code(statement.key.vk), None)


@pytest.fixture(params=[True, False], ids=["thin", "web3"])
def client(request, programs):
    with Ours("ours", request.param).start(programs) as client:
        yield client


def quick(path, *options):
    command = [sys.executable, "-m", "benchmarks.evm", "--quick", "--json", str(path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text())


@pytest.mark.node
@pytest.mark.slow
def test_a_quick_run_measures_all_chains(tmp_path):
    foundry_program("anvil")
    document = quick(tmp_path / "figures.json")
    names = [*OURS, "eth-tester", "anvil, HTTP", "anvil, IPC"]
    assert len(document["operations"]) == 10
    for result in document["operations"]:
        assert [row["name"] for row in result["contenders"]] == names
        for row in result["contenders"]:
            assert row["seconds"] == [row["lowest"]] == [row["median"]] == [row["highest"]]
            assert row["times_as_fast"] == result["contenders"][4]["median"] / row["median"]
    grown = document["growth"]
    assert [each["name"] for each in grown] == [name for name in names if "eth-tester" not in name]
    for each in grown:
        first, last = each["points"]
        assert (first["height"], last["height"]) == (8, 24)
        assert each["ratios"]["call"] == last["medians"]["call"] / first["medians"]["call"]
    assert all(each["get_logs"]["found"] >= each["get_logs"]["at_least"] == 3 for each in grown)


@pytest.mark.slow
def test_a_run_of_ours_alone_needs_no_other_chain(tmp_path):
    document = quick(tmp_path / "figures.json", "--only-ours")
    for result in document["operations"]:
        assert [row["name"] for row in result["contenders"]] == OURS
        assert all(row["times_as_fast"] is None for row in result["contenders"])


def test_chains_take_turns_and_their_first_round_is_not_counted():
    asked = []
    seconds = race(lambda client: lambda: asked.append(client), {"A": "a", "B": "b"}, 2)
    assert asked == list("ababab")
    assert [len(seconds[name]) for name in "AB"] == [2, 2]


def test_a_test_case_leaves_the_chain_as_it_was(client, statement):
    mixed = operations(proofs(statement), itertools.count(), heavy=False)["mixed test case"]
    height = client.block_number()
    mixed(client)()
    assert client.block_number() == height


def test_each_use_of_a_proof_takes_another_proof(statement):
    calldata = proofs(statement)
    first, second = next(calldata), next(calldata)
    assert first != second
    assert first[-32:] == second[-32:]


def test_a_proof_that_the_verifier_refuses_ends_the_comparison(client, statement):
    calldata = next(proofs(statement))
    client.submit(calldata)
    with pytest.raises((BenchmarkError, Reverted)):
        client.submit(calldata[:-1])


def test_a_chain_grows_to_the_block_asked_for_and_logs_every_tenth(client):
    start = client.block_number()
    assert fill(client, start + 11) == 2
    assert client.block_number() == start + 11
    assert fill(client, start + 11) == 0


def test_a_node_that_ends_before_it_listens_is_an_error():
    with pytest.raises(BenchmarkError, match="ended with code"), running_anvil(Path(sys.executable)):
        pytest.fail("python is no node")
