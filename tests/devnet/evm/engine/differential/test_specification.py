"""Against the executable specification: where py-evm is wrong too, equality with it shows nothing.

ZK_FULL=1 runs many random programs, else some, others for each ZK_MUTANT_SEED.
"""

import os
import struct

import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.devnet.evm.engine.differential.assembly import asm, call, init
from tests.devnet.evm.engine.differential.machines import (
    ALICE,
    BOB,
    CALLEE,
    CHAIN_ID,
    OTHER,
    SENDER,
    TARGET,
    Contract,
    signed,
)
from tests.devnet.evm.engine.differential.specification import compare
from tests.devnet.evm.engine.differential.test_calls import INITS, STORE, placed
from tests.devnet.evm.engine.differential.test_precompiles import BLOCKS, POWERS, SIGNATURES, power
from tests.devnet.evm.engine.differential.test_random_programs import GAS, PROGRAMS

from zkrollup.evm.engine.rules import CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE, created_address

SEED = int(os.environ.get("ZK_MUTANT_SEED", "0"))
EXAMPLES = 1_000 if os.environ.get("ZK_FULL") == "1" else 60

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")


def rotating(test):
    """Run a property on examples that each seed chooses anew."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return seed(SEED)(
        settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=slow)(test)
    )


def asked(number, data, **fields):
    """Ask a precompile; what it answers, and whether, ends up in storage and in the root."""
    copy = asm("CALLDATASIZE", 0, 0, "CALLDATACOPY")
    ask = asm(64, 0, "CALLDATASIZE", 0, number, 300_000, "STATICCALL", 1, "SSTORE")
    keep = asm(0, "MLOAD", 2, "SSTORE", "RETURNDATASIZE", 3, "SSTORE")
    return compare(
        signed(data, gas=1_000_000, **fields), contracts={TARGET: Contract(copy + ask + keep, storage={3: 9})}
    )[0]


EMPTY_BASES = {
    f"{exponent.hex() or 'no'} exponent modulo {modulus.hex()}": power(b"", exponent, modulus)
    for exponent in (b"", b"\x00", b"\x00\x00", b"\x05")
    for modulus in (b"\x07", b"\x01", b"\x00\x00", b"\x00\x07")
}


@pytest.mark.parametrize("data", [*POWERS.values(), *EMPTY_BASES.values()], ids=[*POWERS, *EMPTY_BASES])
def test_powers_are_those_of_the_specification(data):
    asked(5, data)


@pytest.mark.parametrize("data", BLOCKS.values(), ids=BLOCKS)
def test_blocks_of_blake2b_are_those_of_the_specification(data):
    asked(9, data)


@pytest.mark.parametrize("data", SIGNATURES.values(), ids=SIGNATURES)
def test_recovered_signers_are_those_of_the_specification(data):
    asked(1, data)


SIZES = st.sampled_from([0, 1, 2, 3, 31, 32, 33, 40])


@st.composite
def powers(draw):
    base, exponent, modulus = (draw(SIZES) for _ in range(3))
    zeros = draw(st.booleans())
    body = bytes(exponent + modulus) if zeros else draw(st.binary(max_size=base + exponent + modulus))
    return b"".join(size.to_bytes(32, "big") for size in (base, exponent, modulus)) + body


@st.composite
def blocks(draw):
    words = st.integers(0, 2**64 - 1)
    state = b"".join(struct.pack("<Q", draw(words)) for _ in range(26))
    return draw(st.integers(0, 40)).to_bytes(4, "big") + state + bytes([draw(st.sampled_from([0, 1, 2]))])


@rotating
@given(powers())
def test_random_powers(data):
    asked(5, data)


@rotating
@given(blocks())
def test_random_blocks_of_blake2b(data):
    asked(9, data)


@pytest.mark.parametrize("storage", [{5: 7}, {}])
@pytest.mark.parametrize("salted", [None, False, True])
def test_creation_over_storage_is_that_of_the_specification(salted, storage):
    code = init(STORE)
    if salted is None:
        alone = {created_address(SENDER, 0): storage}
        (effect,) = compare(signed(code, to=b"", value=3), storage_alone=alone)
    else:
        by_salt = keccak(b"\xff" + TARGET + (77).to_bytes(32, "big") + keccak(code))[12:]
        place = bytes(by_salt) if salted else created_address(TARGET, 1)
        make = asm(77, len(code), 0, 0, "CREATE2") if salted else asm(len(code), 0, 0, "CREATE")
        program = placed(code) + make + asm(1, "SSTORE", "GAS", 2, "SSTORE")
        contracts = {TARGET: Contract(program)}
        (effect,) = compare(signed(gas=2_000_000), contracts=contracts, storage_alone={place: storage})
    assert effect.succeeded == (not storage or salted is not None)


@pytest.mark.parametrize("code", INITS.values(), ids=INITS)
def test_the_deployer_deploys_as_in_the_specification(code):
    deployer = {CREATE2_DEPLOYER: Contract(CREATE2_DEPLOYER_CODE)}
    data = (307).to_bytes(32, "big") + code
    sends = [signed(data, to=CREATE2_DEPLOYER, gas=7_000_000, nonce=nonce, value=nonce) for nonce in (0, 1)]
    compare(*sends, contracts=deployer)


@pytest.mark.parametrize("chain_id", [0, CHAIN_ID, CHAIN_ID + 1])
@pytest.mark.parametrize("nonce", [0, 1, 2])
@pytest.mark.parametrize("target", [CALLEE, OTHER, SENDER, (5).to_bytes(20, "big"), bytes(20)])
def test_delegations_are_those_of_the_specification(chain_id, nonce, target):
    fields = {"chainId": chain_id, "address": target, "nonce": nonce}
    listed = [key.sign_authorization(fields) for key in (BOB, ALICE)]
    program = call("CALL", OTHER) + asm("GAS", 1, "SSTORE")
    program += asm(int.from_bytes(OTHER, "big"), "EXTCODEHASH", 2, "SSTORE")
    compare(
        signed(to=OTHER, authorizationList=listed, gas=300_000, value=5),
        signed(to=TARGET, nonce=1 + (chain_id != CHAIN_ID + 1 and nonce == 1)),
        contracts={CALLEE: Contract(STORE), TARGET: Contract(program)},
    )


@rotating
@given(PROGRAMS, PROGRAMS, st.binary(max_size=40), GAS)
def test_random_contracts_that_call_each_other(program, callee, data, gas):
    contracts = {TARGET: Contract(program, 1_000, {1: 5, 2: 6}), CALLEE: Contract(callee, 2_000, {1: 7})}
    compare(signed(data, gas=gas, value=3), signed(data[:5], gas=gas, nonce=1), contracts=contracts)


ADDRESSES = st.sampled_from([TARGET, CALLEE, OTHER, b"\x99" * 20, (4).to_bytes(20, "big")])
ACCESS = st.lists(st.tuples(ADDRESSES, st.lists(st.integers(0, 3), max_size=3)), max_size=3)


@st.composite
def fields(draw):
    """Fields of a transaction of some type."""
    kind = draw(st.integers(0, 4))
    listed = [
        {"address": "0x" + address.hex(), "storageKeys": [f"0x{slot:064x}" for slot in slots]}
        for address, slots in draw(ACCESS)
    ]
    if kind == 0:
        return {"gasPrice": draw(st.integers(7, 50))}
    if kind == 1:
        return {"gasPrice": draw(st.integers(7, 50)), "accessList": listed}
    given = {"accessList": listed, "maxPriorityFeePerGas": draw(st.integers(0, 50))}
    if kind == 3:
        hashes = [b"\x01" + bytes([i]) * 31 for i in range(draw(st.integers(1, 6)))]
        given |= {"maxFeePerBlobGas": 5, "blobVersionedHashes": hashes}
    if kind == 4:
        signers = draw(st.lists(st.sampled_from([ALICE, BOB]), min_size=1, max_size=3))
        given["authorizationList"] = [
            signer.sign_authorization(
                {
                    "chainId": draw(st.sampled_from([0, CHAIN_ID, 5])),
                    "address": draw(ADDRESSES),
                    "nonce": draw(st.integers(0, 2)),
                }
            )
            for signer in signers
        ]
    return given


@rotating
@given(PROGRAMS, ADDRESSES, fields(), st.binary(max_size=60), GAS)
def test_random_transactions_of_every_type(program, to, given_fields, data, gas):
    contracts = {TARGET: Contract(program, 1_000, {1: 5, 2: 6}), CALLEE: Contract(STORE, 7)}
    compare(signed(data, to=to, gas=gas + 100_000, value=3, **given_fields), contracts=contracts)


@rotating
@given(PROGRAMS, st.booleans())
def test_random_creations(program, deploys):
    compare(signed(init(program) if deploys else program, to=b"", gas=300_000, value=9))


def test_the_comparison_sees_a_difference(monkeypatch):
    monkeypatch.setattr("zkrollup.evm.engine.world.World.account_has_code_or_nonce", lambda *_: False)
    with pytest.raises(AssertionError):
        compare(signed(init(STORE), to=b""), storage_alone={created_address(SENDER, 0): {5: 7}})
