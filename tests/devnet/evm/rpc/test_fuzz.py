"""Whatever is asked, the answer is well formed, and none is an internal error."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zkrollup.evm import Chain
from zkrollup.evm.rpc.errors import INTERNAL
from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.table import Node, Table, index

NAMES = sorted(index(METHODS))
FIELDS = (
    "from", "to", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "value", "nonce",
    "data", "input", "chainId", "type", "accessList", "authorizationList", "blobVersionedHashes",
    "address", "storageKeys", "yParity", "r", "s", "blockHash", "blockNumber", "fromBlock",
    "toBlock", "topics", "timestamp", "blocks", "depth", "txBlockPairs", "forking", "tracer",
    "tracerConfig", "stateOverrides", "blockOverrides", "time", "number", "baseFee", "balance",
    "code", "state", "stateDiff", "onlyTopCall", "enableMemory", "domain", "types", "primaryType",
    "message",
)  # fmt: skip
ACCOUNTS = [account.address for account in Chain(accounts=2).accounts]

# Numbers between these would only mine many blocks.
integers = st.integers(-3, 4) | st.sampled_from((2**40, 2**63 - 1, 2**64, 2**255, 2**256, 10**500))
strings = (
    st.sampled_from(
        (
            *ACCOUNTS,
            "latest",
            "pending",
            "earliest",
            "callTracer",
            "prestateTracer",
            "0x",
            "0x0",
            "0x1",
            "0x2",
        )
    )
    | st.sampled_from(
        ("0x52080", "0x1c9c380", "0x" + "ff" * 32, "0x" + "00" * 20, "0x" + "0" * 64, "0xg", "1")
    )
    | st.binary(max_size=40).map(lambda raw: "0x" + raw.hex()).filter(lambda text: len(text) > 12)
    | st.text(alphabet="\0xé\ud800 {}[]'", max_size=5)
)
scalars = st.none() | st.booleans() | integers | st.floats() | strings
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from((*FIELDS, *ACCOUNTS, "0x1")), inner, max_size=5)
    ),
    max_leaves=8,
)
transactions = st.fixed_dictionaries(
    {},
    optional={
        "from": st.sampled_from(ACCOUNTS),
        "to": st.sampled_from((*ACCOUNTS, None, "0x" + "0" * 39 + "a")),
        "value": st.sampled_from(("0x0", "0x5", "0x" + "f" * 64)),
        "data": strings,
        "gas": strings | integers,
        "type": st.integers(0, 5),
        "nonce": integers,
        "accessList": values,
    },
)
parameters = st.lists(values | transactions, max_size=4) | values
requests = st.tuples(st.sampled_from(NAMES), parameters)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(requests, min_size=1, max_size=6))
def test_every_method_answers_garbage_with_a_result_or_an_error_object(asked):
    table = Table(Node(Chain(accounts=2).engine), METHODS)
    for method, params in asked:
        answer = table.answer(method, params)
        json.dumps(answer)
        assert len(answer) == 1
        if "error" in answer:
            error = answer["error"]
            assert set(error) <= {"code", "message", "data"}
            assert error["code"] != INTERNAL, (method, params, error)
            assert isinstance(error["message"], str)
            assert "Traceback" not in error["message"]


@settings(max_examples=100, deadline=None)
@given(values | st.fixed_dictionaries({"method": strings | st.sampled_from(NAMES)}, optional={"id": scalars}))
def test_whatever_is_no_request_is_answered_with_an_error_object(request):
    table = Table(Node(Chain(accounts=2).engine), METHODS)
    response = table.respond(request)
    for one in response if isinstance(response, list) else [response]:
        assert one is None or one["jsonrpc"] == "2.0"
        assert one is None or ("error" in one) != ("result" in one)
