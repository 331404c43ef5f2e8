"""Logs and their ranges, as nodes answer."""

import pytest

EMITTER = "0x00000000000000000000000000000000000000e1"


@pytest.fixture
def logged(rpc):
    """A log in block 2 of 3."""
    rpc("anvil_setCode", EMITTER, "0x60006000a000")
    rpc("evm_mine")
    sent = rpc("eth_sendTransaction", {"to": EMITTER})
    rpc("evm_mine")
    return sent


def test_a_log_tells_the_time_of_its_block_wherever_it_is_read(rpc, logged):
    number = rpc("eth_newFilter", {"fromBlock": "0x0"})
    rpc("eth_sendTransaction", {"to": EMITTER})
    old, new = (rpc("eth_getBlockByNumber", at)["timestamp"] for at in ("0x2", "0x4"))
    assert old != new
    assert [log["blockTimestamp"] for log in rpc("eth_getLogs", {"fromBlock": "0x0"})] == [old, new]
    assert [log["blockTimestamp"] for log in rpc("eth_getFilterLogs", number)] == [old, new]
    assert [log["blockTimestamp"] for log in rpc("eth_getFilterChanges", number)] == [new]
    assert rpc("eth_getTransactionReceipt", logged)["logs"][0]["blockTimestamp"] == old


@pytest.mark.parametrize(
    "bounds",
    [
        {"fromBlock": "0x0", "toBlock": "0x4"},
        {"fromBlock": "0x4"},
        {"fromBlock": "0x5", "toBlock": "0x6"},
        {"fromBlock": "0x6", "toBlock": "0x5"},
    ],
)
def test_a_range_beyond_the_latest_block_is_refused(rpc, logged, bounds):
    error = rpc.error("eth_getLogs", bounds)
    assert error["code"] == -32602
    assert error["message"].startswith("block range extends beyond current head block: ")
    assert error["message"].endswith("the latest 3")


@pytest.mark.parametrize(
    "bounds",
    [
        {"fromBlock": "0x2", "toBlock": "0x1"},
        {"toBlock": "0x2"},
        {"fromBlock": "0x1", "toBlock": "earliest"},
        {"fromBlock": "pending", "toBlock": "0x0"},
    ],
)
def test_a_range_that_ends_before_it_begins_is_refused(rpc, logged, bounds):
    error = rpc.error("eth_getLogs", bounds)
    assert error["code"] == -32602
    assert error["message"].startswith("invalid block range params: ")


@pytest.mark.parametrize(
    "bounds",
    [
        {"fromBlock": "0x2", "toBlock": "0x3"},
        {"fromBlock": "earliest", "toBlock": "pending"},
        {"fromBlock": "0x2", "toBlock": "latest"},
    ],
)
def test_a_range_up_to_the_latest_block_is_answered(rpc, logged, bounds):
    assert len(rpc("eth_getLogs", bounds)) == 1


def test_a_filter_may_look_ahead(rpc, logged):
    number = rpc("eth_newFilter", {"fromBlock": "0x0", "toBlock": "0x99"})
    rpc("eth_sendTransaction", {"to": EMITTER})
    assert len(rpc("eth_getFilterChanges", number)) == 1
    assert len(rpc("eth_getFilterLogs", number)) == 2
