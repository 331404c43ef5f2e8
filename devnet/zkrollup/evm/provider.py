"""JSON-RPC for web3.py: eth-tester and web3's provider for it, over our backend.

Owns what the two get wrong or leave out: chain id, revert data, block filters and receipts in one
step, snapshot rules. Does not execute anything itself.
"""

from typing import Any

from eth_tester import EthereumTester
from eth_tester.exceptions import ValidationError as TesterValidationError
from eth_utils import ValidationError, encode_hex
from web3.providers.eth_tester import EthereumTesterProvider
from web3.providers.eth_tester.defaults import API_ENDPOINTS
from web3.types import RPCEndpoint, RPCResponse

from zkrollup.evm.backend import Backend, Failed, Mined
from zkrollup.evm.reverts import summarise

_Tester: Any = EthereumTester

_PRIORITY_FEE = 10**9


class Tester(_Tester):  # type: ignore[misc]
    """eth-tester that mines a transaction as it is sent, and reverts by undoing."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        # A class attribute there: all testers of a process would share it.
        self._pending_transactions: list[Any] = []

    def send_transaction(self, transaction: Any) -> str:
        """Sign for a managed or impersonated account, and mine."""
        self.validator.validate_inbound_transaction(transaction, txn_internal_type="send")
        fields = self.normalizer.normalize_inbound_transaction(transaction)
        return self._mine(self.backend.sign(fields))

    def send_raw_transaction(self, raw_transaction_hex: Any) -> str:
        """Mine a signed transaction."""
        self.validator.validate_inbound_raw_transaction(raw_transaction_hex)
        raw = self.normalizer.normalize_inbound_raw_transaction(raw_transaction_hex)
        return self._mine(self.backend.decode(raw))

    def _mine(self, transaction: Any) -> str:
        mined: Mined = self.backend.mine_transaction(transaction)
        self.announce(mined.block_hash, mined.transaction_hash)
        return str(encode_hex(mined.transaction_hash))

    def announce(self, block_hash: bytes, transaction_hash: bytes | None = None) -> None:
        """Feed the filters with a block that was mined past eth-tester."""
        for block_filter in self._block_filters.values():
            block_filter.add(block_hash)
        if transaction_hash is not None and (self._pending_transaction_filters or self._log_filters):
            self._handle_filtering_for_transaction(encode_hex(transaction_hash))

    def take_snapshot(self) -> int:
        """Take a snapshot; the backend numbers them."""
        return int(self.backend.take_snapshot())

    def revert_to_snapshot(self, snapshot_id: int) -> bool:
        """Revert, and drop from the filters what is no longer on the chain."""
        if not self.backend.has_snapshot(snapshot_id):
            return False
        self.backend.revert_to_snapshot(snapshot_id)
        for block_filter in self._block_filters.values():
            self._revert_block_filter(block_filter)
        for pending in self._pending_transaction_filters.values():
            self._revert_pending_transaction_filter(pending)
        for log_filter in self._log_filters.values():
            self._revert_log_filter(log_filter)
        return True


def _endpoints(backend: Backend) -> dict[str, dict[str, Any]]:
    def gas_price(_tester: Any, _params: Any) -> int:
        return int(backend.chain.header.base_fee_per_gas) + _PRIORITY_FEE

    endpoints: dict[str, dict[str, Any]] = {name: dict(methods) for name, methods in API_ENDPOINTS.items()}
    endpoints["eth"]["chainId"] = lambda *_: backend.chain.chain_id
    endpoints["net"]["version"] = lambda *_: str(backend.chain.chain_id)
    endpoints["eth"]["gasPrice"] = gas_price
    return endpoints


class Provider(EthereumTesterProvider):
    """web3's provider, with error responses that carry the revert data."""

    def __init__(self, backend: Backend) -> None:
        self.tester = Tester(backend)
        super().__init__(self.tester, _endpoints(backend))

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer a JSON-RPC request."""
        try:
            return super().make_request(method, params)
        except Failed as failed:
            data = failed.outcome.output
            error = {"code": 3, "message": summarise(failed.outcome.failure or "", data)}
            if data:
                error["data"] = "0x" + data.hex()
        except (ValidationError, TesterValidationError) as invalid:
            error = {"code": -32000, "message": str(invalid)}
        response: Any = {"id": 0, "jsonrpc": "2.0", "error": error}
        return response  # type: ignore[no-any-return]
