"""What the engine's own loop and its walk over frames must not get wrong where py-evm's are left out."""

import pytest
from tests.devnet.evm.engine.support import ALICE, deploy, make_engine

from zkrollup.evm import Chain, Reverted
from zkrollup.evm.engine.transactions import CallFields

DESTROYS_ITSELF = "33ff"
CREATION = "6133ff5f526002601ef3"
"""Init code that leaves DESTROYS_ITSELF."""
CALLS = "5f5f5f5f5f5f355af1"
"""Calls the address in the calldata."""


def created_and_called_through(engine, helper):
    """One transaction that creates a contract, and has the helper call it; its address."""
    code = f"69{CREATION}5f52600a60165ff05f52" + f"5f5f60205f5f73{helper.hex()}5af150" + "60205ff3"
    sent = engine.send(engine.sign(CallFields(ALICE, data=bytes.fromhex(code), gas=1_000_000)))
    mined = engine.transaction(sent)
    assert mined.status == 1
    return engine.code(mined.contract_address)[12:]


@pytest.mark.parametrize("exact_roots", [False, True])
def test_a_contract_whose_destruction_was_reverted_is_still_there(exact_roots):
    engine = make_engine(exact_roots=exact_roots)
    created = created_and_called_through(engine, deploy(engine, CALLS + "5f5ffd"))
    assert engine.code(created) == bytes.fromhex(DESTROYS_ITSELF)
    assert engine.nonce(created) == 1


def test_one_whose_destruction_stays_is_gone():
    engine = make_engine()
    created = created_and_called_through(engine, deploy(engine, CALLS + "00"))
    assert (engine.code(created), engine.nonce(created)) == (b"", 0)


def test_one_that_an_earlier_transaction_created_stays_with_its_code():
    engine = make_engine()  # EIP-6780
    destroyed = deploy(engine, DESTROYS_ITSELF)
    assert engine.transaction(engine.send(engine.sign(CallFields(ALICE, destroyed, gas=100_000)))).status == 1
    assert engine.code(destroyed) == bytes.fromhex(DESTROYS_ITSELF)


@pytest.mark.parametrize(("place", "size"), [(0, 32), (31, 32), (32, 64), (63, 64), (64, 96)])
def test_a_byte_written_at_the_end_of_memory_makes_it_grow_by_a_word(place, size):
    engine = make_engine()
    code = f"5f5f5260aa60{place:02x}53" + "596020526020" + "6020f3"
    outcome = engine.call(CallFields(ALICE, deploy(engine, code)))
    assert int.from_bytes(outcome.output) == size


TOO_MUCH_CODE = "6160015ff3"
"""Init code that leaves 24,577 zeros; one byte less is the most (EIP-170)."""


def test_code_that_is_too_large_is_called_so_and_takes_all_gas():
    chain = Chain(accounts=1)
    with pytest.raises(Reverted, match="MaxCodeSizeExceeded") as refusal:
        chain.deploy_raw(TOO_MUCH_CODE, gas=7_000_000)
    assert refusal.value.receipt.gas_used == 7_000_000
    assert len(chain.code(chain.deploy_raw("6160005ff3"))) == 24_576


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_json_rpc_calls_it_as_geth_does(method):
    chain = Chain(accounts=1)
    call = {"from": chain.accounts[0].address, "data": f"0x{TOO_MUCH_CODE}"}
    answer = chain.w3.provider.make_request(method, [call])
    assert (answer["error"]["code"], answer["error"]["message"]) == (-32000, "max code size exceeded")


def test_a_contract_that_creates_one_that_is_too_large_goes_on():
    engine = make_engine()
    # stores the init code, creates from its 5 bytes, and returns the address, which is 0
    creates = f"64{TOO_MUCH_CODE}5f52" + "6005601b5ff0" + "5f5260205ff3"
    outcome = engine.call(CallFields(ALICE, deploy(engine, creates)))
    assert (outcome.failure, int.from_bytes(outcome.output)) == (None, 0)
