"""Calls that are answered by mocks, in transactions and calls, from outside and from contracts."""

import pytest

from zkrollup.evm import Chain, InvalidArgument, InvalidMock, Reverted

pytestmark = pytest.mark.node

NOBODY = "0x00000000000000000000000000000000000A11cE"


@pytest.fixture
def oracle(deploy):
    return deploy("Oracle")


@pytest.fixture
def buyer(deploy):
    return deploy("Buyer")


def test_a_mocked_function_answers_callers_inside_and_outside_until_the_context_ends(chain, oracle, buyer):
    with chain.mock(oracle.price, returns=31):
        assert oracle.price() == 31
        assert buyer.cost(oracle, 5) == 155
        assert buyer.buy(oracle).event("Bought")["price"] == 31
    assert oracle.price() == 7
    assert buyer.buy(oracle).event("Bought")["price"] == 7


def test_arguments_narrow_a_mock_to_calls_with_just_these(chain, oracle, buyer):
    with chain.mock(oracle.quote, 11, True, returns=(13, 17)):
        assert buyer.quote(oracle, 11) == (13, 17)
        assert buyer.quote(oracle, 12) == (12, 13)
        assert oracle.quote(11, False) == (11, 13)
    with chain.mock(oracle.quote, returns={"high": 23, "low": 19}):
        assert buyer.quote(oracle, 12) == oracle.quote(3, False) == (19, 23)


def test_the_narrowest_mock_counts_and_then_the_latest(chain, oracle):
    with chain.mock(oracle.quote, 11, True, returns=(13, 17)), chain.mock(oracle.quote, returns=(19, 23)):
        assert (oracle.quote(11, True), oracle.quote(2, True)) == ((13, 17), (19, 23))
        with chain.mock(oracle.quote, returns=(29, 31)):
            assert (oracle.quote(11, True), oracle.quote(2, True)) == ((13, 17), (29, 31))
        assert oracle.quote(2, True) == (19, 23)


@pytest.mark.parametrize(
    ("answer", "name", "args"),
    [
        ("closed today", "Error", {"message": "closed today"}),
        (b"", "", {}),
        ("custom", "Stale", {"since": 37}),
    ],
)
def test_a_mock_reverts_with_text_data_or_a_custom_error(answer, name, args, chain, oracle, buyer):
    data = oracle.encode_error("Stale", since=37) if answer == "custom" else answer
    with chain.mock(oracle.price, reverts=data):
        for act in (oracle.price, lambda: buyer.cost(oracle, 5), lambda: buyer.buy(oracle)):
            with pytest.raises(Reverted) as caught:
                act()
            assert (caught.value.name, caught.value.args_by_name) == (name, args)
        assert buyer.priceOr(oracle, 41) == 41
    assert buyer.priceOr(oracle, 41) == 7


def test_value_is_transferred_to_what_is_mocked_unless_it_reverts(chain, oracle, buyer):
    with chain.mock(oracle.pay):
        buyer.buy(oracle, value=43)
    assert chain.balance(oracle) == 43
    with chain.mock(oracle.pay, reverts="no"), pytest.raises(Reverted):
        buyer.buy(oracle, value=47)
    assert (chain.balance(oracle), chain.balance(buyer)) == (43, 0)


def test_an_account_without_code_can_be_mocked_and_has_none_afterwards(chain, oracle, buyer):
    nobody = chain.contract(oracle.abi, NOBODY)
    with chain.mock(nobody.price, returns=53):
        assert buyer.cost(nobody, 2) == 106
    assert chain.code(NOBODY) == b""
    assert not chain.engine.world.account_exists(bytes.fromhex(NOBODY[2:]))
    with pytest.raises(Reverted):
        buyer.cost(nobody, 2)


def test_going_back_inside_a_mock_leaves_the_mock_and_nothing_behind_it(chain, oracle, buyer):
    nobody = chain.contract(oracle.abi, NOBODY)
    before = chain.snapshot()
    with chain.mock(oracle.price, returns=59), chain.mock(nobody.price, returns=61):
        chain.mine()
        chain.revert(before)
        assert buyer.cost(oracle, 1) == 59
    assert (chain.code(NOBODY), buyer.cost(oracle, 1)) == (b"", 7)


def test_a_mock_without_an_abi_answers_by_how_calldata_begins(chain, oracle, buyer):
    selector = oracle.encode("price")
    with chain.mock_call(oracle, selector, returns=(67).to_bytes(32)):
        assert (buyer.cost(oracle, 1), oracle.quote(3, True)) == (67, (3, 4))
    with chain.mock_call(oracle, selector, returns="0x" + "2b".zfill(64)):
        assert buyer.cost(oracle, 1) == 43
    with chain.mock_call(oracle, "0x", reverts=b"\x01"), pytest.raises(Reverted, match="0x01"):
        oracle.quote(3, True)


def test_borrowed_code_is_mocked_at_the_account_that_it_is_borrowed_from(chain, oracle, buyer):
    with chain.mock(oracle.price, returns=71):
        assert buyer.borrow(oracle).return_value == (71).to_bytes(32)
    with chain.mock_call(buyer, oracle.encode("price"), returns=b"\x02"):
        assert buyer.borrow(oracle).return_value == (7).to_bytes(32)


def test_a_precompile_can_be_mocked(chain):
    sha256 = "0x" + "00" * 19 + "02"
    with chain.mock_call(sha256, b"", returns=b"\x03" * 32):
        assert chain.call(to=sha256, data=b"abc") == b"\x03" * 32
    assert chain.call(to=sha256, data=b"abc")[:2] == b"\xba\x78"


def test_web3_sees_mocks_too(chain, oracle):
    with chain.mock(oracle.price, returns=73):
        assert oracle.w3.functions.price().call() == 73
    assert oracle.w3.functions.price().call() == 7


def test_what_was_mined_under_a_mock_is_traced_under_it_and_other_transactions_are_not(chain, oracle, buyer):
    with chain.mock(oracle.price, returns=79):
        mocked = buyer.buy(oracle)
    plain = buyer.buy(oracle)
    with chain.mock(oracle.price, returns=83):
        assert [chain.trace(each).result["price"] for each in (mocked, plain)] == [79, 7]
        assert oracle.price() == 83


@pytest.mark.parametrize("act", ["transact", "call"])
def test_the_trace_of_a_failure_under_a_mock_shows_the_mock_after_its_end(act, chain, oracle, buyer):
    with pytest.raises(Reverted) as caught, chain.mock(oracle.price, reverts="closed"):
        getattr(buyer.buy, act)(oracle)
    assert "reverted: closed" in str(caught.value.retrace())


def test_a_chain_without_mocks_runs_the_code_that_it_ran_before(chain, oracle):
    plain = chain.engine._state.computation_class
    with chain.mock(oracle.price, returns=89):
        assert chain.engine._state.computation_class is not plain
    assert chain.engine._state.computation_class is plain


def test_other_chains_are_not_mocked(chain, oracle):
    other = Chain()
    with pytest.raises(InvalidMock, match="price: its contract is on") as refusal:
        other.mock(oracle.price, returns=97)
    assert refusal.value.function == "price"


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            (),
            {"returns": (1, 2, 3)},
            r"result of quote\(uint256 amount, .* 3 were given",
        ),
        ((), {"returns": 5}, "it takes 2 arguments, 1 were given, without high"),
        ((), {}, "without low, high"),
        ((5,), {"returns": (1, 2)}, r"quote\(uint256 amount, bool exact\) .* without exact"),
        ((5, 7), {"returns": (1, 2)}, "bool"),
    ],
)
def test_what_the_function_cannot_take_or_return_is_refused(arguments, options, message, chain, oracle):
    with pytest.raises(InvalidArgument, match=message):
        chain.mock(oracle.quote, *arguments, **options)


def test_a_mock_gives_one_answer_of_one_function(chain, oracle):
    with pytest.raises(InvalidMock, match="both return and revert"):
        chain.mock(oracle.price, returns=1, reverts="no")
    for options in ({}, {"returns": b"", "reverts": b""}):
        with pytest.raises(InvalidMock, match=f"mock {oracle.address}: give either"):
            chain.mock_call(oracle, b"", **options)
    twice = [{**entry, "inputs": [{"type": "uint8"}]} for entry in oracle.abi if entry["name"] == "price"]
    with pytest.raises(InvalidMock, match=r"choose one .* price\(\), price\(uint8\)"):
        chain.mock(chain.contract([*oracle.abi, *twice], oracle).price, returns=1)
