"""Random programs, made so that many of them get somewhere."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.devnet.evm.engine.differential.assembly import asm, init
from tests.devnet.evm.engine.differential.machines import CALLEE, TARGET, Contract, compare, signed

TOP = 2**256 - 1
EDGES = st.sampled_from([0, 1, 2, 5, 31, 32, 33, 64, 255, 256, 2**160 - 1, 2**255, TOP - 1, TOP])
SMALL = st.integers(0, 100)
ADDRESSES = st.sampled_from([int.from_bytes(a, "big") for a in (TARGET, CALLEE)] + [1, 2, 3, 4, 5])

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")


def _pushes(*words):
    return st.tuples(*words).map(lambda values: asm(*values))


SNIPPETS = st.one_of(
    _pushes(st.one_of(EDGES, SMALL)),
    st.integers(0x80, 0x9F).map(lambda opcode: bytes([opcode])),
    st.sampled_from([*range(0x01, 0x0C), *range(0x10, 0x1E)]).flatmap(
        lambda opcode: _pushes(EDGES, EDGES, EDGES).map(lambda pushed: pushed + bytes([opcode]))
    ),
    st.sampled_from(
        [0x20, 0x51, 0x52, 0x53, 0x54, 0x55, 0x5C, 0x5D, 0x5E, 0xA0, 0x35, 0x37, 0x39, 0x3E]
    ).flatmap(lambda opcode: _pushes(SMALL, SMALL, SMALL).map(lambda pushed: pushed + bytes([opcode]))),
    st.sampled_from([*range(0x30, 0x4B), 0x50, 0x58, 0x59, 0x5A, 0x5B]).map(lambda opcode: bytes([opcode])),
    st.tuples(SMALL, SMALL, SMALL, SMALL, SMALL, ADDRESSES, st.sampled_from([5_000, 50_000, TOP])).map(
        lambda words: asm(*words, "CALL")
    ),
    st.tuples(st.sampled_from(["DELEGATECALL", "STATICCALL"]), SMALL, SMALL, SMALL, SMALL, ADDRESSES).map(
        lambda words: asm(*words[1:], "GAS", words[0])
    ),
    st.tuples(SMALL, SMALL, SMALL, SMALL).map(lambda words: asm(*words, "CREATE2")),
    st.integers(0, 90).map(lambda to: asm(to, "JUMP")),
    st.tuples(st.integers(0, 1), st.integers(0, 90)).map(lambda pair: asm(*pair, "JUMPI")),
    # Skips a byte that would be a destination, were it not data.
    st.sampled_from([b"\x60\x5b\x50", b"\x62\x5b\x5b\x5b\x50"]),
    st.sampled_from([asm(32, 0, "RETURN"), asm(9, 3, "REVERT"), b"\xfe", asm(7, "SELFDESTRUCT"), b"\x00"]),
    st.binary(min_size=1, max_size=3),
)
PROGRAMS = st.one_of(st.lists(SNIPPETS, max_size=25).map(b"".join), st.binary(max_size=60))
GAS = st.sampled_from([25_000, 60_000, 300_000])

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(max_examples=1_500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _calls(program, callee, data, gas):
    contracts = {TARGET: Contract(program, 1_000, {1: 5, 2: 6}), CALLEE: Contract(callee, 2_000, {1: 7})}
    compare(signed(data, gas=gas, value=3), signed(data[:5], gas=gas, nonce=1), contracts=contracts)


@quick
@given(PROGRAMS, PROGRAMS, st.binary(max_size=40), GAS)
def test_random_contracts_that_call_each_other(program, callee, data, gas):
    _calls(program, callee, data, gas)


@quick
@given(PROGRAMS, st.booleans())
def test_random_creations(program, deploys):
    compare(signed(init(program) if deploys else program, to=b"", gas=300_000, value=9))


@pytest.mark.slow
@thorough
@given(PROGRAMS, PROGRAMS, st.binary(max_size=40), GAS)
def test_many_random_contracts_that_call_each_other(program, callee, data, gas):
    _calls(program, callee, data, gas)
