"""Failures: custom errors, Error, Panic, no data, exceptional halts; by call, transaction and web3."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError

from zkrollup.evm import Chain, Reverted


def error_entry(name, *inputs):
    return {"type": "error", "name": name, "inputs": [{"type": t, "name": n} for t, n in inputs]}


def as_function(error):
    # Errors and functions share the selector's form: calling it makes the thrower throw it.
    return {**error, "type": "function", "outputs": [], "stateMutability": "nonpayable"}


CLAIMED = error_entry("AlreadyClaimed", ("uint256", "nullifier"))
REFUSED = error_entry("Refused", ("address", "who"), ("bytes4", "why"))
ERROR = error_entry("Error", ("string", "message"))
PANIC = error_entry("Panic", ("uint256", "code"))
WHO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture
def thrower(chain, thrower_code):
    abi = [CLAIMED, REFUSED, *map(as_function, (CLAIMED, REFUSED, ERROR, PANIC))]
    return chain.contract(abi, chain.deploy_raw(thrower_code))


def send(method, *args):
    return method.transact(*args)


def call(method, *args):
    return method.call(*args)


@pytest.mark.parametrize("through", [send, call])
@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("AlreadyClaimed", {"nullifier": 5}, "AlreadyClaimed(nullifier=5)"),
        ("Refused", {"who": WHO, "why": b"\x01\x02\x03\x04"}, f"Refused(who={WHO}, why=0x01020304)"),
        ("Error", {"message": "no way"}, "reverted: no way"),
        ("Panic", {"code": 0x11}, "reverted: Panic(0x11), arithmetic overflow or underflow"),
        ("Panic", {"code": 0x77}, "reverted: Panic(0x77), unknown code"),
    ],
)
def test_an_error_carries_name_arguments_and_data(thrower, through, name, args, message):
    with pytest.raises(Reverted) as caught:
        through(thrower[name], *args.values())
    assert caught.value.name == name
    assert caught.value.args_by_name == args
    assert caught.value.data == thrower.encode(name, *args.values())
    assert caught.value.failure == "Revert"
    assert str(caught.value) == message


@pytest.mark.parametrize("through", ["transact", "call"])
def test_no_data_and_unknown_data_have_no_name(chain, thrower, through):
    run = getattr(chain, through)
    for data, message in (
        (b"", "reverted without data"),
        (b"\x01\x02", "reverted with 0x0102"),
        (keccak(text="Unheard(uint8)")[:4] + bytes(32), "an error of no ABI"),
        (thrower.encode("AlreadyClaimed", 5)[:-1], "it begins like AlreadyClaimed"),
    ):
        with pytest.raises(Reverted, match=message) as caught:
            run(to=thrower, data=data)
        assert (caught.value.name, caught.value.args_by_name, caught.value.data) == ("", {}, data)


def test_a_failing_transaction_is_mined_and_a_failing_call_is_not(chain, thrower):
    number, nonce = chain.block_number, chain.nonce(chain.accounts[0])
    with pytest.raises(Reverted) as caught:
        thrower.AlreadyClaimed(5)
    receipt = caught.value.receipt
    assert receipt.status == 0
    assert receipt.block_number == chain.block_number == number + 1
    assert chain.nonce(chain.accounts[0]) == nonce + 1
    assert chain.w3.eth.get_transaction_receipt(receipt.transaction_hash)["gasUsed"] == receipt.gas_used
    with pytest.raises(Reverted) as caught:
        thrower.AlreadyClaimed.call(5)
    assert caught.value.receipt is None
    assert chain.block_number == number + 1


def test_a_failed_transaction_returns_its_value(chain, thrower):
    with pytest.raises(Reverted):
        chain.transact(to=thrower, value=503)
    assert chain.balance(thrower) == 0


@pytest.mark.parametrize(
    ("runtime", "failure", "gas_used"),
    [
        ("fe", "InvalidInstruction", 70_001),
        ("0c", "InvalidInstruction", 70_001),
        ("50", "InsufficientStack", 70_001),
        ("600456", "InvalidJumpDestination", 70_001),
        ("5b5f56", "OutOfGas", 70_001),
    ],
)
def test_an_exceptional_halt_is_named_and_takes_all_gas(chain, runtime, failure, gas_used):
    code = bytes.fromhex(runtime)
    address = chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code)
    with pytest.raises(Reverted, match=f"exceptional halt: {failure}") as caught:
        chain.transact(to=address, gas=70_001)
    assert (caught.value.failure, caught.value.name, caught.value.data) == (failure, "", b"")
    assert caught.value.receipt.gas_used == gas_used
    with pytest.raises(Reverted, match=failure):
        chain.call(to=address, gas=70_001)


def test_errors_are_known_from_any_abi_of_the_chain_and_only_of_that_chain(thrower_code):
    knows, does_not = Chain(1), Chain(2)
    data = keccak(text="AlreadyClaimed(uint256)")[:4] + encode(["uint256"], [7])
    knows.contract([CLAIMED], "0x" + "cd" * 20)
    with pytest.raises(Reverted, match=r"AlreadyClaimed\(nullifier=7\)"):
        knows.call(to=knows.deploy_raw(thrower_code), data=data)
    with pytest.raises(Reverted, match="no ABI"):
        does_not.call(to=does_not.deploy_raw(thrower_code), data=data)


def test_a_constructors_error_is_decoded_before_there_is_a_contract(chain):
    data = keccak(text="AlreadyClaimed(uint256)")[:4]
    # mstore(0, selector << 224 | 0...); mstore8(35, 9); revert(0, 36)
    init = "63" + data.hex() + "60e01b5f52" + "6009602353" + "60245ffd"
    with pytest.raises(Reverted, match=r"AlreadyClaimed\(nullifier=9\)"):
        chain.deploy([CLAIMED], init)


# --- web3


def functions_only(chain, thrower):
    """web3 refuses an ABI whose error and function have one name."""
    abi = [entry for entry in thrower.abi if entry["type"] == "function"]
    return chain.w3.eth.contract(address=thrower.address, abi=abi)


def test_web3_raises_its_own_errors_with_the_data(chain, thrower):
    contract = functions_only(chain, thrower)
    for act in ("call", "transact", "estimate_gas"):
        with pytest.raises(ContractCustomError) as caught:
            getattr(contract.functions.AlreadyClaimed(5), act)()
        assert caught.value.data == "0x" + thrower.encode("AlreadyClaimed", 5).hex()
    with pytest.raises(ContractLogicError, match="execution reverted: no way"):
        contract.functions.Error("no way").call()
    with pytest.raises(ContractPanicError, match="overflow"):
        contract.functions.Panic(0x11).call()
    with pytest.raises(ContractLogicError, match="execution reverted"):
        chain.w3.eth.call({"to": thrower.address})


def test_web3_mines_a_failing_transaction_that_names_its_gas(chain, thrower):
    contract = functions_only(chain, thrower)
    sent = contract.functions.AlreadyClaimed(5).transact({"gas": 100_003})
    assert chain.w3.eth.wait_for_transaction_receipt(sent)["status"] == 0
