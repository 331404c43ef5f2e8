"""Layer 2 from L1's data alone: accounts, nonces, exits. No operator, no signatures."""

from dataclasses import replace

from eth_abi import decode
from tests.lifecycle.support import STRANGER

from zkrollup.circuits.encoding import Op, account_leaf, exit_id, exit_leaf
from zkrollup.circuits.inputs import Account
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.devnet import ETH

ENTRY = "(uint8,uint32,uint128,address,address,uint256,uint256,uint64,uint64)"
COMMIT = ["uint256", "uint256", "uint256", "uint32", f"{ENTRY}[]", "bytes"]


def posted_batches(actors):
    """Each batch's deposits and data, from the transactions that posted them."""
    for event in actors.l1.logs(address=actors.rollup.contract, event="BatchCommitted"):
        (transaction,) = actors.l1.w3.eth.get_block(event.block_number)["transactions"]
        calldata = bytes(actors.l1.w3.eth.get_transaction(transaction)["input"])
        *_, entries, data = decode(COMMIT, calldata[4:])
        yield event.args["number"], entries, data


def records(data):
    while data:
        size = 47 if data[0] == Op.WITHDRAW else 27
        record, data = data[:size], data[size:]
        fields = (record[0], record[3:7], record[7:11], record[11:27], record[27:])
        yield [value if isinstance(value, int) else int.from_bytes(value, "big") for value in fields]


def rebuilt(actors):
    """The accounts by index, and each batch's exit tree."""
    accounts, exits = {}, {}
    for number, entries, data in posted_batches(actors):
        exits[number] = QuadTree(4)
        for _, index, amount, owner, token, x, y, *_ in entries:
            old = accounts.get(index, Account(x, y, int(owner, 16), int(token, 16)))
            accounts[index] = replace(old, balance=old.balance + amount)
        for slot, (op, sender, receiver, amount, recipient) in enumerate(records(data), len(entries)):
            payer = accounts[sender]
            accounts[sender] = replace(payer, balance=payer.balance - amount, nonce=payer.nonce + 1)
            if op == Op.TRANSFER:
                paid = accounts[receiver]
                accounts[receiver] = replace(paid, balance=paid.balance + amount)
            else:
                leaf = exit_leaf(exit_id(number, slot), recipient, payer.token, amount)
                exits[number] = exits[number].set(slot, leaf)
    return accounts, exits


def test_all_of_layer_2_follows_from_what_l1_was_sent(actors):
    rollup, alice, bob, token = actors.rollup, actors.alice, actors.bob, actors.token
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.deposit(token, 2003, sender=bob)
    rollup.transfer(ETH, 407, sender=alice, to=bob)
    rollup.transfer(ETH, 3, sender=bob, to=bob)
    rollup.deposit(ETH, 5, sender=alice)
    rollup.withdraw(token, 107, sender=bob, recipient=STRANGER)
    rollup.withdraw(ETH, 103, sender=bob)
    rollup.settle()

    accounts, exits = rebuilt(actors)
    leaves = (
        (i, account_leaf(a.key, a.owner, a.token, a.balance, a.nonce)) for i, a in accounts.items()
    )  # fmt: skip
    assert QuadTree(4).with_leaves(leaves).root == rollup.contract.stateRoot()
    assert accounts == dict(rollup.operator.ledger.accounts)
    assert {n: tree.root for n, tree in exits.items()} == {n: rollup.contract.exitRoot(n) for n in exits}
    assert len(exits) == rollup.contract.provenBatches() == 3
    assert any(tree.root != rollup.contract.emptyExitRoot() for tree in exits.values())
