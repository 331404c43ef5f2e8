"""The same transaction on the executable specification of Ethereum (execution-specs, Prague) and on ours."""

from dataclasses import dataclass

from ethereum.forks.prague import state as states
from ethereum.forks.prague.fork import process_transaction
from ethereum.forks.prague.fork_types import Address
from ethereum.forks.prague.state import State
from ethereum.forks.prague.transactions import LegacyTransaction, decode_transaction
from ethereum.forks.prague.trie import trie_get
from ethereum.forks.prague.vm import BlockEnvironment, BlockOutput
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes32
from ethereum_types.numeric import U64, U256, Uint
from tests.devnet.evm.engine.differential.machines import (
    ANCESTORS,
    BASE_FEE,
    CHAIN_ID,
    COINBASE,
    ETHER,
    OTHER,
    SENDER,
    Ours,
)


@dataclass(frozen=True)
class Effect:
    """What must be equal; the root stands for every account's nonce, balance, code and storage."""

    succeeded: bool
    gas_used: int
    logs: tuple
    root: bytes


class Specification:
    """execution-specs' state and its transition for one transaction."""

    def __init__(self, contracts, storage_alone=None):
        self._state = state = State()
        for address, balance in ((SENDER, 5 * ETHER), (OTHER, 3 * ETHER)):
            states.set_account_balance(state, Address(address), U256(balance))
        for address, contract in contracts.items():
            states.increment_nonce(state, Address(address))
            states.set_account_balance(state, Address(address), U256(contract.balance))
            states.set_code(state, Address(address), contract.code)
            self._store(address, contract.storage)
        for address, storage in (storage_alone or {}).items():
            states.set_account_balance(state, Address(address), U256(1))
            self._store(address, storage)

    def _store(self, address, storage):
        for slot, word in storage.items():
            states.set_storage(self._state, Address(address), Bytes32(slot.to_bytes(32, "big")), U256(word))

    def run(self, raw):
        transaction = rlp.decode_to(LegacyTransaction, raw) if raw[0] >= 0xC0 else decode_transaction(raw)
        output = BlockOutput()
        environment = BlockEnvironment(
            chain_id=U64(CHAIN_ID),
            state=self._state,
            block_gas_limit=Uint(30_000_000),
            block_hashes=[Bytes32(ancestor) for ancestor in ANCESTORS],
            coinbase=Address(COINBASE),
            number=Uint(60),
            base_fee_per_gas=Uint(BASE_FEE),
            time=U256(1_700_000_001),
            prev_randao=Bytes32(b"\x3c" * 32),
            excess_blob_gas=U64(0),
            parent_beacon_block_root=Bytes32(bytes(32)),
        )
        process_transaction(environment, output, transaction, Uint(0))
        receipt = trie_get(output.receipts_trie, output.receipt_keys[0])
        # Of a typed transaction it is encoded.
        succeeded = rlp.decode(receipt[1:])[0] == b"\x01" if isinstance(receipt, bytes) else receipt.succeeded
        logs = tuple(
            (bytes(log.address), tuple(map(bytes, log.topics)), bytes(log.data)) for log in output.block_logs
        )
        root = bytes(states.state_root(self._state))
        return Effect(bool(succeeded), int(output.block_gas_used), logs, root)


def compare(*transactions, contracts=None, storage_alone=None):
    """Run transactions in order on both; returns the effects, which are equal.

    Args:
        transactions: as they come over the wire.
        contracts: accounts with code, nonce 1.
        storage_alone: words of accounts that have a wei and storage, and neither code nor nonce.
    """
    contracts, storage_alone = contracts or {}, storage_alone or {}
    specification, ours = Specification(contracts, storage_alone), Ours(contracts)
    for address, storage in storage_alone.items():
        ours.world.set_balance(address, 1)
        for slot, word in storage.items():
            ours.world.set_storage(address, slot, word)
    ours.world.lock_changes()
    effects = []
    for raw in transactions:
        result = ours.run(raw)
        effect = Effect(result.failure is None, result.gas_used, result.logs, result.root)
        assert effect == specification.run(raw)
        effects.append(effect)
    return effects
