"""Dumps of state: ours, anvil's, and files that are neither. `anvil/` holds what a real anvil wrote."""

import gzip
import json
from pathlib import Path

import pytest
from tests.devnet.evm.engine.support import ALICE, BOB, COUNTER, STRANGER, deploy, make_engine, pay
from tests.foundry import foundry_program

from zkrollup.evm.engine import dump
from zkrollup.evm.engine.dump import InvalidDump
from zkrollup.evm.engine.engine import Engine
from zkrollup.evm.engine.roots import NO_ROOT, ExactRoots
from zkrollup.evm.engine.transactions import CallFields
from zkrollup.evm.engine.world import World

ANVIL = Path(__file__).parent / "anvil"
DUMP = (ANVIL / "state.dump").read_bytes()
SAID = json.loads((ANVIL / "state.json").read_text())
CONTRACT = bytes.fromhex(SAID["proofs"][0]["address"][2:])


def said(proof):
    """What eth_getProof says of an account, from our proof."""
    return {
        "address": f"0x{proof.address.hex()}",
        "balance": hex(proof.balance),
        "codeHash": f"0x{proof.code_hash.hex()}",
        "nonce": hex(proof.nonce),
        "storageHash": f"0x{proof.storage_root.hex()}",
        "accountProof": [f"0x{node.hex()}" for node in proof.nodes],
        "storageProof": [
            {
                "key": f"0x{each.slot:064x}",
                "value": hex(each.value),
                # anvil lists the node of an empty trie, geth and we do not.
                "proof": [f"0x{node.hex()}" for node in each.nodes] or ["0x80"],
            }
            for each in proof.slots
        ],
    }


# --- anvil's


def test_the_state_that_anvil_dumped_has_the_root_that_anvil_gave_it():
    world = World()
    dump.decode(DUMP).put_into(world)
    root = ExactRoots().after(NO_ROOT, world, world.changed_since(0))
    assert f"0x{root.hex()}" == SAID["stateRoot"]


def test_proofs_from_the_state_that_anvil_dumped_are_anvils():
    world, roots = World(), ExactRoots()
    dump.decode(DUMP).put_into(world)
    root = roots.after(NO_ROOT, world, world.changed_since(0))
    for expected in SAID["proofs"]:
        assert said(roots.proof(root, bytes.fromhex(expected["address"][2:]), [2, 3, 5])) == expected


def test_an_engine_goes_on_from_what_anvil_dumped(engine):
    engine.load(DUMP)
    assert engine.balance(BOB) == 10_000 * 10**18 + 501
    assert engine.nonce(ALICE) == 5
    assert [engine.storage(CONTRACT, slot) for slot in (2, 3, 4)] == [41, 2**255 + 7, 59]
    store = (4).to_bytes(32, "big") + (47).to_bytes(32, "big")
    mined = engine.mine_transaction(engine.sign(CallFields(ALICE, CONTRACT, data=store, gas=100_000)))
    assert mined.status == 1
    assert engine.storage(CONTRACT, 4) == 47
    assert engine.head.timestamp == SAID["timestamp"] + 1


def test_a_dump_of_the_past_leaves_the_time_alone(engine):
    engine.mine(timestamp=SAID["timestamp"] + 7)
    engine.load(DUMP)
    engine.mine()
    assert engine.head.timestamp == SAID["timestamp"] + 8


@pytest.mark.node
def test_anvil_goes_on_from_what_an_engine_dumped(engine):
    from benchmarks.nodes import running_anvil
    from web3 import HTTPProvider, Web3

    anvil = foundry_program("anvil")
    counter = deploy(engine, COUNTER)
    engine.send(pay(engine, value=701))
    with running_anvil(anvil) as (url, _):
        w3 = Web3(HTTPProvider(url))
        assert w3.provider.make_request("anvil_loadState", [f"0x{engine.dump().hex()}"])["result"]
        assert bytes(w3.eth.get_block("latest")["hash"]) == engine.head.hash
        assert w3.eth.get_balance(STRANGER) == 701
        assert bytes(w3.eth.get_code(counter)).hex() == COUNTER
        sent = w3.eth.send_transaction({"from": w3.eth.accounts[0], "to": counter, "gas": 100_000})
        assert w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["status"] == 1
        assert int.from_bytes(w3.eth.get_storage_at(counter, 0), "big") == 1


# --- ours


def test_a_state_comes_back_from_its_dump(engine):
    counter = deploy(engine, COUNTER)
    engine.mine_transaction(engine.sign(CallFields(BOB, counter, gas=100_000)))
    engine.mine_transaction(pay(engine, value=601))
    other = make_engine()
    other.load(engine.dump())
    assert {a: vars_of(account) for a, account in other.world.accounts.items()} == {
        a: vars_of(account) for a, account in engine.world.accounts.items()
    }


def vars_of(account):
    return account.nonce, account.balance, account.code, account.code_hash, account.storage


def test_a_state_always_gives_the_same_bytes(engine):
    other = make_engine()
    for each, order in ((engine, (7, 3)), (other, (3, 7))):
        for slot in order:
            each.set_storage(STRANGER, slot, slot + 100)
    assert engine.dump() == other.dump()
    other.set_storage(STRANGER, 3, 104)
    assert engine.dump() != other.dump()


def test_loading_replaces_accounts_with_their_words_and_leaves_others(engine):
    source = Engine(31337, {STRANGER: 19})
    source.set_storage(STRANGER, 1, 23)
    engine.set_storage(STRANGER, 2, 29)
    engine.load(source.dump())
    assert engine.balance(STRANGER) == 19
    assert (engine.storage(STRANGER, 1), engine.storage(STRANGER, 2)) == (23, 0)
    assert engine.balance(BOB) == 10_000 * 10**18


def test_a_revert_undoes_a_load(engine):
    snapshot = engine.snapshot()
    engine.load(DUMP)
    engine.mine()
    engine.revert(snapshot)
    assert engine.code(CONTRACT) == b""
    engine.mine()
    assert engine.head.timestamp < SAID["timestamp"]


def test_a_dump_is_read_without_gzip_too():
    assert dump.decode(gzip.decompress(DUMP)) == dump.decode(DUMP)


# --- refused

ADDRESS = f"0x{'11' * 20}"


def document(**account):
    fields = {"nonce": 1, "balance": "0x2", "code": "0x", "storage": {}, **account}
    return {"block": {"timestamp": "0x3"}, "accounts": {ADDRESS: fields}}


def packed(value):
    return json.dumps(value).encode()


def test_the_smallest_dump_is_read():
    saved = dump.decode(packed(document(storage={"0x5": "0x6"})))
    assert saved.timestamp == 3
    (account,) = saved.accounts.values()
    assert (account.nonce, account.balance, account.code, account.storage) == (1, 2, b"", {5: 6})


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], "dump"),
        ({"accounts": {}}, "block"),
        ({"block": {}, "accounts": {}}, "block.timestamp"),
        ({"block": {"timestamp": 2**64}, "accounts": {}}, "block.timestamp"),
        ({"block": {"timestamp": True}, "accounts": {}}, "block.timestamp"),
        ({"block": {"timestamp": 3}}, "accounts"),
        ({"block": {"timestamp": 3}, "accounts": {"0x11": {}}}, "accounts.0x11"),
        ({"block": {"timestamp": 3}, "accounts": {ADDRESS: 7}}, f"accounts.{ADDRESS}"),
        (document(nonce=-1), f"accounts.{ADDRESS}.nonce"),
        (document(nonce=1.5), f"accounts.{ADDRESS}.nonce"),
        (document(balance=None), f"accounts.{ADDRESS}.balance"),
        (document(balance="0x"), f"accounts.{ADDRESS}.balance"),
        (document(balance="0x1_0"), f"accounts.{ADDRESS}.balance"),
        (document(balance=hex(2**256)), f"accounts.{ADDRESS}.balance"),
        (document(code="0x123"), f"accounts.{ADDRESS}.code"),
        (document(code="60"), f"accounts.{ADDRESS}.code"),
        (document(storage=[]), f"accounts.{ADDRESS}.storage"),
        (document(storage={"five": "0x6"}), f"accounts.{ADDRESS}.storage"),
        (document(storage={"0x5": "six"}), f"accounts.{ADDRESS}.storage.0x5"),
    ],
)
def test_a_malformed_dump_is_refused_by_field_and_changes_nothing(engine, value, field):
    before = engine.dump()
    with pytest.raises(InvalidDump) as caught:
        engine.load(packed(value))
    assert caught.value.field == field
    assert engine.dump() == before


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "nested deeper than 100"),
        (DUMP[:-9], "ends early"),
        (DUMP[:20] + b"\0" + DUMP[21:], "gzip is broken"),
    ],
)
def test_a_file_that_is_no_dump_is_refused(data, rule):
    with pytest.raises(InvalidDump, match=rule):
        dump.decode(data)


def test_a_small_file_that_inflates_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(dump, "LIMIT", 5000)
    bomb = gzip.compress(b" " * 5001)
    assert len(bomb) < 100
    with pytest.raises(InvalidDump, match="more than 5000 bytes"):
        dump.decode(bomb)
