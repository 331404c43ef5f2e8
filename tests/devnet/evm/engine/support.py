"""An engine with three keys, its transactions, and a contract in opcodes."""

from dataclasses import replace

from eth_utils import keccak

from zkrollup.evm import accounts
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.transactions import CallFields, sign

ETHER = 10**18
STRANGER = b"\xde" * 20
ACCOUNTS = accounts.derive(3)
ALICE, BOB, CAROL = (bytes.fromhex(account.address[2:]) for account in ACCOUNTS)


def make_engine(*, chain_id=31337, **options) -> Engine:
    engine = Engine(chain_id, dict.fromkeys((ALICE, BOB, CAROL), 10_000 * ETHER), **options)
    for account in ACCOUNTS:
        engine.add_key(bytes(account.key))
    return engine


def pay(engine, sender=ALICE, to=STRANGER, value=501, **fields):
    """Sign a transfer."""
    return engine.sign(CallFields(sender, to, value=value, **{"gas": 21_000, **fields}))


def resign(engine, transaction, **changes):
    """Return the transaction with other fields, signed by the same key."""
    return sign(replace(transaction, **changes), engine.keys[transaction.sender])


def deploy(engine, runtime: str) -> bytes:
    """Deploy code and return its address."""
    code = bytes.fromhex(runtime)
    init = bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code
    sent = engine.send(engine.sign(CallFields(ALICE, data=init, gas=1_000_000)))
    return engine.transaction(sent).contract_address


COUNTED = keccak(text="Counted(uint256,address)")
COUNTER = "5f54600101805f555f5233" + "7f" + COUNTED.hex() + "60205fa260205ff3"
"""Adds one to slot 0, emits Counted(count, caller), returns the count."""
