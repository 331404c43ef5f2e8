"""What each tracer tells."""

import pytest
from eth_abi import encode
from eth_utils import keccak

A, B, C = (f"0x00000000000000000000000000000000000000{end}" for end in ("a1", "b2", "c3"))
PRECOMPILE = "0x" + "00" * 19 + "04"
STORE = "0x5f355f55"  # slot 0 = first word of calldata
REVERTS = "0x60016000555f5ffd"


def calling(*targets, size=0, kind="f1", then="00"):
    """Code that calls each with so many bytes of zeros, and goes on."""
    value = "5f" if kind in ("f1", "f2") else ""
    return "0x" + "".join(f"5f5f60{size:02x}5f{value}73{to[2:]}5a{kind}50" for to in targets) + then


def word(number):
    return f"0x{number:064x}"


@pytest.fixture
def trace(rpc):
    """Puts code at A and traces a call of it."""

    def ask(code, tracer="", data="0x", value="0x0", **options):
        rpc("anvil_setCode", A, code)
        call = {"to": A, "data": data, "value": value, "gas": "0x186a0"}
        return rpc("debug_traceCall", call, "latest", {"tracer": tracer, **options})

    return ask


# --- the default tracer


def test_a_call_of_an_account_without_code_makes_no_step(trace):
    steps = trace(calling(C, PRECOMPILE))["structLogs"]
    assert {step["depth"] for step in steps} == {1}
    assert min(step["pc"] for step in steps) == 0
    assert trace("0x")["structLogs"] == []


def test_the_stop_at_the_end_of_code_has_its_own_place(trace):
    assert [(step["pc"], step["op"]) for step in trace("0x5f50")["structLogs"]] == [
        (0, "PUSH0"),
        (1, "POP"),
        (2, "STOP"),
    ]


def test_return_data_is_told_if_asked_for(rpc, trace):
    rpc("anvil_setCode", B, "0x60ab5f5260205ff3")
    plain, asked = (trace(calling(B), enableReturnData=on)["structLogs"] for on in (False, True))
    assert all("returnData" not in step for step in plain)
    told = {step["op"]: step.get("returnData") for step in asked if step["depth"] == 1}
    assert (told["CALL"], told["STOP"]) == (None, word(0xAB))


def test_a_revert_is_no_error_of_its_step_and_a_halt_is(trace):
    reverting = trace(REVERTS)
    assert reverting["failed"]
    assert all("error" not in step for step in reverting["structLogs"])
    assert [step.get("error") for step in trace("0x5f50fe")["structLogs"]] == [None, None, "invalid opcode"]


# --- callTracer


def reverting_with(data):
    return f"0x61{len(data):04x}600d5f3961{len(data):04x}5ffd00" + data.hex()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (keccak(text="Panic(uint256)")[:4] + encode(["uint256"], [0x12]), "division or modulo by zero"),
        (keccak(text="Error(string)")[:4] + encode(["string"], ["too late"]), "too late"),
        (keccak(text="Mine()")[:4], None),
        (b"", None),
    ],
)
def test_a_reverted_call_has_the_words_of_its_data(trace, data, reason):
    frame = trace(reverting_with(data), "callTracer")
    assert (frame["error"], frame.get("revertReason")) == ("execution reverted", reason)


def test_a_halt_is_named_as_geth_names_it(trace):
    frame = trace("0x600356", "callTracer")
    assert frame["error"] == "invalid jump destination"
    assert "revertReason" not in frame


def test_a_creation_that_failed_is_nowhere(rpc):
    options = {"tracer": "callTracer"}
    failed, done = (rpc("debug_traceCall", {"data": code}, "latest", options) for code in ("0xfe", "0x00"))
    assert (failed["type"], "to" in failed, "to" in done) == ("CREATE", False, True)


# --- 4byteTracer and noopTracer


def test_selectors_are_counted_with_the_size_of_what_follows(rpc, trace):
    rpc("anvil_setCode", B, "0x00")
    counted = trace(calling(B, B, size=36) + calling(C, size=7)[2:], "4byteTracer", data="0xaabbccdd01")
    assert counted == {"0xaabbccdd-1": 1, "0x00000000-32": 2}


def test_selectors_of_precompiles_short_calls_and_creations_are_not_counted(rpc, trace):
    assert trace(calling(PRECOMPILE, size=36) + calling(C, size=3)[2:], "4byteTracer", data="0xaabbcc") == {}
    assert rpc("debug_traceCall", {"data": "0x6000600055"}, "latest", {"tracer": "4byteTracer"}) == {}


def test_the_tracer_of_nothing_tells_nothing(trace):
    assert trace(STORE, "noopTracer") == {}


# --- prestateTracer


def difference(rpc, sent):
    return rpc(
        "debug_traceTransaction", sent, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    )


def test_the_difference_has_what_changed_as_it_was_and_as_it_is(rpc, accounts):
    sender = accounts[1]
    rpc("anvil_setCode", A, STORE)
    rpc("anvil_setStorageAt", A, "0x0", word(7))
    rpc("anvil_setBalance", A, "0x64")
    balance = rpc("eth_getBalance", sender)
    sent = rpc("eth_sendTransaction", {"from": sender, "to": A, "data": word(9), "value": "0x3"})
    found = difference(rpc, sent)
    assert found["pre"][A] == {"balance": "0x64", "code": STORE, "storage": {word(0): word(7)}}
    assert found["post"][A] == {"balance": "0x67", "storage": {word(0): word(9)}}
    assert found["pre"][sender] == {"balance": balance}
    assert found["post"][sender] == {"balance": rpc("eth_getBalance", sender), "nonce": 1}


def test_what_a_transaction_only_reads_is_in_no_difference(rpc, accounts):
    rpc("anvil_setBalance", B, "0x5")
    rpc("anvil_setCode", A, f"0x73{B[2:]}315f5400")
    rpc("anvil_setStorageAt", A, "0x0", word(7))
    sent = rpc("eth_sendTransaction", {"from": accounts[1], "to": A})
    assert set(difference(rpc, sent)["pre"]) == set(difference(rpc, sent)["post"]) == {accounts[1]}
    assert B in rpc("debug_traceTransaction", sent, {"tracer": "prestateTracer"})


def test_what_is_new_is_only_after_and_a_slot_set_to_zero_only_before(rpc):
    created = rpc("eth_sendTransaction", {"data": "0x60075f5560016000f3"})
    address = rpc("eth_getTransactionReceipt", created)["contractAddress"]
    found = difference(rpc, created)
    assert address not in found["pre"]
    assert found["post"][address] == {
        "balance": "0x0",
        "nonce": 1,
        "code": "0x00",
        "storage": {word(0): word(7)},
    } or (found["post"][address] == {"nonce": 1, "code": "0x00", "storage": {word(0): word(7)}})
    rpc("anvil_setCode", address, STORE)
    found = difference(rpc, rpc("eth_sendTransaction", {"to": address, "data": word(0)}))
    assert found["pre"][address]["storage"] == {word(0): word(7)}
    assert found["post"][address] == {}


# --- parity's


@pytest.fixture
def flat(rpc):
    rpc("anvil_setCode", C, REVERTS)
    rpc("anvil_setCode", B, calling(C, PRECOMPILE, A[:-2] + "f9", size=5))
    rpc("anvil_setCode", A, calling(B, kind="f4") + calling(PRECOMPILE)[2:])
    sent = rpc("eth_sendTransaction", {"to": A, "value": "0x3", "data": "0xabcd", "gas": "0x493e0"})
    return sent, rpc("trace_transaction", sent)


def test_calls_are_flat_with_their_way_and_without_precompiles(rpc, flat):
    sent, calls = flat
    assert [(call["traceAddress"], call["subtraces"]) for call in calls] == [
        ([], 1),
        ([0], 2),
        ([0, 0], 0),
        ([0, 1], 0),
    ]
    assert [call["action"]["callType"] for call in calls] == ["call", "delegatecall", "call", "call"]
    assert {
        (call["transactionHash"], call["blockNumber"], call["transactionPosition"]) for call in calls
    } == {(sent, 1, 0)}
    assert (calls[0]["action"]["value"], calls[0]["action"]["input"]) == ("0x3", "0xabcd")
    assert calls[2]["error"] == "Reverted"
    assert calls[2]["result"] is None
    assert "error" not in calls[1]


def test_a_creation_is_flat_with_its_code(rpc):
    sent = rpc("eth_sendTransaction", {"data": "0x60016000f3"})
    (call,) = rpc("trace_transaction", sent)
    assert (call["type"], call["action"]["creationMethod"]) == ("create", "create")
    assert call["action"]["init"] == "0x60016000f3"
    receipt = rpc("eth_getTransactionReceipt", sent)
    assert (call["result"]["address"], call["result"]["code"]) == (receipt["contractAddress"], "0x00")


def test_a_block_is_flat_transaction_by_transaction(rpc, flat):
    assert rpc("trace_block", "0x1") == flat[1]
    assert rpc("trace_transaction", "0x" + "12" * 32) is None
    assert rpc.error("trace_block", "0x7")["code"] == -32000
    options = {"tracer": "flatCallTracer"}
    assert rpc("debug_traceTransaction", flat[0], options) == flat[1]
