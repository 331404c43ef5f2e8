"""Traces: of transactions, calls and blocks."""

import pytest

STRANGER = "0x00000000000000000000000000000000DeaDBeef"
STORE = "5f355f55"  # slot 0 = first word of calldata


def deployed(chain, runtime):
    code = bytes.fromhex(runtime)
    return chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code)


def caller_of(chain, target, opcode="f1"):
    """Logs, then calls the target with 3 wei, or none for other kinds of calls."""
    value = "6003" if opcode == "f1" else ""
    return deployed(chain, f"602a5f5fa15f5f5f5f{value}73{target[2:]}5a{opcode}00")


@pytest.fixture
def nested(chain):
    target = deployed(chain, STORE)
    outer = caller_of(chain, target)
    return chain.transact(to=outer, value=5).transaction_hash, outer, target


def hexed(value):
    return "0x" + value.hex()


def test_the_tree_of_calls_has_who_called_whom_with_what(chain, rpc, nested):
    sent, outer, target = nested
    root = rpc("debug_traceTransaction", hexed(sent), {"tracer": "callTracer"})
    receipt = rpc("eth_getTransactionReceipt", hexed(sent))
    assert (root["type"], root["to"], root["value"]) == ("CALL", outer.lower(), "0x5")
    assert root["gasUsed"] == receipt["gasUsed"]
    (inner,) = root["calls"]
    assert (inner["type"], inner["from"], inner["to"]) == ("CALL", outer.lower(), target.lower())
    assert inner["value"] == "0x3"


def test_calls_inside_and_logs_come_as_configured(rpc, nested):
    def traced(config):
        options = {"tracer": "callTracer", "tracerConfig": config}
        return rpc("debug_traceTransaction", hexed(nested[0]), options)

    assert "calls" not in traced({"onlyTopCall": True})
    assert "logs" not in traced({})
    (log,) = traced({"withLog": True})["logs"]
    assert (int(log["topics"][0], 16), log["position"]) == (42, "0x0")


@pytest.mark.parametrize(("opcode", "kind"), [("f4", "DELEGATECALL"), ("fa", "STATICCALL")])
def test_kinds_of_calls_are_told_apart(chain, rpc, opcode, kind):
    outer = caller_of(chain, deployed(chain, "00"), opcode)
    root = rpc("debug_traceCall", {"to": outer}, "latest", {"tracer": "callTracer"})
    assert root["calls"][0]["type"] == kind


def test_a_creation_is_traced_with_the_code_it_left(chain, rpc):
    chain.deploy_raw(bytes.fromhex("6001600a5f3960015ff300"))
    (traced,) = rpc("debug_traceBlockByNumber", "latest", {"tracer": "callTracer"})
    assert (traced["result"]["type"], traced["result"]["output"]) == ("CREATE", "0x00")


def test_a_revert_inside_is_told_where_it_happened(chain, rpc):
    outer = caller_of(chain, deployed(chain, "5f5ffd"))
    root = rpc("debug_traceCall", {"to": outer, "value": "0x3"}, "latest", {"tracer": "callTracer"})
    assert "error" not in root
    assert root["calls"][0]["error"] == "execution reverted"


def test_steps_have_stack_gas_and_storage(chain, rpc):
    target = deployed(chain, STORE)
    trace = rpc("debug_traceCall", {"to": target, "data": "0x" + "07".rjust(64, "0")})
    assert [step["op"] for step in trace["structLogs"]] == [
        "PUSH0",
        "CALLDATALOAD",
        "PUSH0",
        "SSTORE",
        "STOP",
    ]
    store = trace["structLogs"][3]
    assert (store["pc"], store["stack"], store["gasCost"]) == (3, ["0x7", "0x0"], 22_100)
    assert store["storage"] == {"0" * 64: "7".rjust(64, "0")}
    assert not trace["failed"]


def test_what_was_there_before_is_told(chain, rpc, nested):
    sent, outer, target = nested
    found = rpc("debug_traceTransaction", hexed(sent), {"tracer": "prestateTracer"})
    assert found[outer.lower()]["balance"] == "0x0"
    assert found[target.lower()]["code"] == "0x" + STORE
    assert found[target.lower()]["storage"] == {"0x" + "0" * 64: "0x" + "0" * 64}


def test_traces_leave_the_chain_as_it_was(chain, rpc, nested):
    block = rpc("eth_getBlockByNumber", "latest")
    balance = chain.balance(nested[2])
    rpc("debug_traceBlockByHash", block["hash"])
    rpc("debug_traceCall", {"to": nested[1], "value": "0x5"})
    assert rpc("eth_getBlockByNumber", "latest") == block
    assert chain.balance(nested[2]) == balance == 3


def test_what_is_not_mined_cannot_be_traced(rpc):
    assert rpc.error("debug_traceTransaction", "0x" + "12" * 32)["code"] == -32000
    assert rpc.error("debug_traceBlockByNumber", "0x9")["code"] == -32000
    assert rpc("debug_traceBlockByNumber", "0x0") == []


def test_an_execution_of_too_many_steps_is_refused_and_leaves_nothing(chain, rpc, monkeypatch, nested):
    monkeypatch.setattr("zkrollup.evm.engine.tracing.MOST_STEPS", 5)
    assert "more than 5 steps" in rpc.error("debug_traceTransaction", hexed(nested[0]))["message"]
    assert rpc("debug_traceTransaction", hexed(nested[0]), {"tracer": "callTracer"})["calls"]
    assert chain.balance(nested[2]) == 3
    assert rpc("eth_call", {"to": nested[1], "value": "0x5"}) == "0x"
