"""What is tried is not held to what only a transaction must keep."""

import pytest

TO = "0x00000000000000000000000000000000000000d7"


@pytest.mark.parametrize("nonce", ["0x0", "0x1", "0x9"])
@pytest.mark.parametrize(
    ("method", "extra", "expected"),
    [
        ("eth_estimateGas", [], "0x5208"),
        ("eth_call", ["latest"], "0x"),
        ("eth_createAccessList", ["latest"], {"accessList": [], "gasUsed": "0x5208"}),
    ],
)
def test_the_nonce_of_what_is_tried_may_be_any(rpc, accounts, method, extra, expected, nonce):
    rpc("eth_sendTransaction", {"from": accounts[1], "to": TO})
    call = {"from": accounts[1], "to": TO, "nonce": nonce}
    assert rpc(method, call, *extra) == expected
    if nonce != "0x1":
        assert "nonce" in rpc.error("eth_sendTransaction", call)["message"]


def test_a_trace_of_a_call_takes_any_nonce(rpc, accounts):
    call = {"from": accounts[1], "to": TO, "nonce": "0x7"}
    assert rpc("debug_traceCall", call, "latest", {"tracer": "callTracer"})["to"] == TO


def test_a_creation_that_is_tried_stands_where_the_next_nonce_puts_it(rpc, accounts):
    returns_own_address = "0x305f5260205ff3"
    tried = [
        rpc("eth_call", {"from": accounts[1], "data": returns_own_address, "nonce": n})
        for n in ("0x0", "0x5")
    ]
    assert tried[0] == tried[1] != "0x"


def test_web3_builds_a_second_transaction_while_the_first_one_waits(chain, rpc):
    w3, sender = chain.w3, chain.accounts[1].address
    rpc("anvil_setCode", TO, "0x00")
    rpc("evm_setAutomine", False)
    w3.eth.send_transaction({"from": sender, "to": TO, "value": 3, "gas": 30_000})
    abi = [{"type": "function", "name": "run", "stateMutability": "nonpayable", "inputs": [], "outputs": []}]
    run = w3.eth.contract(address=w3.to_checksum_address(TO), abi=abi).functions.run()
    built = run.build_transaction({"from": sender, "nonce": w3.eth.get_transaction_count(sender, "pending")})
    assert (built["nonce"], built["gas"] >= 21_064) == (1, True)


@pytest.mark.parametrize("count", [0, "0x0"])
def test_a_fee_history_of_no_blocks_is_empty(rpc, count):
    assert rpc("eth_feeHistory", count, "latest", [50]) == {"oldestBlock": "0x0", "gasUsedRatio": []}


@pytest.mark.parametrize(
    ("count", "answered"), [("0x400", 1024), ("0x401", 1024), ("0x2000", 1024), ("0x3", 3)]
)
def test_a_fee_history_is_cut_to_1024_blocks(rpc, count, answered):
    rpc("anvil_mine", 1030)
    assert len(rpc("eth_feeHistory", count, "latest", [])["gasUsedRatio"]) == answered


def test_a_fee_history_up_to_no_block_is_refused_however_short(rpc):
    assert rpc.error("eth_feeHistory", "0x0", "0x9", [])["code"] == -32000


@pytest.mark.parametrize("method", ["evm_setTime", "anvil_setTime"])
@pytest.mark.parametrize("unit", [1, 1000])
def test_a_time_is_in_seconds_or_in_milliseconds(chain, rpc, method, unit):
    then = chain.timestamp + 307
    rpc(method, then * unit)
    rpc("evm_mine")
    assert chain.timestamp == then


@pytest.mark.parametrize(("given", "then"), [(10**11 - 1, 10**11 - 1), (1_800_000_000_999, 1_800_000_000)])
def test_milliseconds_begin_where_seconds_would_be_thousands_of_years_ahead(chain, rpc, given, then):
    rpc("evm_setTime", given)
    rpc("evm_mine")
    assert chain.timestamp == then


def test_milliseconds_of_the_past_are_refused(chain, rpc):
    assert rpc.error("evm_setTime", (chain.timestamp - 5) * 1000)["code"] == -32000
