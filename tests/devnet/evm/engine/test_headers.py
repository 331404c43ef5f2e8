"""Headers and fees, beside py-evm's."""

import pytest
import rlp
from eth._utils.calculations import fake_exponential
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague.blocks import PragueBlockHeader
from hypothesis import given
from hypothesis import strategies as st
from tests.devnet.evm.engine.support import BOB, pay

from zkrollup.evm.engine.headers import (
    BLOB_TARGET,
    blob_fee,
    header,
    next_base_fee,
    next_excess_blob_gas,
)


def reference(ours):
    names = [name for name, _ in PragueBlockHeader._meta.fields]
    return PragueBlockHeader(
        **dict(zip(names, [getattr(ours, n) for n in ours.__dataclass_fields__], strict=True))
    )


def some_header(**changes):
    common = {"parent_hash": b"\x11" * 32, "state_root": b"\x22" * 32, "number": 503, "timestamp": 1_009}
    rest = {"prev_randao": b"\x33" * 32, "base_fee": 1_013, "gas_limit": 30_000_000}
    return header(**{**common, **rest, **changes})


@pytest.mark.parametrize(
    "changes", [{}, {"bloom": 1 << 2047}, {"gas_used": 7, "blob_gas_used": 2**17, "excess_blob_gas": 11}]
)
def test_a_headers_hash_is_py_evms(changes):
    ours = some_header(**changes)
    assert ours.hash == reference(ours).hash
    assert ours.hash != some_header(number=504, **changes).hash


@given(st.integers(0, 30_000_000), st.integers(7, 10**12))
def test_the_next_base_fee_is_py_evms(used, fee):
    ours = some_header(gas_used=used, base_fee=fee)
    assert next_base_fee(ours) == calculate_expected_base_fee_per_gas(reference(ours))


def test_the_base_fee_rises_above_half_a_block_and_falls_below_it():
    assert next_base_fee(some_header(gas_used=15_000_000, base_fee=801)) == 801
    assert next_base_fee(some_header(gas_used=30_000_000, base_fee=801)) == 901
    assert next_base_fee(some_header(gas_used=15_000_001, base_fee=801)) == 802
    assert next_base_fee(some_header(gas_used=0, base_fee=801)) == 701


@given(st.integers(0, 10**8))
def test_the_blob_fee_is_eip_4844s_exponential(excess):
    assert blob_fee(excess) == fake_exponential(1, excess, 5_007_716)


def test_excess_blob_gas_is_what_goes_beyond_the_target():
    assert next_excess_blob_gas(some_header(blob_gas_used=BLOB_TARGET)) == 0
    assert next_excess_blob_gas(some_header(blob_gas_used=BLOB_TARGET + 5)) == 5
    assert next_excess_blob_gas(some_header(excess_blob_gas=9, blob_gas_used=BLOB_TARGET + 5)) == 14
    assert next_excess_blob_gas(some_header(excess_blob_gas=9)) == 0


def test_the_size_of_a_block_is_that_of_its_encoding(engine):
    engine.automine = False
    engine.send(pay(engine, gas_price=10**9))
    engine.send(pay(engine, BOB))
    (block,) = engine.mine()
    assert len(block.transactions) == 2
    legacy = [rlp.decode(m.transaction.encoded) for m in block.transactions if not m.transaction.type_id]
    typed = [m.transaction.encoded for m in block.transactions if m.transaction.type_id]
    assert block.size == len(rlp.encode([rlp.decode(block.header.encoded), [*legacy, *typed], [], []]))
    empty = engine.mine()[0]
    assert empty.size == len(rlp.encode([rlp.decode(empty.header.encoded), [], [], []]))
