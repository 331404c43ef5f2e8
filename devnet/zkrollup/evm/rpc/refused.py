"""Methods that nodes have and this chain has not, each with its reason."""

from typing import Final

from zkrollup.evm.rpc.table import Method

_LATER: Final = (
    "notifications need a connection that the node can write to; use eth_newFilter or eth_newBlockFilter"
)
_FORK: Final = "there is no forking of live networks"

METHODS: Final = tuple(
    Method(name, reason, aliases=aliases)
    for name, reason, aliases in (
        ("eth_subscribe", _LATER, ()),
        ("eth_unsubscribe", _LATER, ()),
        ("eth_callMany", "use eth_simulateV1", ()),
        ("eth_getWork", "nothing is mined by work", ("eth_submitWork", "eth_submitHashrate")),
        ("eth_signTypedData_v3", "use eth_signTypedData_v4", ("eth_signTypedData_v1",)),
        ("eth_getBlobSidecars", "blob sidecars are dropped on arrival", ("anvil_getBlobByHash",)),
        ("anvil_setRpcUrl", _FORK, ()),
        (
            "anvil_setMinGasPrice",
            "since EIP-1559 the base fee is what must be paid",
            ("hardhat_setMinGasPrice",),
        ),
        ("anvil_rollback", "use evm_snapshot with evm_revert, or anvil_reorg", ()),
        ("anvil_setBlock", "blocks are made by mining", ()),
        ("anvil_enableTraces", "nothing is logged", ()),
        ("hardhat_getStackTraceFailuresCount", "nothing is counted", ()),
        ("hardhat_addCompilationResult", "the chain knows no sources", ()),
        ("personal_unlockAccount", "keys are never locked", ("personal_listAccounts", "personal_newAccount")),
        ("engine_newPayloadV4", "there is no consensus client", ("engine_forkchoiceUpdatedV3",)),
    )
)
