"""Expectations of events and errors are values of their types; what cannot be met is said at once."""

import ast
import enum
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from unittest.mock import ANY

import pytest
from eth_utils import keccak
from tests.devnet.evm.conftest import parameters
from tests.devnet.evm.programs import logging, reverting, selector, text, topic, word

import zkrollup
from pytest_zkrollup import emits, refuses, reverts
from zkrollup.arguments import WrongArgumentType
from zkrollup.evm import Chain, Reverted
from zkrollup.ledger.transition import RULES
from zkrollup.operator.mempool import POOL_RULES

ADDRESS = "0x00000000000000000000000000000000000000C1"
HOLDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MESSAGE = {
    "type": "tuple",
    "name": "m",
    "internalType": "struct Bridge.Message",
    "components": parameters("address from", "bytes2 tag"),
}


class Phase(enum.IntEnum):
    OPEN = 1
    SHUT = 2


class Kind(enum.Enum):
    SHUT = 2


class Somebody:
    address = HOLDER


TAG = b"\x1d\xc6\x22\x64"
VALUES = {
    "bytes4": ("bytes4 it", TAG.ljust(32, b"\0"), ["0x1dc62264", "0x1DC62264", TAG]),
    "bytes": ("bytes it", text(b"\x01\x02"), ["0x0102", b"\x01\x02"]),
    "address": (
        "address it",
        word(int(HOLDER, 16)),
        [HOLDER, HOLDER.lower(), Somebody(), bytes.fromhex(HOLDER[2:])],
    ),
    "enum": ("uint8 it", word(2), [2, Phase.SHUT, Kind.SHUT]),
    "array": ("uint16[] it", word(32) + word(2) + word(3) + word(5), [[3, 5], (3, 5)]),
    "bytes array": ("bytes2[1] it", b"\x01\x02".ljust(32, b"\0"), [["0x0102"], [b"\x01\x02"]]),
    "text": ("string it", text(b"0xAB"), ["0xAB"]),
    "struct": (
        MESSAGE | {"name": "it"},
        word(int(HOLDER, 16)) + b"\x01\x02".ljust(32, b"\0"),
        [
            {"from": HOLDER.lower(), "tag": "0x0102"},
            {"from_": Somebody(), "tag": b"\x01\x02"},
            (HOLDER, "0x0102"),
            [HOLDER, b"\x01\x02"],
            namedtuple("M", "a b")(Somebody(), "0x0102"),
        ],
    ),
}  # fmt: skip
CASES = [
    pytest.param(entry, data, value, id=f"{name}-{i}")
    for name, (entry, data, values) in VALUES.items()
    for i, value in enumerate(values)
]
OTHERS = {
    "bytes4": ("0x1dc62265", "expected Bad(it=0x1dc62265), but got Bad(it=0x1dc62264)"),
    "address": (ADDRESS.lower(), f"expected Bad(it={ADDRESS}), but got Bad(it={HOLDER})"),
    "enum": (Phase.OPEN, "expected Bad(it=1), but got Bad(it=2)"),
    "text": ("0xab", "expected Bad(it='0xab'), but got Bad(it='0xAB')"),
    "array": ((3, 7), "expected Bad(it=[3, 7]), but got Bad(it=[3, 5])"),
    "struct": (
        {"from": HOLDER, "tag": "0x0103"},
        f"expected Bad(it=Message(from_={HOLDER}, tag=0x0103)), "
        f"but got Bad(it=Message(from_={HOLDER}, tag=0x0102))",
    ),
}  # fmt: skip


@pytest.fixture
def chain():
    return Chain()


def entry_of(entry):
    return parameters(entry)[0] if isinstance(entry, str) else entry


def kind_of(entry):
    return entry["type"] if entry["type"] != "tuple" else "(address,bytes2)"


@pytest.fixture
def failing(chain):
    """A contract that reverts with Bad(it)."""

    def at(entry, data):
        entry = entry_of(entry)
        chain.set_code(ADDRESS, reverting(selector(f"Bad({kind_of(entry)})") + data))
        abi = [
            {"type": "error", "name": "Bad", "inputs": [entry]},
            {"type": "error", "name": "AlreadyClaimed", "inputs": parameters("uint256 id")},
        ]
        return chain.contract(abi, ADDRESS)

    return at


@pytest.fixture
def emitting(chain):
    """A contract that emits Seen(it), indexed if there is a topic."""

    def at(entry, data, *topics):
        entry = entry_of(entry) | {"indexed": bool(topics)}
        chain.set_code(ADDRESS, logging(data, topic(f"Seen({kind_of(entry)})"), *topics))
        return chain.contract([{"type": "event", "name": "Seen", "inputs": [entry]}], ADDRESS)

    return at


def failure(expectation, act):
    with pytest.raises(AssertionError) as caught, expectation:
        act()
    return str(caught.value)


@pytest.mark.parametrize(("entry", "data", "value"), CASES)
def test_a_value_that_an_argument_may_be_is_expected_as_well(failing, emitting, chain, entry, data, value):
    with reverts("Bad", it=value):
        chain.transact(to=failing(entry, data))
    contract = emitting(entry, data)
    for source in (contract, chain):
        with emits(source, "Seen", it=value):
            chain.transact(to=contract)


@pytest.mark.parametrize("name", OTHERS)
def test_another_value_fails_and_both_are_written_alike(failing, emitting, chain, name):
    (entry, data, _), (other, message) = VALUES[name], OTHERS[name]
    contract = failing(entry, data)
    assert failure(reverts("Bad", it=other), lambda: chain.transact(to=contract)) == message
    contract = emitting(entry, data)
    shown = message.replace("Bad", "Seen").replace("but got ", "but there were only:\n  ")
    assert failure(emits(contract, "Seen", it=other), lambda: chain.transact(to=contract)) == shown


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("bytes4", 7, "7 is no bytes4 for it"),
        ("bytes4", "0x1dc6226401", "'0x1dc6226401' is no bytes4 for it"),
        ("enum", 256, "256 is no uint8 for it"),
        ("enum", "2", "'2' is no uint8 for it"),
        ("address", "0x12", "'0x12' is no address for it"),
        ("struct", {"from": HOLDER}, "it lacks tag"),
        ("struct", {"from": HOLDER, "tga": "0x0102"}, "there is no field 'tga'; did you mean tag?"),
    ],
)
def test_a_value_that_is_none_of_the_type_is_said(failing, emitting, chain, name, value, reason):
    entry, data, _ = VALUES[name]
    contract = failing(entry, data)
    assert reason in failure(reverts("Bad", it=value), lambda: chain.transact(to=contract))
    contract = emitting(entry, data)
    assert reason in failure(emits(contract, "Seen", it=value), lambda: chain.transact(to=contract))


def padded(value):
    return value.ljust(32, b"\0")


INDEXED = {
    "string": ("string it", b"hello", ["hello"], "hallo"),
    "no UTF-8": ("string it", b"\xff", [b"\xff".decode("utf-8", "surrogateescape")], "ÿ"),
    "bytes": ("bytes it", b"\x01\x02", ["0x0102", b"\x01\x02"], "0x0103"),
    "array": ("uint8[] it", word(3) + word(5), [[3, 5]], [5, 3]),
    "texts": ("string[] it", padded(b"ab") + padded(b"c"), [["ab", "c"]], ["a", "bc"]),
    "struct": (
        MESSAGE | {"name": "it"},
        word(int(HOLDER, 16)) + padded(b"\x01\x02"),
        [{"from": Somebody(), "tag": "0x0102"}, (HOLDER, b"\x01\x02")],
        (HOLDER, "0x0201"),
    ),
}


@pytest.mark.parametrize("value", [True, 1.0, Decimal("1.000"), Fraction(1)], ids=repr)
def test_a_value_that_equals_it_in_python_alone_is_not_of_its_type(failing, emitting, chain, value):
    contract = failing("uint256 it", word(1))
    told = failure(reverts("Bad", it=value), lambda: chain.transact(to=contract))
    assert f"{value!r} is no uint256 for it" in told
    contract = emitting("uint256 it", word(1))
    told = failure(emits(contract, "Seen", it=value), lambda: chain.transact(to=contract))
    assert f"{value!r} is no uint256 for it" in told


def test_a_matcher_expects_what_it_matches(emitting, chain):
    contract = emitting("uint256 it", word(1))
    with emits(contract, "Seen", it=ANY):
        chain.transact(to=contract)


@pytest.mark.parametrize("name", INDEXED)
def test_what_a_log_holds_the_hash_of_is_expected_by_its_value_or_its_hash(emitting, chain, name):
    entry, hashed, values, other = INDEXED[name]
    contract, digest = emitting(entry, b"", keccak(hashed)), keccak(hashed)
    for value in (*values, digest, f"0x{digest.hex()}"):
        with emits(contract, "Seen", it=value):
            chain.transact(to=contract)
    told = failure(emits(contract, "Seen", it=other), lambda: chain.transact(to=contract))
    assert "(the hash of " in told.splitlines()[0]
    assert told.splitlines()[1] == f"  Seen(it=0x{digest.hex()})"


# --- names


def test_a_misspelt_error_is_said_to_be_unknown(failing, chain):
    contract = failing("uint8 it", word(2))
    told = failure(reverts("AlreadyClaimd"), lambda: chain.transact(to=contract))
    assert told.endswith("\nno known ABI has an error 'AlreadyClaimd'; did you mean AlreadyClaimed?")
    told = failure(reverts("Zebra"), lambda: chain.transact(to=contract))
    assert told.endswith("\nno known ABI has an error 'Zebra'")


@pytest.mark.parametrize("name", ["AlreadyClaimed", "OutOfGas", "Panic", "Error"])
def test_a_known_name_is_not(failing, chain, name):
    contract = failing("uint8 it", word(2))
    told = failure(reverts(name), lambda: chain.transact(to=contract))
    assert told == f"expected {name}, but got Bad(it=2)"


def test_a_misspelt_field_is_said_to_be_unknown(failing, emitting, chain):
    contract = failing("uint8 amount", word(2))
    told = failure(reverts("Bad", amuont=2), lambda: chain.transact(to=contract))
    assert told.endswith("Bad(uint8 amount) has no field 'amuont'; did you mean amount?")
    told = failure(reverts("AlreadyClaimed", di=2), lambda: chain.transact(to=contract))
    assert "AlreadyClaimed(uint256 id) has no field 'di'" in told
    contract = emitting("uint8 amount", word(2))
    told = failure(emits(contract, "Seen", amuont=2), lambda: chain.transact(to=contract))
    assert told.endswith("Seen(uint8 amount) has no field 'amuont'; did you mean amount?")


def test_a_misspelt_event_is_said_to_be_unknown_whether_any_was_emitted_or_not(emitting, chain):
    contract = emitting("uint8 it", word(2))
    for act in (lambda: chain.transact(to=contract), lambda: None):
        told = failure(emits(contract, "Sene", it=2), act)
        assert told.endswith("\nno known ABI has an event 'Sene'; did you mean Seen?")


def test_an_event_that_could_not_be_decoded_passes_by_name_and_fails_by_field(emitting, chain):
    contract = emitting("bool it", word(2))
    with emits(contract, "Seen"):
        chain.transact(to=contract)
    told = failure(emits(contract, "Seen", it=True), lambda: chain.transact(to=contract))
    assert "Seen, with a flaw: boolean must be" in told


def test_a_name_alone_is_an_error_or_a_revert_string(chain):
    for data in (selector("GS020()"), selector("Error(string)") + text(b"GS020")):
        chain.set_code(ADDRESS, reverting(data))
        chain.contract([{"type": "error", "name": "GS020", "inputs": []}], ADDRESS)
        with reverts("GS020"):
            chain.transact(to=ADDRESS)
    assert "got reverted: GS020" in failure(reverts("GS021"), lambda: chain.transact(to=ADDRESS))
    assert "got reverted: GS020" in failure(reverts("GS020", it=5), lambda: chain.transact(to=ADDRESS))


def test_an_error_still_knows_its_fields_when_it_comes_from_another_process(failing, chain):
    import pickle

    with pytest.raises(Reverted) as caught:
        chain.transact(to=failing(*VALUES["bytes4"][:2]))
    error = pickle.loads(pickle.dumps(caught.value))
    with reverts("Bad", it="0x1dc62264"):
        raise error


# --- rules


def test_a_rule_that_there_is_not_fails_at_once():
    with pytest.raises(ValueError, match=r"no rule 'ballance'; did you mean balance\?"):
        refuses("ballance")
    with pytest.raises(ValueError, match="no rule 'zebra'; there is: amount, balance"):
        refuses("zebra")


@pytest.mark.parametrize("rule", [*RULES, *POOL_RULES])
def test_a_rule_that_there_is_may_be_expected(rule):
    with pytest.raises(AssertionError, match=f"expected a refusal by rule '{rule}'"), refuses(rule):
        pass


def test_the_rules_are_all_that_refusals_are_raised_with():
    root = Path(zkrollup.__file__).parent
    calls = [
        node
        for folder in ("ledger", "operator")
        for file in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedOperation"
    ]
    assert {ast.literal_eval(call.args[1]) for call in calls} == {*RULES, *POOL_RULES}


@pytest.mark.parametrize(
    ("expects", "said"),
    [
        (
            lambda chain: emits("Transfer", amount=11),
            r"source='Transfer' is a str: pass a contract or a chain",
        ),
        (lambda chain: emits(None, "Transfer"), "source=None is nothing: pass a contract or a chain"),
        (
            lambda chain: emits(chain),
            "name='' is a str: pass a contract or a chain, and then the event's name",
        ),
        (lambda chain: emits(chain, 7), "name=7 is an int: pass a contract"),
        (lambda chain: reverts(11), "name=11 is an int: pass an error's name, a revert string"),
        (lambda chain: refuses(13), "rule=13 is an int: pass the name of one of the ledger's rules"),
    ],
)
def test_what_can_be_expected_of_nothing_is_refused_with_what_to_pass(chain, expects, said):
    with pytest.raises(WrongArgumentType, match=said):
        expects(chain)


FORGOTTEN = """
import pytest
from contextlib import nullcontext
from pytest_zkrollup import ETH, emits, refuses, reverts

MADE_BEFORE = [reverts("Paused"), nullcontext()]

def test_forgets_reverts(chain):
    reverts("Paused")
    chain.mine()

def test_forgets_refuses():
    refuses("balance")

def test_forgets_emits(chain):
    emits(chain, "Transfer")

def test_forgets_one_of_two(chain):
    reverts("Paused")
    with pytest.raises(AssertionError), reverts("Other"): pass

@pytest.mark.parametrize("outcome", MADE_BEFORE)
def test_leaves_what_was_made_before(outcome): pass

def test_enters_late_and_twice(chain):
    expected = reverts("Paused")
    for _ in range(2):
        with pytest.raises(AssertionError), expected: chain.mine()

def test_refused_as_it_was_made():
    with pytest.raises(TypeError): reverts(5)
    with pytest.raises(ValueError): refuses("nothing")

def test_fails_by_itself(chain):
    reverts("Paused")
    assert "its own" == "reason"
"""
NAMES = ("reverts", "refuses", "emits")


def test_an_expectation_that_is_never_entered_fails_its_test(run):
    result = run(FORGOTTEN)
    result.assert_outcomes(passed=4, failed=5)
    result.stdout.fnmatch_lines_random(
        [
            *(
                f"E *{name}(...) at test_*.py:* was made and never entered*; write `with {name}(...):`*"
                for name in NAMES
            ),
            "FAILED *::test_forgets_one_of_two*",
            "E *AssertionError: assert 'its own' == 'reason'",
        ]
    )


@pytest.mark.parametrize("expectation", [reverts, refuses], ids=lambda each: each.__name__)
@pytest.mark.parametrize("given", [None, 5, True, ["balance"]], ids=repr)
def test_a_name_that_a_lookup_did_not_find_is_not_any_name(expectation, given):
    with pytest.raises(WrongArgumentType, match=r"^(name|rule)=.*: pass "):
        expectation(given)
