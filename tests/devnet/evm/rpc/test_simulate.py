"""eth_simulateV1: blocks that might come."""

import pytest

ALICE, BOB, CODE = (f"0x00000000000000000000000000000000000000{end}" for end in ("a1", "b2", "c3"))
RICH = {"stateOverrides": {ALICE: {"balance": "0x64"}}}
COUNTS = "0x5f54600101805f555f5260205ff3"
"""Adds one to slot 0 and returns it."""
LOGS = "0x60016000a000"


def send(value, sender=ALICE, to=BOB, **fields):
    return {"from": sender, "to": to, "value": hex(value), **fields}


@pytest.fixture
def simulate(rpc):
    def ask(*blocks, at="latest", **options):
        return rpc("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, at)

    return ask


def test_calls_follow_one_another_within_and_between_blocks(simulate):
    first, second = simulate({**RICH, "calls": [send(60), send(20, BOB, ALICE)]}, {"calls": [send(59)]})
    assert [call["status"] for call in first["calls"] + second["calls"]] == ["0x1"] * 3
    assert (int(first["number"], 16) + 1, first["hash"]) == (int(second["number"], 16), second["parentHash"])
    assert int(first["gasUsed"], 16) == 42_000
    assert len(first["transactions"]) == 2


def test_nothing_is_kept(chain, rpc, simulate):
    before = rpc("eth_getBlockByNumber", "latest")
    simulate({**RICH, "calls": [send(60)]})
    assert rpc("eth_getBlockByNumber", "latest") == before
    assert chain.balance(BOB) == 0
    assert rpc("eth_sendTransaction", {"to": BOB})


def test_storage_and_logs_are_those_of_the_simulated_block(simulate):
    overrides = {CODE: {"code": COUNTS}, BOB: {"code": LOGS}}
    call = {"from": ALICE, "to": CODE}
    first, second = simulate(
        {"stateOverrides": overrides, "calls": [call, call]}, {"calls": [call, {"from": ALICE, "to": BOB}]}
    )
    returned = [int(each["returnData"], 16) for each in [*first["calls"], second["calls"][0]]]
    assert returned == [1, 2, 3]
    (log,) = second["calls"][1]["logs"]
    assert (log["blockHash"], log["blockTimestamp"]) == (second["hash"], second["timestamp"])
    assert log["address"] == BOB


def test_failures_are_told_with_their_code_and_do_not_stop_the_rest(simulate):
    overrides = {CODE: {"code": "0x60075f5260205ffd"}, BOB: {"code": "0xfe"}}
    calls = [{"to": CODE, "gas": "0xc350"}, {"to": BOB, "gas": "0xc350"}, {"to": ALICE}]
    (block,) = simulate({"stateOverrides": overrides, "calls": calls})
    reverted, halted, done = block["calls"]
    assert reverted["error"] == {"code": 3, "message": "execution reverted", "data": f"0x{7:064x}"}
    assert halted["error"] == {"code": -32015, "message": "invalid opcode"}
    assert ("error" in done, done["status"]) == (False, "0x1")


def test_settings_of_blocks_hold_and_gaps_are_filled(rpc, simulate):
    rpc("evm_mine")
    settings = {"number": "0x4", "time": hex(2 * 10**9), "feeRecipient": BOB, "baseFeePerGas": "0x7"}
    # NUMBER, TIMESTAMP, COINBASE, BASEFEE
    reads = {CODE: {"code": "0x435f5242602052416040524860605260805ff3"}}
    blocks = simulate({"blockOverrides": settings, "stateOverrides": reads, "calls": [{"to": CODE}]})
    assert [int(block["number"], 16) for block in blocks] == [2, 3, 4]
    data = blocks[-1]["calls"][0]["returnData"][2:]
    words = [int(data[i : i + 64], 16) for i in range(0, 256, 64)]
    assert words == [4, 2 * 10**9, int(BOB, 16), 7]
    assert blocks[1]["hash"] == blocks[2]["parentHash"]


def test_hashes_of_simulated_blocks_are_known_to_their_successors(rpc, simulate):
    rpc("evm_mine")
    code = "0x6001430340" + "5f52" + "60024303406020526040" + "5ff3"  # blockhash(n - 1), blockhash(n - 2)
    blocks = simulate({}, {"stateOverrides": {CODE: {"code": code}}, "calls": [{"to": CODE}]})
    latest = rpc("eth_getBlockByNumber", "latest")["hash"]
    assert blocks[1]["calls"][0]["returnData"] == blocks[0]["hash"] + latest[2:]


def test_only_validation_checks_nonces_and_fees(rpc, simulate):
    calls = [send(3, nonce="0x7")]
    (block,) = simulate({**RICH, "calls": calls})
    assert (block["calls"][0]["status"], block["baseFeePerGas"]) == ("0x1", "0x0")

    def refused(*calls, **options):
        plan = {"blockStateCalls": [{**RICH, "calls": list(calls)}], "validation": True, **options}
        return rpc.error("eth_simulateV1", plan, "latest")

    priced = {"maxFeePerGas": hex(10**10), "gas": "0x5208"}
    assert refused(send(3))["message"].startswith("max fee per gas less than block base fee")
    assert refused(send(3))["code"] == -32602
    assert refused(send(3, nonce="0x7", **priced))["code"] == -38011
    assert refused(send(3, **priced))["code"] == -38014
    assert refused(send(101), validation=False)["code"] == -38014
    assert refused(send(1, gas="0x5207"), validation=False)["code"] == -38013
    assert refused(send(1, gas="0x1c9c381"), validation=False)["code"] == -38015
    assert refused(send(1), send(1, gas="0x1c9c380"), validation=False)["code"] == -38015


def test_with_validation_the_base_fee_is_that_of_the_next_block(chain, simulate):
    base_fee = chain.engine.next_base_fee
    wealth = {"stateOverrides": {ALICE: {"balance": hex(10**18)}}}
    calls = [send(3, maxFeePerGas=hex(10**10), gas="0x5208")]
    (block,) = simulate({**wealth, "calls": calls}, validation=True)
    assert int(block["baseFeePerGas"], 16) == base_fee
    assert block["calls"][0]["status"] == "0x1"


@pytest.mark.parametrize(
    ("blocks", "code", "words"),
    [
        ([{"blockOverrides": {"number": "0x0"}}], -38020, "block numbers must be in order: 0 <= 0"),
        ([{}, {"blockOverrides": {"number": "0x1"}}], -38020, "block numbers must be in order: 1 <= 1"),
        ([{"blockOverrides": {"time": "0x5"}}], -38021, "block timestamps must be in order: 5 <= "),
        ([{"blockOverrides": {"number": "0x101"}}], -38026, "too many blocks: 257, the most is 256"),
        ([{}] * 257, -32602, "plan.blockStateCalls is "),
        ([{"calls": [{"to": "0x12"}]}], -32602, "plan.blockStateCalls[0].calls[0].to is '0x12'"),
        (None, -32602, "plan.blockStateCalls is None"),
    ],
)
def test_plans_out_of_order_or_malformed_are_refused(rpc, blocks, code, words):
    error = rpc.error("eth_simulateV1", {"blockStateCalls": blocks})
    assert error["code"] == code
    assert error["message"].startswith(words)


def test_transfers_as_logs_are_refused_with_the_reason(rpc):
    error = rpc.error("eth_simulateV1", {"blockStateCalls": [], "traceTransfers": True})
    assert "transfers of ether are not told as logs" in error["message"]


def test_full_transactions_come_if_asked_for(simulate):
    (block,) = simulate({**RICH, "calls": [send(3)]}, returnFullTransactions=True)
    assert (block["transactions"][0]["from"], block["transactions"][0]["value"]) == (ALICE, "0x3")


def test_blocks_may_come_after_an_earlier_one_and_after_the_pending_one(rpc, simulate):
    rpc("anvil_mine", 3)
    assert [int(block["number"], 16) for block in simulate({}, at="0x1")] == [2]
    rpc("evm_setAutomine", False)
    rpc("eth_sendTransaction", {"to": BOB, "value": "0x5", "gas": "0x5208"})
    (block,) = simulate({"calls": [send(5, BOB, ALICE)]}, at="pending")
    assert (int(block["number"], 16), block["calls"][0]["status"]) == (5, "0x1")
