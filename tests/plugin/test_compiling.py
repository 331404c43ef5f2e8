"""Sources that the ini key zk_contracts names, compiled for the fixture project."""

import json
import sys

import pytest

from zkrollup import storage

INI = "[pytest]\nzk_contracts = src\n"
COUNTER = """
count: public(uint256)

@external
def add(amount: uint256):
    assert amount < 503, "too much"
    self.count += amount
"""
TEST = """
from pytest_zkrollup import reverts

def test_counts(project, accounts):
    counter = project.Counter.deploy(sender=accounts[3])
    counter.add(7, sender=accounts[3])
    with reverts("too much"):
        counter.add(503, sender=accounts[3])
    assert counter.count() == 7
"""
SOLC = """#!{python}
import json, sys
if "--version" in sys.argv:
    sys.exit(print("Version: 0.8.31+commit.fedcba98"))
settings = json.load(sys.stdin)["settings"]
kept = {{name: settings.get(name) for name in ("optimizer", "evmVersion", "viaIR")}}
problem = {{"severity": "error", "message": json.dumps(kept)}}
print(json.dumps({{"errors": [problem]}}))
"""


@pytest.fixture
def compiling(run, pytester, monkeypatch, tmp_path):
    """Runs a test over sources, given as text by name, with a cache of its own."""

    def run_test(sources, *options, ini=INI, test=TEST):
        monkeypatch.setenv(storage.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
        pytester.makeini(ini)
        for name, text in sources.items():
            file = pytester.path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return run(test, *options)

    return run_test


def test_sources_are_compiled_once_and_the_first_run_says_so(compiling):
    first = compiling({"src/Counter.vy": COUNTER})
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(
        [
            "zkrollup: compile contracts, about * s, once a version of the sources ...",
            "zkrollup: compile contracts: done in * s",
        ]
    )
    second = compiling({})
    second.assert_outcomes(passed=1)
    second.stdout.no_fnmatch_line("*compile contracts*")


def test_what_a_compiler_refuses_is_shown_as_it_shows_it_without_our_frames(compiling):
    result = compiling({"src/Counter.vy": COUNTER.replace("amount <", "amont <")})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "E *CompilationFailed: vyper * refused the sources:",
            "*UndeclaredDefinition: 'amont' has not been declared*",
            '*contract "src/Counter.vy:6", function "add", line 6:11 ',
            '*---> 6     assert amont < 503, "too much"',
        ]
    )
    for file in ("compilation.py", "contracts.py", "fixtures.py", "session.py"):
        result.stdout.no_fnmatch_line(f"*{file}*")


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ("", {"optimizer": {"enabled": True, "runs": 200}, "evmVersion": "prague", "viaIR": None}),
        (
            "zk_optimizer_runs = 7\nzk_evm_version = cancun\nzk_via_ir = true\n",
            {"optimizer": {"enabled": True, "runs": 7}, "evmVersion": "cancun", "viaIR": True},
        ),
    ],
)
def test_ini_keys_reach_the_compiler(compiling, monkeypatch, tmp_path, keys, asked):
    solc = tmp_path / "solc"
    solc.write_text(SOLC.format(python=sys.executable))
    solc.chmod(0o755)
    monkeypatch.setenv("SOLC", str(solc))
    result = compiling({"src/A.sol": "contract A {}"}, ini=INI + keys)
    # pytest prints the refusal in the report, and under CI=true once more in its summary.
    (printed,) = {line.lstrip("E ") for line in result.outlines if '{"optimizer"' in line}
    assert json.loads(printed) == asked


RUNS = "a whole number from 0 to 4294967295 is needed"


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("zk_optimizer_runs", "many", RUNS),
        ("zk_optimizer_runs", "-1", RUNS),
        ("zk_optimizer_runs", "4294967296", "0 to 4294967295 is possible"),
        ("zk_evm_version", "--help", "a name such as prague or cancun is needed"),
        ("zk_via_ir", "maybe", "true or false is needed"),
        ("zk_forbid_mock", "perhaps", "true or false is needed"),
        ("zk_check_solvency", "7", "true or false is needed"),
    ],
)
def test_an_ini_key_that_breaks_its_rule_is_refused_in_one_line_at_the_start(pytester, key, value, rule):
    pytester.makeini(f"[pytest]\n{key} = {value}\n")
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    for part in (f"ERROR: {key}", value, rule):
        assert part in line
