"""What a reader of traces sees of precompiles, of revert data inside of values, and of amounts."""

import hashlib

import pytest
from eth_utils import to_checksum_address
from tests.devnet.evm.programs import logging, passing_on, returning, reverting, selector, text, topic, word

from zkrollup.evm import Chain, Reverted

PRECOMPILES = {
    1: "ecrecover",
    2: "sha256",
    3: "ripemd160",
    4: "identity",
    5: "modexp",
    6: "ecAdd",
    7: "ecMul",
    8: "ecPairing",
    9: "blake2f",
    10: "pointEvaluation",
    11: "bls12G1Add",
    12: "bls12G1Msm",
    13: "bls12G2Add",
    14: "bls12G2Msm",
    15: "bls12PairingCheck",
    16: "bls12MapFpToG1",
    17: "bls12MapFp2ToG2",
}


def entry(kind, name, *inputs):
    parameters = [{"type": each.split()[0], "name": each.split()[1], "indexed": False} for each in inputs]
    return {"type": kind, "name": name, "inputs": parameters, "outputs": [], "stateMutability": "payable"}


ABI = [
    entry("error", "Refused", "uint256 amount", "address who"),
    entry("error", "CallFailed", "bytes reason"),
    entry("event", "Caught", "bytes reason"),
    entry("function", "pay", "uint256 amount"),
]
WHO = "0x" + "c7" * 20
REFUSED = selector("Refused(uint256,address)") + word(509) + bytes(12) + bytes.fromhex(WHO[2:])
SHOWN = f"Refused(amount=509, who={to_checksum_address(WHO)})"


@pytest.fixture
def chain() -> Chain:
    return Chain()


def put(chain, code, number=0x51):
    """A contract with ABI at an address of its own."""
    address = "0x" + number.to_bytes(20).hex()
    chain.set_code(address, code)
    return chain.contract(ABI, address)


def traced(chain, data=b"", *, to, value=0):
    try:
        receipt = chain.transact(to=to, data=data, value=value)
    except Reverted as reverted:
        return reverted.retrace()
    return chain.trace(receipt)


def precompile(number):
    return "0x" + number.to_bytes(20).hex()


# Precompiles


@pytest.mark.parametrize(("number", "name"), PRECOMPILES.items())
def test_a_precompile_is_called_by_its_name_and_never_by_a_selector(chain, number, name):
    put(chain, b"")  # its ABI has a function whose selector the data begins with
    data = selector("pay(uint256)") + word(3)
    trace = traced(chain, data, to=precompile(number))
    assert trace.function == name
    assert str(trace).startswith(f"{name}(")
    assert "pay" not in str(trace)


def test_an_address_after_the_last_precompile_is_a_contract_like_any_other(chain):
    put(chain, b"")
    assert traced(chain, selector("pay(uint256)") + word(3), to=precompile(18)).function == "pay"


def test_a_recovered_signer_is_shown_with_what_it_signed(chain):
    signer = chain.accounts[2]
    chain.label(signer, "carol")
    digest = bytes(range(32))
    signed = signer.unsafe_sign_hash(digest)
    data = digest + word(signed.v) + word(signed.r) + word(signed.s)
    trace = traced(chain, data, to=precompile(1))
    assert (trace.args["hash"], trace.args["v"]) == (digest, signed.v)
    assert str(trace).endswith("→ carol")


def test_hashes_curves_and_pairings_show_what_went_in_and_came_out(chain):
    hashed = traced(chain, b"zk", to=precompile(2))
    assert (hashed.args, list(hashed.result.values())) == ({"data": b"zk"}, [hashlib.sha256(b"zk").digest()])
    added = traced(chain, b"".join(map(word, (1, 2, 0, 0))), to=precompile(6))
    assert (added.args, added.result) == ({"x1": 1, "y1": 2, "x2": 0, "y2": 0}, {"x": 1, "y": 2})
    scaled = traced(chain, b"".join(map(word, (1, 2, 1))), to=precompile(7))
    assert (scaled.args["scalar"], scaled.result) == (1, {"x": 1, "y": 2})
    paired = traced(chain, bytes(2 * 192), to=precompile(8))
    assert (paired.args, list(paired.result.values())) == ({"pairs": 2}, [True])
    assert traced(chain, word(0)[:3] + b"\x05" + bytes(209), to=precompile(9)).args["rounds"] == 5


def test_input_that_is_too_short_goes_on_with_zeros_and_odd_input_is_shown_as_it_is(chain):
    assert traced(chain, word(1) + word(2)[:31], to=precompile(6)).args == {
        "x1": 1,
        "y1": 0,
        "x2": 0,
        "y2": 0,
    }
    assert traced(chain, b"\x07" * 191, to=precompile(8)).args == {"data": b"\x07" * 191}
    assert traced(chain, b"\x07" * 4, to=precompile(9)).args == {"data": b"\x07" * 4}
    unsigned = traced(chain, b"\xff" * 128, to=precompile(1))
    assert (unsigned.args["v"], unsigned.result) == (2**256 - 1, {})


# Revert data inside of values


def test_revert_data_in_an_error_is_decoded_in_the_trace_and_in_the_message(chain):
    caller = put(chain, reverting(selector("CallFailed(bytes)") + text(REFUSED)))
    with pytest.raises(Reverted) as failed:
        caller.pay(11)
    assert str(failed.value) == f"CallFailed(reason={SHOWN})"
    assert failed.value.args_by_name == {"reason": REFUSED}
    assert f"✗ CallFailed(reason={SHOWN})" in str(failed.value.retrace())


def test_revert_data_in_an_event_a_result_and_an_argument_is_decoded(chain):
    message = selector("Error(string)") + text(b"paused")
    emitter = put(chain, logging(text(message), topic("Caught(bytes)")))
    assert "emit Caught(reason=reverted: paused)" in str(traced(chain, to=emitter.address))
    nameless = put(chain, returning(REFUSED), 0x52)
    shown = str(traced(chain, to=nameless.address))
    assert shown.endswith(f"→ data={SHOWN}")


def test_errors_in_errors_are_decoded_as_deep_as_anybody_reads(chain):
    data = REFUSED
    for _ in range(200):
        data = selector("CallFailed(bytes)") + text(data)
    with pytest.raises(Reverted) as failed:
        chain.call(to=put(chain, reverting(data[:4] + text(data))))
    assert str(failed.value).startswith("CallFailed(reason=CallFailed(reason=CallFailed(reason=")
    shallow = selector("CallFailed(bytes)") + text(selector("CallFailed(bytes)") + text(REFUSED))
    with pytest.raises(Reverted) as failed:
        chain.call(to=put(chain, reverting(shallow), 0x52))
    assert str(failed.value) == f"CallFailed(reason=CallFailed(reason={SHOWN}))"


@pytest.mark.parametrize("data", [REFUSED[:-1], REFUSED + word(0), b"\x12\x34\x56\x78" + word(7), b""])
def test_bytes_that_are_no_known_errors_data_stay_bytes(chain, data):
    emitter = put(chain, logging(text(data), topic("Caught(bytes)")))
    assert f"emit Caught(reason=0x{data[:36].hex()}" in str(traced(chain, to=emitter.address))


# Amounts


@pytest.mark.parametrize("amount", [7, 2**64, 10**30, 2**128 - 1])
def test_an_amount_is_shown_in_decimal(chain, amount):
    assert f"pay(amount={amount})" in str(chain.trace(put(chain, b"").pay(amount)))


@pytest.mark.parametrize(
    ("number", "shown"), [(2**128, "0x1000…0000"), (2**256 - 1, "2^256-1"), (2**255 + 7, "0x8000…0007")]
)
def test_a_number_that_no_amount_reaches_is_shown_by_its_ends(chain, number, shown):
    assert f"pay(amount={shown})" in str(chain.trace(put(chain, b"").pay(number)))


@pytest.mark.parametrize(
    ("wei", "shown"),
    [
        (17, "17 wei"),
        (10**9, "0.000000001 ETH"),
        (15 * 10**17, "1.5 ETH"),
        (2 * 10**18, "2 ETH"),
        (10**18 + 1, "1000000000000000001 wei"),
        (100 * 10**18, "100 ETH"),
    ],
)
def test_ether_that_is_sent_is_shown_in_units(chain, wei, shown):
    assert f"{{value: {shown}}}" in str(chain.trace(put(chain, b"").pay(3, value=wei)))


# Failures that pass through


def test_a_long_error_is_shown_once_where_it_began(chain):
    long = selector("Error(string)") + text(b"x" * 81)
    middle = put(chain, passing_on(put(chain, reverting(long)).address), 0x52)
    outer = put(chain, passing_on(middle.address), 0x53)
    shown = str(traced(chain, to=outer.address))
    assert shown.count("x" * 81) == 1
    assert shown.count("✗ the same error") == 2


def test_a_short_error_is_shown_at_each_call_that_it_passed(chain):
    short = selector("Error(string)") + text(b"paused")
    outer = put(chain, passing_on(put(chain, reverting(short)).address), 0x52)
    assert str(traced(chain, to=outer.address)).count("✗ reverted: paused") == 2


def test_data_of_no_known_error_is_cut_where_it_is_long(chain):
    data = b"\xab\xcd\xef\x01" + b"\x99" * 996
    with pytest.raises(Reverted) as failed:
        chain.call(to=put(chain, reverting(data)))
    assert failed.value.data == data
    assert str(failed.value).endswith("… (1000 bytes), an error of no ABI that this chain knows")
    assert len(str(failed.value)) < 700
