"""What the engine's own loop and its walk over frames must not get wrong where py-evm's are left out."""

import pytest
from tests.devnet.evm.engine.support import ALICE, deploy, make_engine

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
