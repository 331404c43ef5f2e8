"""A revert without data says where code is missing, if that is why."""

import pytest
from tests.devnet.evm.programs import passing_on, push, reverting

from zkrollup.evm import Reverted

CALLER = "0x00000000000000000000000000000000000A00C1"
OUTER = "0x00000000000000000000000000000000000A00C2"
NOBODY = "0x00000000000000000000000000000000000A11cE"
HELD = push(bytes.fromhex(NOBODY[2:]))

# extcodesize(NOBODY); if zero, revert without data, as solc's callers do
CHECKS = HELD + b"\x3b" + push(bytes([len(HELD) + 7])) + b"\x57" + b"\x5f\x5f\xfd" + b"\x5b\0"
# call(gas, NOBODY, 0, 0, 0, 0, 0); if returndatasize < 32, revert without data
DECODES = b"\x5f" * 5 + HELD + bytes.fromhex("5af150") + b"\x60\x20\x3d\x10"
DECODES += push(bytes([len(DECODES) + 4])) + b"\x57\0\x5b\x5f\x5f\xfd"


def failed(chain, to):
    """What a transaction and a call say."""
    texts = []
    for act in (chain.transact, chain.call):
        with pytest.raises(Reverted) as caught:
            act(to=to)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
    return texts[0]


@pytest.mark.parametrize("code", [CHECKS, DECODES], ids=["size is checked", "result is decoded"])
def test_an_address_without_code_is_named(chain, code):
    chain.set_code(CALLER, code)
    expected = f"reverted without data: there is no code at {NOBODY}"
    assert failed(chain, CALLER) == expected
    chain.set_code(OUTER, passing_on(CALLER))
    chain.label(NOBODY, "Oracle")
    assert failed(chain, OUTER) == f"{expected} (Oracle)"


@pytest.mark.parametrize("code", [CHECKS, DECODES], ids=["size is checked", "result is decoded"])
def test_nothing_is_said_where_there_is_code(chain, code):
    chain.set_code(NOBODY, b"\x60\x20\x5f\xf3")
    chain.set_code(CALLER, code)
    chain.transact(to=CALLER)
    chain.set_code(NOBODY, reverting(b""))
    chain.set_code(OUTER, passing_on(NOBODY))
    assert failed(chain, OUTER) == "reverted without data"


def test_a_plain_refusal_and_a_payment_on_the_way_are_not_blamed(chain):
    chain.set_code(CALLER, reverting(b""))
    assert failed(chain, CALLER) == "reverted without data"
    # Calls the identity precompile, which has no code, and refuses.
    chain.set_code(CALLER, b"\x5f" * 5 + bytes.fromhex("60045af1505f5ffd"))
    assert failed(chain, CALLER) == "reverted without data"


def test_nothing_is_said_of_a_state_that_is_gone(chain):
    chain.set_code(CALLER, CHECKS)
    with chain.anchor(), pytest.raises(Reverted) as caught:
        chain.transact(to=CALLER)
    assert str(caught.value) == "reverted without data"
