"""What the report of a failing test says beside pytest's own words: transactions, web3's reverts."""

import pytest
from tests.plugin.test_failures import debugged
from web3.exceptions import ContractLogicError

from pytest_zkrollup.tracebacks import web3_data

SENDS = """
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from pytest_zkrollup import ETH, ether
from zkrollup import artifacts

def test_rollup(rollup, alice, bob):
    rollup.deposit(ETH, ether("1.5"), sender=alice)
    rollup.deposit(rollup.token, 17, sender=bob)
    rollup.settle()
    rollup.l2.transact(to=bob, value=23, sender=alice)
    assert rollup.balance(ETH, alice) == 3

@pytest.fixture
def token(chain, accounts):
    token_ = artifacts.load("TestToken")
    return chain.deploy(token_.abi, token_.bytecode, "Plain", "PLN", 18, sender=accounts[0])

def test_failed_transaction(chain, accounts, token, w3):
    contract = w3.eth.contract(address=token.address, abi=token.abi)
    chain.label(accounts[3], "carol")
    sent = contract.functions.transfer(accounts[1].address, 5).transact(
        {"from": accounts[3].address, "gas": 200_000}
    )
    assert w3.eth.get_transaction_receipt(sent)["status"] == 1

def test_many(chain, accounts):
    for number in range(101, 138): chain.transact(to=accounts[3], value=number)
    assert not chain

@settings(deadline=None, max_examples=10, database=None)
@given(number=st.integers(1, 9))
def test_property(chain, accounts, number):
    assume(number != 2)
    chain.transact(to=accounts[3], value=10 * number)
    assert number < 5

@pytest.fixture
def funded(chain, accounts): chain.transact(to=accounts[5], value=53)

@settings(
    deadline=None, max_examples=10, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(number=st.integers(1, 9))
def test_deployed_property(token, funded, chain, accounts, number):
    chain.transact(to=accounts[3], value=1000 + number)
    assert number < 5

@pytest.fixture
def broke(chain, accounts):
    chain.transact(to=accounts[4], value=31)
    assert not chain

def test_setup(broke): pass

def test_nothing_sent(chain): assert not chain

def test_passes(chain, accounts): chain.transact(to=accounts[3], value=37)

def test_skipped(chain, accounts):
    chain.transact(to=accounts[3], value=41)
    pytest.skip()
"""
TITLE = "* zkrollup transactions *"


def shown(run, name):
    result = run(SENDS, "--zk-proofs=mock", "--zk-slots=2", "--zk-levels=1", "-k", name)
    return result.stdout


def test_a_failing_assertion_shows_the_tests_transactions_on_both_chains(run):
    shown(run, "test_rollup").fnmatch_lines(
        [
            "E *assert 1500000000000000000 == 3",
            TITLE,
            "1  alice: Lock.depositETH(owner=alice, *) {value: 1.5 ETH} [[]* gas] → account=0",
            "   └─ emit DepositQueued(*",
            "2  bob: TestToken.approve(spender=Lock, value=17) [[]* gas] → True",
            "3  bob: Lock.depositERC20(token=TestToken, amount=17, owner=bob, *",
            "   ├─ emit Transfer(from=bob, to=Lock, value=17)",
            "4  operator: Rollup.commitBatch(*…",
            "5  operator: Rollup.proveBatch(*",
            "   └─ emit BatchProven(*",
            "* zkrollup transactions on L2 *",
            "1  alice: bob {value: 23 wei} [[]21,000 gas]",
        ]
    )


def test_a_transaction_that_failed_is_shown_with_its_reason(run):
    shown(run, "test_failed_transaction").fnmatch_lines(
        [
            TITLE,
            "1  0xf39F…2266: CREATE 0x* [[]* gas]",
            "2  carol: 0x*.transfer(to=0x*, value=5) [[]* gas]",
            "   └─ ✗ ERC20InsufficientBalance(sender=0x*, balance=0, needed=5)",
        ]
    )


def test_the_latest_transactions_are_shown_and_the_others_counted(run):
    output = shown(run, "test_many")
    output.fnmatch_lines([TITLE, "(17 before these are left out)", "18  *: * {value: 118 wei} [[]* gas]"])
    assert output.str().count("wei} [") == 20


def test_a_failing_property_shows_what_its_last_example_sent(run):
    output = shown(run, "test_property")
    output.fnmatch_lines([TITLE, "1  *: * {value: 50 wei} [[]21,000 gas]"])
    assert output.str().count("wei} [") == 1


def test_a_failing_property_shows_its_last_example_after_what_its_fixtures_sent(run):
    output = shown(run, "test_deployed")
    sent = [f"{number}  *: * {{value: {value} wei}} [[]21,000 gas]" for number, value in ((2, 53), (3, 1005))]
    output.fnmatch_lines([TITLE, "1  *: CREATE 0x* gas]", *sent])
    assert output.str().count("wei} [") == 2


def test_a_failing_fixture_shows_what_it_sent(run):
    shown(run, "test_setup").fnmatch_lines([TITLE, "1  *: * {value: 31 wei} [[]21,000 gas]"])


def test_there_is_no_list_where_nothing_was_sent_or_nothing_failed(run):
    result = run(SENDS, "-k", "test_nothing_sent or test_passes or test_skipped")
    result.assert_outcomes(failed=1, passed=1, skipped=1)
    result.stdout.no_fnmatch_line(TITLE)


def test_a_chain_that_cannot_list_them_does_not_hide_the_failure(run):
    result = run(
        """
def test_broken(chain, accounts, monkeypatch):
    chain.transact(to=accounts[3], value=43)
    monkeypatch.setattr(type(chain.engine), "block", None)
    assert not "the failure"
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *assert not 'the failure'", TITLE, "they cannot be listed: TypeError: *"])


# web3's reverts

WEB3 = """
import pytest
from zkrollup import artifacts

@pytest.fixture
def functions(chain, accounts, w3):
    compiled = artifacts.load("TestToken")
    token = chain.deploy(compiled.abi, compiled.bytecode, "Plain", "PLN", 18, sender=accounts[0])
    return w3.eth.contract(address=token.address, abi=compiled.abi).functions

def test_transacts(functions, accounts):
    mine = 503
    functions.transfer(accounts[1].address, 5).transact({"from": accounts[2].address})  # mine

def test_calls(functions, accounts):
    mine = 503
    functions.transfer(accounts[1].address, 7).call({"from": accounts[2].address})  # mine

def test_estimates(functions, accounts):
    functions.transfer(accounts[1].address, 11).estimate_gas({"from": accounts[2].address})  # mine

def test_panics(w3, chain):
    chain.set_code("0x" + "51" * 20, "0x634e487b715f5260116020526024601cfd")
    w3.eth.call({"to": chain.contract([], "0x" + "51" * 20).address})  # mine
"""


def test_a_revert_that_web3_raised_is_decoded_and_traced_at_the_tests_own_line(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    result = run(WEB3)
    result.assert_outcomes(failed=4)
    for amount, name in ((5, "transacts"), (7, "calls"), (11, "estimates")):
        error = f"ERC20InsufficientBalance(sender=0x*, balance=0, needed={amount})"
        result.stdout.fnmatch_lines(
            [
                f"_* test_{name} _*",
                ">*# mine",
                f"E *that is {error}",
                "* zkrollup call trace *",
                f"0x*.transfer(to=0x*, value={amount}) [[]*",
                f"└─ ✗ {error}",
                f"FAILED *::test_{name} - ContractCustomError: {error}",
            ]
        )
    result.stdout.fnmatch_lines(
        ["FAILED *::test_panics - ContractPanicError: reverted: Panic(0x11), arithm*"]
    )
    result.stdout.no_fnmatch_line("*/web3/*")


OTHER_NODES = """
import pytest
from web3.exceptions import ContractCustomError, ContractLogicError

DATA = ["no data", "Reverted 0x08c379a0", None, {"code": 3}, "0x123", "0x12 34", "0xzz", "1234", "", b"", 7]

@pytest.mark.parametrize("data", DATA)
def test_says(chain, w3, data):
    mine = 503
    raise ContractLogicError("execution reverted", data=data)  # mine

def test_caused(chain, w3):
    try: raise ContractCustomError("Reverted 0x", data="Reverted 0x")
    except ContractLogicError as error: raise AssertionError("afterwards") from error

def test_bare(chain, accounts, w3):
    chain.set_code(accounts[3], "0x5f5ffd")
    w3.eth.call({"to": accounts[3].address})
"""


def test_what_other_nodes_say_of_a_revert_fails_its_test_and_not_the_run(run):
    result = run(OTHER_NODES)
    result.assert_outcomes(failed=13)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([">*# mine", "E *ContractLogicError: ('execution reverted', 'no data')"])
    result.stdout.fnmatch_lines(["E *AssertionError: afterwards"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.parametrize(("data", "expected"), [("0x", b""), ("0xAb09", b"\xab\x09"), ("no data", None)])
def test_only_the_data_of_a_revert_is_taken_for_one(data, expected):
    assert web3_data(ContractLogicError("execution reverted", data=data)) == expected
    assert web3_data(ValueError(data)) is None


@pytest.mark.parametrize("test", ["test_transacts", "test_calls"])
def test_the_debugger_stops_at_the_line_that_asked_web3(pytester, run, test):
    assert "mine is 503" in debugged(pytester, WEB3, test)


# What goes wrong in fixtures

FIXTURES = """
import pytest
from zkrollup import Target
from zkrollup.evm import Chain
from pytest_zkrollup import ETH

@pytest.fixture
def zk_target(chain, request):
    if request.node.name == "test_none": return 7
    return Target(Chain(), address="0x" + "ad" * 20, tokens=[ETH])

def test_none(rollup): pass

def test_elsewhere(rollup): pass

def test_project(project): pass

class TestConfig:
    @pytest.fixture
    def zk_config(self): return 11

    def test_config(self, zk): pass

@pytest.fixture(scope="module")
def shared(rollup): pass

def test_scope(shared): pass
"""


def test_an_error_in_a_fixture_shows_none_of_the_plugins_source(run):
    result = run(FIXTURES)
    result.assert_outcomes(errors=5)
    result.stdout.fnmatch_lines(
        [
            "E *InvalidFixture: the fixture zk_target must return a Target, but it returned 7",
            "E *TargetElsewhere: Target is on *",
            "E *NoProject: no project at *",
            "E *InvalidFixture: the fixture zk_config must return a ZkConfig, but it returned 11",
        ]
    )
    for source in (">  *on_grounds*", ">  *catalogue(*", ">  *raise *", "*def on_grounds*"):
        result.stdout.no_fnmatch_line(source)


def test_a_mismatch_of_scopes_says_how_tests_share_a_deployment(run):
    result = run(FIXTURES, "-k", "scope")
    result.stdout.fnmatch_lines(["ScopeMismatch: *", "*start a Devnet in a fixture of module scope*"])


def test_a_mismatch_with_another_fixture_is_none_of_ours(run):
    result = run(
        """
import pytest

@pytest.fixture
def narrow(): pass

@pytest.fixture(scope="module")
def wide(narrow): pass

def test_scope(wide): pass
"""
    )
    result.stdout.fnmatch_lines(["ScopeMismatch: *"])
    result.stdout.no_fnmatch_line("*Devnet*")


def test_an_error_of_ours_as_a_file_is_imported_is_named_briefly(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    result = run("from zkrollup.units import ether\nether('one')\ndef test_nothing(): pass")
    result.stdout.fnmatch_lines(["ERROR *.py - WrongArgumentValue: amount='one'*"])
    result.stdout.no_fnmatch_line("*zkrollup/units.py:*")
