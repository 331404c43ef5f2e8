"""Arguments of a chain: what is none of the right type is refused by name, and nothing has changed."""

import numpy as np
import pytest

from zkrollup import ETH
from zkrollup.arguments import WrongArgumentType, WrongArgumentValue
from zkrollup.evm import Chain
from zkrollup.evm.cheats import InvalidTravel
from zkrollup.evm.engine.cheating import OutOfRange

HOLDER = "0x00000000000000000000000000000000000000C1"
INTEGERS = {
    "wei": lambda chain, value: chain.set_balance(HOLDER, value),
    "nonce": lambda chain, value: chain.set_nonce(HOLDER, value),
    "slot": lambda chain, value: chain.set_storage(HOLDER, value, 3),
    "value of a word": lambda chain, value: chain.set_storage(HOLDER, 5, value),
    "slot that is read": lambda chain, value: chain.storage(HOLDER, value),
    "n": lambda chain, value: chain.mine(value),
    "seconds": lambda chain, value: chain.travel(value),
    "timestamp": lambda chain, value: chain.warp(value),
    "depth": lambda chain, value: chain.reorg(value),
    "amount": lambda chain, value: chain.deal(HOLDER, HOLDER, value),
    "value": lambda chain, value: chain.transact(to=HOLDER, value=value),
    "value of a call": lambda chain, value: chain.call(to=HOLDER, value=value),
    "value of a deployment": lambda chain, value: chain.deploy([], "00", value=value),
    "gas": lambda chain, value: chain.transact(to=HOLDER, gas=value),
    "gas of a call": lambda chain, value: chain.call(to=HOLDER, gas=value),
}


@pytest.fixture
def chain():
    return Chain()


def state(chain):
    nonces = chain.nonce(HOLDER), chain.nonce(chain.accounts[0])
    return chain.block_number, chain.balance(HOLDER), nonces, chain.engine.schedule


@pytest.mark.parametrize("value", ["3", 1.5, True, b"7"], ids=repr)
@pytest.mark.parametrize("name", INTEGERS)
def test_what_is_no_integer_is_refused_by_name(chain, name, value):
    chain.mine()
    before = state(chain)
    with pytest.raises(WrongArgumentType) as refusal:
        INTEGERS[name](chain, value)
    assert refusal.value.argument == name.split()[0]
    assert repr(value) in str(refusal.value)
    assert state(chain) == before


def test_integers_of_other_types_count(chain):
    chain.set_balance(HOLDER, np.uint64(503))
    chain.mine(np.int64(2))
    chain.transact(to=HOLDER, value=np.uint16(7), gas=np.int32(50_000))
    assert (chain.balance(HOLDER), chain.block_number) == (510, 3)
    assert type(chain.balance(HOLDER)) is int


def _method(chain):
    return chain.contract([{"type": "function", "name": "total", "inputs": [], "outputs": []}], HOLDER).total


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        (lambda chain: chain.mine(-1), WrongArgumentValue),
        (lambda chain: chain.travel(-5), InvalidTravel),
        (lambda chain: chain.set_balance(HOLDER, 1 << 256), OutOfRange),
        (lambda chain: chain.transact(to=HOLDER, data="0x123"), WrongArgumentValue),
        (lambda chain: chain.transact(to=HOLDER, data="zz"), WrongArgumentValue),
        (lambda chain: chain.transact(to=HOLDER, data=5), WrongArgumentType),
        (lambda chain: chain.call(to=HOLDER, data=[1, 2]), WrongArgumentType),
        (lambda chain: chain.set_code(HOLDER, None), WrongArgumentType),
        (lambda chain: chain.deploy([], "zz"), WrongArgumentValue),
        (lambda chain: chain.deploy_raw(7), WrongArgumentType),
        (lambda chain: chain.revert(11), WrongArgumentType),
        (lambda chain: chain.mock("balanceOf", returns=13), WrongArgumentType),
        (lambda chain: chain.mock_call(HOLDER, 17, returns=b""), WrongArgumentType),
        (lambda chain: chain.mock_call(HOLDER, b"", returns=1), WrongArgumentType),
        (lambda chain: chain.deal(ETH, HOLDER, 5), WrongArgumentType),
        (lambda chain: chain.add_account("0x" + "1" * 64), WrongArgumentType),
        (lambda chain: chain.label(HOLDER, None), WrongArgumentType),
        (lambda chain: chain.label(HOLDER, "two\nlines"), WrongArgumentValue),
        (lambda chain: chain.label(HOLDER, ""), WrongArgumentValue),
        (lambda chain: chain.storage(HOLDER, -1), WrongArgumentValue),
        (lambda chain: chain.storage(HOLDER, 1 << 256), WrongArgumentValue),
        (lambda chain: chain.storage(HOLDER, "0"), WrongArgumentType),
        (lambda chain: chain.transcript("first"), WrongArgumentType),
        (lambda chain: chain.transcript(-1), WrongArgumentValue),
        (lambda chain: chain.transcript(most=2.0), WrongArgumentType),
        (lambda chain: chain.mock_call(HOLDER, b"", returns="0x5"), WrongArgumentValue),
        (lambda chain: chain.mock_call(HOLDER, b"", returns=[1, 2]), WrongArgumentType),
        (lambda chain: chain.mock_call(HOLDER, b"", reverts="paused"), WrongArgumentValue),
        (lambda chain: chain.mock(_method(chain), reverts=7), WrongArgumentType),
        (lambda chain: chain.mock(_method(chain), reverts=True), WrongArgumentType),
    ],
)
def test_what_breaks_a_rule_is_refused_with_what_to_pass(chain, attempt, error):
    before = state(chain)
    with pytest.raises(error) as refusal:
        attempt(chain)
    assert isinstance(refusal.value, OutOfRange | InvalidTravel) or "pass " in str(refusal.value)
    assert state(chain) == before
