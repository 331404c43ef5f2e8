"""Requests, batches and notifications, as JSON-RPC 2.0 has them."""

import pytest

from zkrollup.evm.rpc.table import MOST_REQUESTS


def request(method="eth_chainId", **fields):
    return {"jsonrpc": "2.0", "id": 5, "method": method, "params": [], **fields}


def test_a_response_carries_the_requests_id(rpc):
    assert rpc.table.respond(request(id="a")) == {"jsonrpc": "2.0", "id": "a", "result": "0x7a69"}


def test_params_may_be_absent(rpc):
    assert rpc.table.respond({"id": 3, "method": "net_version"})["result"] == "31337"


def test_a_batch_is_answered_in_order_each_on_its_own(rpc):
    first, second, third = rpc.table.respond([request(id=1), request("nothing", id=2), request(id=3)])
    assert (first["id"], first["result"]) == (1, "0x7a69")
    assert (second["id"], second["error"]["code"]) == (2, -32601)
    assert (third["id"], third["result"]) == (3, "0x7a69")


def test_a_notification_is_carried_out_and_not_answered(chain, rpc):
    mine = {"method": "evm_mine", "params": []}
    assert rpc.table.respond(mine) is None
    assert rpc.table.respond([mine, mine]) is None
    assert [one["id"] for one in rpc.table.respond([mine, request(id=9)])] == [9]
    assert chain.block_number == 4


@pytest.mark.parametrize(
    "bad", [None, 7, "x", {}, {"method": 7, "id": 1}, request(id=[]), request(id=True), []]
)
def test_what_is_no_request_is_refused(rpc, bad):
    response = rpc.table.respond(bad)
    assert (response["id"], response["error"]["code"]) == (None, -32600)


def test_a_batch_has_a_longest_length(rpc):
    assert len(rpc.table.respond([request()] * MOST_REQUESTS)) == MOST_REQUESTS
    assert rpc.table.respond([request()] * (MOST_REQUESTS + 1))["error"]["code"] == -32600


def test_web3_sends_batches(chain):
    with chain.w3.batch_requests() as batch:
        batch.add(chain.w3.eth.get_block(0))
        batch.add(chain.w3.eth.get_balance(chain.accounts[1].address))
        block, balance = batch.execute()
    assert (block["number"], balance) == (0, 10_000 * 10**18)
