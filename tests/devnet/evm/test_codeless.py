"""Where there is no code a call would do nothing and succeed; a test must not be green for that."""

import pytest
from eth_utils import to_checksum_address
from tests.devnet.evm.conftest import function, init_code

from zkrollup.arguments import WrongArgument
from zkrollup.evm import InvalidTransaction, NoCode, UndecodableResult

NOWHERE = to_checksum_address("0x" + "ab" * 20)
ABI = [
    function("pay", ("uint256 amount",), mutability="payable"),
    function("check", mutability="view"),
    function("total", outputs=("uint256",), mutability="view"),
]
STOPS = init_code("00")


def state(chain):
    return chain.block_number, chain.balance(chain.accounts[0]), chain.balance(NOWHERE)


@pytest.mark.parametrize("sent", [0, 7], ids=["without value", "with value"])
@pytest.mark.parametrize("way", ["called", "transact"])
def test_a_transaction_to_a_contract_that_is_not_there_is_refused_and_changes_nothing(chain, way, sent):
    method = chain.contract(ABI, NOWHERE).pay
    before = state(chain)
    with pytest.raises(
        NoCode, match=r"^pay\(uint256 amount\) at 0x[aA]\w+ would do nothing: there is no"
    ) as refusal:
        (method if way == "called" else method.transact)(5, value=sent)
    assert (refusal.value.function, refusal.value.address) == ("pay(uint256 amount)", NOWHERE)
    assert state(chain) == before


@pytest.mark.parametrize("view", ["check", "total"])
def test_a_view_of_a_contract_that_is_not_there_is_refused_whatever_it_returns(chain, view):
    with pytest.raises(UndecodableResult, match="there is no code"):
        chain.contract(ABI, NOWHERE)[view]()


def test_a_view_without_results_passes_where_there_is_code(chain):
    assert chain.contract(ABI, chain.deploy_raw(STOPS)).check() is None


def test_a_contract_that_was_reverted_away_is_refused(chain):
    before = chain.snapshot()
    contract = chain.deploy(ABI, STOPS)
    contract.pay(5)
    chain.revert(before)
    with pytest.raises(NoCode, match="deployed after a snapshot since reverted"):
        contract.pay(5)


def test_a_mock_and_a_precompile_may_be_called_without_code(chain):
    contract = chain.contract(ABI, NOWHERE)
    with chain.mock(contract.pay):
        assert contract.pay(5).status == 1
    assert chain.contract(ABI, "0x" + "4".zfill(40)).pay(5).status == 1


def test_ether_that_is_sent_to_nobody_creates_no_empty_contract(chain):
    before = state(chain)
    words = "contract creation without any data provided"
    with pytest.raises(InvalidTransaction, match=words):
        chain.transact(value=7)
    for method in ("eth_sendTransaction", "eth_signTransaction"):
        for target in ({}, {"to": None}, {"to": ""}):
            given = {"from": chain.accounts[0].address, "value": "0x7", "gas": "0x30d40"} | target
            answer = chain.w3.provider.make_request(method, [given])
            assert answer["error"]["message"].startswith(words), (method, target)
    assert state(chain) == before


def test_ether_and_data_may_be_sent_to_anybody_as_they_are(chain):
    assert chain.transact(to=NOWHERE, value=3).status == 1
    assert chain.transact(to=NOWHERE, data=b"\x01\x02\x03\x04").status == 1


@pytest.mark.parametrize("code", [b"", "0x", "", bytearray()], ids=repr)
def test_what_has_no_creation_code_is_not_deployed(chain, code):
    before = state(chain)
    with pytest.raises(
        WrongArgument, match=r"^bytecode=.*empty, as that of an interface or abstract contract"
    ):
        chain.deploy(ABI, code)
    with pytest.raises(WrongArgument, match=r"^init_code=.*empty, as that of an interface"):
        chain.deploy_raw(code)
    assert state(chain) == before


def test_what_is_no_creation_code_is_named_by_its_argument(chain):
    with pytest.raises(WrongArgument, match=r"^bytecode=5 is an int: pass bytes"):
        chain.deploy(ABI, 5)
    with pytest.raises(WrongArgument, match=r"^init_code='0x6' is a str: pass bytes"):
        chain.deploy_raw("0x6")
