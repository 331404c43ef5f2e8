"""Calls between contracts, creation, destruction, static contexts, storage gas, transaction types."""

import pytest
from eth_utils import keccak
from tests.devnet.evm.engine.differential.assembly import RETURN_TOP, asm, call, init
from tests.devnet.evm.engine.differential.machines import (
    BOB,
    CALLEE,
    CHAIN_ID,
    OTHER,
    SENDER,
    TARGET,
    Contract,
    Ours,
    compare,
    run,
    signed,
)

from zkrollup.evm.engine.rules import created_address

CALLS = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")
STORE = asm(501, 7, "SSTORE", 0xE1, 0, 0, "LOG1", 0xAA, 0, "MSTORE", 32, 0, "RETURN")
REVERT = asm(502, 8, "SSTORE", 0xBB, 0, "MSTORE", 32, 0, "REVERT")
BURN = b"\xfe"
LOOP = b"\x5b" + asm(0, "JUMP")
DESTROY = asm(int.from_bytes(OTHER, "big"), "SELFDESTRUCT")
BACK = call("CALL", TARGET, gas=20_000) + asm("GAS") + RETURN_TOP

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")


def report(*parts):
    """Return code that runs the parts and returns a word: success, first returned word, size, gas."""
    code = b"".join(parts)
    return code + asm(64, "MSTORE", "RETURNDATASIZE", 96, "MSTORE", "GAS", 128, "MSTORE", 160, 0, "RETURN")


def accessed(address, *slots):
    """Return an access list of one address."""
    return [{"address": "0x" + address.hex(), "storageKeys": [f"0x{slot:064x}" for slot in slots]}]


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    "callee",
    [STORE, REVERT, BURN, LOOP, DESTROY, BACK, asm("POP"), b"", asm(3, "JUMP")],
    ids=["store", "revert", "burn", "loop", "destroy", "back", "underflow", "empty", "bad jump"],
)
def test_a_call_and_what_it_leaves(kind, callee):
    others = {CALLEE: Contract(callee, balance=17)}
    plain = run(report(call(kind, CALLEE)), others=others, balance=900)
    assert plain.failure is None
    run(report(call(kind, CALLEE, value=5)), others=others, balance=900)
    run(report(call(kind, CALLEE, value=901)), others=others, balance=900)
    run(report(call(kind, CALLEE, gas=2300)), others=others, balance=900)
    run(report(call(kind, CALLEE, gas=2**255, size=40, room=7)), others=others, gas=70_000)


def test_a_static_call_may_not_write_and_a_call_may():
    others = {CALLEE: Contract(STORE)}
    statically, freely = (run(report(call(kind, CALLEE)), others=others) for kind in ("STATICCALL", "CALL"))
    assert (int.from_bytes(statically.output[64:96], "big"), statically.logs) == (0, ())
    assert int.from_bytes(freely.output[64:96], "big") == 1
    assert len(freely.logs) == 1


@pytest.mark.parametrize(
    "forbidden",
    [
        asm(1, 2, "SSTORE"),
        asm(1, 2, "TSTORE"),
        asm(0, 0, "LOG0"),
        asm(0, 0, 0, "CREATE"),
        asm(9, 0, 0, 0, "CREATE2"),
        DESTROY,
        call("CALL", OTHER, value=1),
        call("CALL", OTHER),
    ],
)
def test_a_static_call_refuses_each_write(forbidden):
    run(report(call("STATICCALL", CALLEE)), others={CALLEE: Contract(forbidden, balance=30)})


def test_a_revert_takes_back_the_calls_below_it_only():
    inner = b"\xab" * 20
    middle = call("CALL", inner) + asm("POP") + REVERT
    top = asm(503, 9, "SSTORE") + call("CALL", CALLEE) + RETURN_TOP
    result = run(top, others={CALLEE: Contract(middle), inner: Contract(STORE)})
    assert result.logs == ()
    assert result.output == bytes(32)


def test_recursion_is_bounded_by_gas():
    code = asm(0, "SLOAD", 1, "ADD", 0, "SSTORE", 0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "GAS") + RETURN_TOP
    assert run(code, gas=3_000_000).failure is None


def placed(code: bytes) -> bytes:
    """Put code into memory at 0, without its size on the stack."""
    padded = code.ljust((len(code) + 31) // 32 * 32, b"\0")
    return b"".join(
        asm(int.from_bytes(padded[i : i + 32], "big"), i, "MSTORE") for i in range(0, len(padded), 32)
    )


INITS = {
    "store": init(STORE),
    "nothing": b"",
    "reverts": REVERT,
    "burns": BURN,
    "ef": asm(0xEF << 248, 0, "MSTORE", 4, 0, "RETURN"),
    "too large": asm(24_577, 0, "RETURN"),
    "largest": asm(24_576, 0, "RETURN"),
    "destroys": DESTROY,
    "stores": asm(11, 12, "SSTORE") + init(STORE),
}


@pytest.mark.parametrize("code", INITS.values(), ids=INITS)
def test_creation_by_a_transaction(code):
    for gas in (60_000, 200_000, 6_000_000):
        compare(signed(code, to=b"", gas=gas, value=21))


@pytest.mark.parametrize("code", INITS.values(), ids=INITS)
@pytest.mark.parametrize("salted", [False, True])
def test_creation_by_a_contract_which_then_calls_it(code, salted):
    make = asm(77, len(code), 0, 6, "CREATE2") if salted else asm(len(code), 0, 6, "CREATE")
    use = asm(
        "DUP1", 1, "SSTORE", "DUP1", "EXTCODEHASH", 2, "SSTORE", 0, 0, 0, 0, 0, 5, "DUP7", "SUB", 5, "ADD"
    )
    program = placed(code) + make + use + asm("GAS", "CALL", 3, "SSTORE") + report(asm("RETURNDATASIZE"))
    for gas in (150_000, 7_000_000):
        run(program, gas=gas, balance=50)


def test_the_same_salt_collides_the_second_time():
    code = init(STORE)
    make = asm(77, len(code), 0, 0, "CREATE2")
    result = run(placed(code) + make + asm("POP") + make + RETURN_TOP)
    assert result.output == bytes(32)


@pytest.mark.parametrize("taken", [{}, {5: 7}])
def test_a_contract_is_not_created_over_storage(taken):
    # EIP-7610, which py-evm does not know: against ours alone, with and without storage.
    code = init(STORE)
    by_transaction = created_address(SENDER, 0)
    for salted in (False, True):
        make = asm(77, len(code), 0, 0, "CREATE2") if salted else asm(len(code), 0, 0, "CREATE")
        place = (
            bytes(keccak(b"\xff" + TARGET + (77).to_bytes(32, "big") + keccak(code))[12:])
            if salted
            else created_address(TARGET, 1)
        )
        machine = Ours({TARGET: Contract(placed(code) + make + RETURN_TOP)})
        for address in (by_transaction, place):
            for slot, word in taken.items():
                machine.world.set_storage(address, slot, word)
        machine.world.lock_changes()
        result = machine.run(signed())
        assert int.from_bytes(result.output, "big") == (0 if taken else int.from_bytes(place, "big"))
    machine = Ours({})
    for slot, word in taken.items():
        machine.world.set_storage(by_transaction, slot, word)
    machine.world.lock_changes()
    result = machine.run(signed(code, to=b""))
    assert result.failure == ("ContractCreationCollision" if taken else None)
    assert (result.gas_used == 400_000) == bool(taken)
    assert machine.world.get_storage(by_transaction, 5) == taken.get(5, 0)


@pytest.mark.parametrize("heir", [TARGET, OTHER, b"\x99" * 20])
def test_a_contract_that_was_there_before_survives_its_destruction(heir):
    code = asm(int.from_bytes(heir, "big"), "SELFDESTRUCT")
    first, second = compare(
        signed(value=41), signed(value=43, nonce=1), contracts={TARGET: Contract(code, balance=71)}
    )
    assert first.failure is second.failure is None


def test_a_contract_destroyed_in_the_transaction_that_made_it_is_gone():
    child = init(DESTROY)
    program = placed(child) + asm(len(child), 0, 19, "CREATE", "DUP1", 1, "SSTORE")
    program += asm(0, 0, 0, 0, 0, 6, "MLOAD", "POP", "DUP6", "GAS", "CALL", "POP", "EXTCODESIZE") + RETURN_TOP
    run(program, balance=200)


@pytest.mark.parametrize("original", [0, 5, 6])
@pytest.mark.parametrize("writes", [(0,), (5,), (6, 0), (0, 5), (6, 5), (0, 6, 5), (6, 0, 6, 0)])
def test_storage_gas_and_refunds(original, writes):
    code = b"".join(asm(word, 1, "SSTORE") for word in writes) + asm("GAS") + RETURN_TOP
    storage = {1: original} if original else {}
    run(code, storage=storage)
    run(code, storage=storage, accessList=accessed(TARGET, 1))


def test_a_refund_is_capped_at_a_fifth():
    code = b"".join(asm(0, slot, "SSTORE") for slot in range(10))
    result = run(code, storage=dict.fromkeys(range(10), 3))
    assert (
        result.gas_used
        == (21_000 + 10 * 5_000 + sum(2 + 3 if slot else 4 for slot in range(10))) * 4 // 5 + 1
    )


def test_storing_with_the_stipend_left_fails():
    run(asm(1, 1, "SSTORE"), gas=21_000 + 2_306)
    run(asm(1, 1, "SSTORE"), gas=21_000 + 2_307)


def test_transient_storage_lasts_a_transaction_and_reverts_with_its_call():
    code = asm(55, 1, "TSTORE") + call("CALL", CALLEE) + asm("POP", 1, "TLOAD", 0, "MSTORE", 32, 0, "RETURN")
    others = {CALLEE: Contract(asm(66, 1, "TSTORE") + REVERT)}
    assert run(code, others=others).output == (55).to_bytes(32, "big")
    reading = asm(1, "TLOAD", "DUP1", 2, "SSTORE", 7, 1, "TSTORE") + RETURN_TOP
    first, second = compare(signed(), signed(nonce=1), contracts={TARGET: Contract(reading)})
    assert first.output == second.output == bytes(32)


@pytest.mark.parametrize(
    "fields",
    [
        {"gasPrice": 30},
        {"gasPrice": 30, "accessList": accessed(CALLEE, 0, 1)},
        {"accessList": accessed(TARGET)},
        {"maxFeePerGas": 8, "maxPriorityFeePerGas": 8},
        {"maxFeePerBlobGas": 5, "blobVersionedHashes": [b"\x01" + b"\x22" * 31, b"\x01" + b"\x33" * 31]},
    ],
    ids=["legacy", "access list", "dynamic", "tip is cut", "blobs"],
)
def test_transaction_types(fields):
    code = asm(1, "BLOBHASH", 1, "SSTORE", "GASPRICE", 2, "SSTORE") + call("CALL", CALLEE) + RETURN_TOP
    result = run(code, b"\x00\x01\x02", others={CALLEE: Contract(STORE)}, value=61, **fields)
    assert result.failure is None


@pytest.mark.parametrize("chain_id", [0, CHAIN_ID, CHAIN_ID + 1])
@pytest.mark.parametrize("nonce", [0, 1])
def test_delegation_of_an_account(chain_id, nonce):
    authorization = BOB.sign_authorization({"chainId": chain_id, "address": CALLEE, "nonce": nonce})
    contracts = {CALLEE: Contract(STORE), TARGET: Contract(call("CALL", OTHER) + asm("GAS") + RETURN_TOP)}
    first, second = compare(
        signed(to=OTHER, authorizationList=[authorization], gas=200_000),
        signed(to=TARGET, nonce=1),
        contracts=contracts,
    )
    assert bool(first.logs) == bool(second.logs) == (chain_id != CHAIN_ID + 1 and nonce == 0)


def test_a_sender_that_delegates_to_itself_counts_its_nonce_first():
    from tests.devnet.evm.engine.differential.machines import ALICE

    authorization = ALICE.sign_authorization({"chainId": CHAIN_ID, "address": CALLEE, "nonce": 1})
    (result,) = compare(
        signed(to=SENDER, authorizationList=[authorization], gas=200_000), contracts={CALLEE: Contract(STORE)}
    )
    assert len(result.logs) == 1
