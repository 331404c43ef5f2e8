"""evm_, anvil_ and hardhat_ methods: snapshots, and state that nobody paid for."""

from typing import Any, Final

from zkrollup.evm.engine.transactions import InvalidTransaction
from zkrollup.evm.rpc import forms, params
from zkrollup.evm.rpc.errors import InvalidParams
from zkrollup.evm.rpc.forms import Json
from zkrollup.evm.rpc.params import Param
from zkrollup.evm.rpc.reading import ADDRESS, CLIENT, HASH
from zkrollup.evm.rpc.table import Method, Node
from zkrollup.evm.words import View, find_word

_BALANCE_OF: Final = bytes.fromhex("70a08231")
"""Selector of balanceOf(address)."""


# --- accounts


def _set_nonce(node: Node, address: bytes, nonce: int) -> bool:
    before = node.engine.nonce(address)
    if nonce < before:
        raise InvalidTransaction(f"nonce too low: {nonce} is below the account's, which is {before}")
    node.engine.set_nonce(address, nonce)
    return True


def _add_balance(node: Node, address: bytes, wei: int) -> None:
    total = node.engine.balance(address) + wei
    if total >= 2**256:
        raise InvalidParams("wei", wei, "such that the balance stays below 2^256")
    node.engine.set_balance(address, total)


def _deal(node: Node, holder: bytes, token: bytes, amount: int) -> None:
    view = View(node.engine, token, _BALANCE_OF + holder.rjust(32, b"\0"), "balanceOf")
    find_word(view).write(amount)


def _set_storage(node: Node, address: bytes, slot: int, value: int) -> bool:
    node.engine.set_storage(address, slot, value)
    return True


def _set_auto_impersonate(node: Node, on: bool) -> None:
    node.engine.auto_impersonate = on


# --- the pool and the chain


def _drop(node: Node, transaction_hash: bytes) -> str | None:
    return forms.data(transaction_hash) if node.engine.pending.remove(transaction_hash) else None


def _drop_all_of(node: Node, sender: bytes) -> None:
    for waiting in list(node.engine.pending):
        if waiting.sender == sender:
            node.engine.pending.remove(waiting.hash)


def _reset(node: Node, options: Any) -> bool:
    if options and options.get("forking") is not None:
        raise InvalidParams("options.forking", options["forking"], "absent: no live network can be forked")
    node.engine.reset()
    return True


def _reorg(node: Node, options: tuple[int, tuple[Any, ...]], pairs: tuple[Any, ...]) -> None:
    depth, inner = options
    if inner or pairs:
        raise InvalidParams(
            "txBlockPairs", inner or pairs, "empty: dropped transactions go back as they were"
        )
    node.engine.reorg(depth)


def _reorg_options(value: Any, where: str) -> tuple[int, tuple[Any, ...]]:
    """A depth, or an object with depth and txBlockPairs."""
    if not isinstance(value, dict):
        return params.quantity(value, where), ()
    pairs = _pairs(value.get("txBlockPairs", ()), f"{where}.txBlockPairs")
    return params.quantity(value.get("depth"), f"{where}.depth"), pairs


def _load(node: Node, state: bytes) -> bool:
    node.engine.load(state)
    return True


def _set_chain_id(node: Node, chain_id: int) -> None:
    node.engine.chain_id = chain_id


def _node_info(node: Node) -> Json:
    engine, head = node.engine, node.engine.head
    return {
        "currentBlockNumber": hex(head.number),
        "currentBlockTimestamp": head.timestamp,
        "currentBlockHash": forms.data(head.hash),
        "hardFork": "Prague",
        "transactionOrder": "fees",
        "environment": {
            "baseFee": hex(engine.next_base_fee),
            "chainId": engine.chain_id,
            "gasLimit": hex(engine.schedule.gas_limit),
            "gasPrice": hex(engine.next_base_fee),
        },
        "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
    }


def _metadata(node: Node) -> Json:
    head = node.engine.head
    genesis = node.engine.block("earliest")
    return {
        "clientVersion": CLIENT,
        "chainId": node.engine.chain_id,
        "instanceId": forms.data(genesis.hash),
        "latestBlockNumber": head.number,
        "latestBlockHash": forms.data(head.hash),
        "snapshots": {},
    }


_pairs: Final = params.listed(params.anything)
ON: Final = Param("enabled", params.boolean)
WEI: Final = Param("wei", params.quantity)

GOING_BACK: Final = (
    Method("evm_snapshot", "Remembers the present.", lambda node: hex(node.engine.snapshot())),
    Method(
        "evm_revert",
        "Returns to a snapshot, which is used up; false if it is gone.",
        lambda node, number: node.engine.revert(number),
        (Param("snapshot", params.quantity),),
    ),
    Method(
        "anvil_reorg",
        "Replaces the last blocks.",
        _reorg,
        (
            Param("depth", _reorg_options),
            Param("txBlockPairs", _pairs, ()),
        ),
        differs="dropped transactions go back in their order; no pairs",
    ),
    Method(
        "anvil_reset",
        "Back to genesis.",
        _reset,
        (Param("options", params.mapping, None),),
        differs="no forking",
        aliases=("hardhat_reset",),
    ),
)

ACCOUNTS: Final = (
    Method(
        "anvil_setBalance",
        "Sets an account's wei.",
        lambda node, a, wei: node.engine.set_balance(a, wei),
        (ADDRESS, WEI),
        aliases=("hardhat_setBalance",),
    ),
    Method(
        "anvil_dealERC20",
        "Gives an account just so much of an ERC-20; the total supply stays.",
        _deal,
        (ADDRESS, Param("token", params.address), Param("amount", params.quantity)),
        differs="finds the balance behind proxies and beside other bits; refused where it is computed",
        aliases=("hardhat_dealERC20",),
    ),
    Method("anvil_addBalance", "Adds to an account's wei.", _add_balance, (ADDRESS, WEI)),
    Method(
        "anvil_setCode",
        "Sets an account's code.",
        lambda node, a, code: node.engine.set_code(a, code),
        (ADDRESS, Param("code", params.data)),
        aliases=("hardhat_setCode",),
    ),
    Method(
        "anvil_setNonce",
        "Sets an account's nonce, upwards.",
        _set_nonce,
        (ADDRESS, Param("nonce", params.below(2**64))),
        aliases=("hardhat_setNonce", "evm_setAccountNonce"),
    ),
    Method(
        "anvil_setStorageAt",
        "Sets a storage word.",
        _set_storage,
        (ADDRESS, Param("slot", params.word), Param("value", params.word)),
        aliases=("hardhat_setStorageAt",),
    ),
    Method(
        "anvil_impersonateAccount",
        "Lets an address send without a key.",
        lambda node, a: node.engine.impersonate(a),
        (ADDRESS,),
        aliases=("hardhat_impersonateAccount",),
    ),
    Method(
        "anvil_stopImpersonatingAccount",
        "Ends it.",
        lambda node, a: node.engine.stop_impersonating(a),
        (ADDRESS,),
        aliases=("hardhat_stopImpersonatingAccount",),
    ),
    Method(
        "anvil_autoImpersonateAccount",
        "Lets anybody send without a key.",
        _set_auto_impersonate,
        (ON,),
    ),
)

CHAIN: Final = (
    Method(
        "anvil_dropTransaction",
        "Drops what waits; its hash, null if it did not.",
        _drop,
        (HASH,),
        aliases=("hardhat_dropTransaction",),
    ),
    Method(
        "anvil_dropAllTransactions",
        "Drops all that waits.",
        lambda node: node.engine.pending.clear(),
    ),
    Method("anvil_removePoolTransactions", "Drops what waits of a sender.", _drop_all_of, (ADDRESS,)),
    Method(
        "anvil_dumpState",
        "The latest state as a file, in anvil's form.",
        lambda node: forms.data(node.engine.dump()),
        differs="without blocks and transactions",
        aliases=("hardhat_dumpState",),
    ),
    Method(
        "anvil_loadState",
        "Takes over the accounts of such a file, anvil's too.",
        _load,
        (Param("state", params.data),),
        differs="blocks and transactions in the file are ignored",
        aliases=("hardhat_loadState",),
    ),
    Method(
        "anvil_setChainId",
        "Sets the chain's id.",
        _set_chain_id,
        (Param("chain_id", params.below(2**63)),),
    ),
    Method("anvil_nodeInfo", "Head, fork rules, fees.", _node_info),
    Method("anvil_metadata", "Version, chain, head.", _metadata, aliases=("hardhat_metadata",)),
    Method(
        "anvil_setLoggingEnabled",
        "Does nothing: nothing is logged.",
        lambda node, on: None,  # noqa: ARG005
        (ON,),
        aliases=("hardhat_setLoggingEnabled",),
    ),
)

METHODS: Final = (*GOING_BACK, *ACCOUNTS, *CHAIN)
