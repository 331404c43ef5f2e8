"""The contract that deploys by CREATE2 at a known address, as forge and others expect it."""

import pytest
from eth_utils import keccak

DEPLOYER = "0x4e59b44847b379578588920ca78fbf26c0b4956c"
INIT = bytes.fromhex("600160005360016000f3")
"""Deploys STOP's neighbour, ADD, which would fail if it ran."""
SALT = (307).to_bytes(32, "big")


def place(salt):
    return keccak(b"\xff" + bytes.fromhex(DEPLOYER[2:]) + salt + keccak(INIT))[12:]


def test_the_deployer_has_the_code_that_is_published(rpc):
    code = bytes.fromhex(rpc("eth_getCode", DEPLOYER, "0x0")[2:])
    assert keccak(code).hex() == "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"
    assert rpc("eth_getTransactionCount", DEPLOYER) == "0x1"


def test_it_deploys_where_salt_and_code_say_and_only_once(rpc):
    send = {"to": DEPLOYER, "data": "0x" + (SALT + INIT).hex(), "gas": "0x30d40"}
    assert rpc("eth_call", send) == "0x" + place(SALT).hex()
    assert rpc("eth_getTransactionReceipt", rpc("eth_sendTransaction", send))["status"] == "0x1"
    assert rpc("eth_getCode", "0x" + place(SALT).hex()) == "0x01"
    assert rpc("eth_getTransactionReceipt", rpc("eth_sendTransaction", send))["status"] == "0x0"


@pytest.mark.parametrize("salt", [bytes(32), b"\xff" * 32])
def test_another_salt_is_another_place(rpc, salt):
    assert rpc("eth_call", {"to": DEPLOYER, "data": "0x" + (salt + INIT).hex()}) == "0x" + place(salt).hex()


def test_it_is_there_after_a_reset(rpc):
    before = rpc("eth_getCode", DEPLOYER)
    rpc("anvil_setCode", DEPLOYER, "0x")
    rpc("anvil_reset")
    assert rpc("eth_getCode", DEPLOYER) == before != "0x"
