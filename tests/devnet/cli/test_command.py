"""The command as a newcomer types it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from zkrollup.cli.main import main


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom zkrollup.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'web3', 'numpy', 'numba', 'rich', 'eth'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout


@pytest.mark.parametrize("options", [["--slots", "0"], ["--slots", "257"], ["--levels", "17"]])
def test_sizes_out_of_range_are_usage_errors(options):
    result = CliRunner().invoke(main, ["demo", *options])
    assert result.exit_code == 2
    assert "is not in the range" in result.output


def test_doctor_names_what_a_missing_tool_is_needed_for(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SOLC", raising=False)
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert result.exit_code == 0
    node = next(finding for finding in json.loads(result.stdout) if finding["name"] == "Node")
    assert not node["ok"]
    assert "compiling contracts" in node["needed_for"]


@pytest.fixture(scope="module")
def story():
    result = CliRunner().invoke(main, ["demo", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_demo_moves_what_it_says(story):
    claim, last = story["steps"][-2], story["steps"][-1]["after"]
    assert claim["after"]["bob"]["L1 ETH"] - claim["before"]["bob"]["L1 ETH"] == 103  # alice pays the gas
    assert claim["after"]["bob"]["L1 TEST"] - claim["before"]["bob"]["L1 TEST"] == 151
    assert (last["alice"]["L2 ETH"], last["bob"]["L2 ETH"]) == (501 - 207, 207 - 103)
    assert (last["alice"]["L2 TEST"], last["bob"]["L2 TEST"]) == (907 - 311, 311 - 151)


def test_the_demo_moves_l1s_root_only_where_a_proof_was_verified(story):
    roots = [step["details"].get("L1 root") for step in story["steps"][:5]]
    proved = [any(key.startswith("gas proveBatch") for key in step["details"]) for step in story["steps"][:5]]
    assert proved == [False, True, False, True, True]
    assert [roots[i] != roots[i - 1] for i in range(1, 5)] == proved[1:]


def test_the_demo_shows_the_second_claim_refused(story):
    assert story["steps"][-1]["details"]["refused with"].startswith("AlreadyClaimed(nullifier=")
