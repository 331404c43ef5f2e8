"""The demo as one JSON document. Its keys are documented in docs/reference/cli.md and held there by a test.

Amounts and roots are text, since JSON numbers lose digits in many readers: amounts are decimal, in the
smallest unit, roots are 0x and 64 hex digits.
"""

from collections.abc import Iterable
from typing import Any

from zkrollup.cli.story import Batch, Opening, Proven, Step
from zkrollup.cli.views import Transaction, View

VERSION = 1
"""Of the document's shape."""


def document(version: str, opening: Opening, steps: Iterable[Step]) -> dict[str, Any]:
    """The whole demo; ``version`` is the package's."""
    return {
        "document": VERSION,
        "zkrollup": version,
        "mode": opening.mode,
        "assurance": opening.assurance,
        "test_keys": True,
        "audited": False,
        "slots": opening.slots,
        "accounts": opening.accounts,
        "constraints": opening.constraints,
        "addresses": opening.addresses,
        "deployment": [_transaction(each) for each in opening.deployment],
        "steps": [_step(step) for step in steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "title": step.title,
        "before": _view(step.before),
        "after": _view(step.after),
        "transactions": [_transaction(each) for each in step.transactions],
        "batches": [_batch(each) for each in step.batches],
        "proofs": [_proof(each) for each in step.proofs],
        "refusal": step.refusal,
    }


def _view(view: View) -> dict[str, Any]:
    return {
        "l1_block": view.l1_block,
        "roots": {
            "l1_proven": _root(view.roots.l1_proven),
            "l1_committed": _root(view.roots.l1_committed),
            "l2": _root(view.roots.l2),
        },
        "balances": {
            holder: {"ETH": str(holding.eth), "TEST": str(holding.test)}
            for holder, holding in view.holdings.items()
        },
    }


def _transaction(transaction: Transaction) -> dict[str, Any]:
    return {
        "sender": transaction.sender,
        "contract": transaction.contract,
        "function": transaction.function,
        "gas": transaction.gas,
        "succeeded": transaction.succeeded,
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "number": batch.number,
        "stage": batch.stage,
        "deposits": batch.deposits,
        "operations": batch.operations,
        "data": f"0x{batch.data.hex()}",
    }


def _proof(proof: Proven) -> dict[str, Any]:
    return {
        "circuit": proof.circuit,
        "of": proof.of,
        "constraints": proof.constraints,
        "seconds": round(proof.seconds, 3),
        "origin": proof.origin,
    }


def _root(root: int) -> str:
    return f"0x{root:064x}"
