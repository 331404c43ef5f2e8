"""The page on gas shows the asserted figures."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIZES = (3, 16, 64, 256)
CALLS = {
    "depositETH": ("deposit ETH, first of all", "deposit ETH, known account"),
    "depositERC20": ("deposit OpenZeppelin ERC20, first of all",),
    "requestForcedWithdrawal": (
        "request forced withdrawal, first of all",
        "request forced withdrawal, another",
    ),
    "commitBatch": ("commit, 3 noops", "commit, deposit and transfer and withdrawal"),
    "proveBatch": ("prove",),
    "submitBatch": ("submit, deposit and transfer and withdrawal",),
    "revertBatches": ("revert two batches",),
    "claim": ("claim ETH", "claim OpenZeppelin ERC20"),
    "collectForcedFees": ("collect forced fees, first of all",),
    "freeze": ("freeze", "freeze over an unproven batch"),
    "escape": ("escape ETH",),
    "refund": ("refund deposit of ETH", "refund forced fee"),
    "withdrawCredit": ("withdraw credit",),
}


@pytest.fixture(scope="module")
def figures():
    return json.loads((ROOT / "tests" / "snapshots" / "gas.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "reference" / "gas.md").read_text(encoding="utf-8")


def table_of_sizes(figures) -> str:
    lines = [
        "| slots | `commitBatch` | `proveBatch` | both, a transfer | `submitBatch` | that, a transfer |",
        "|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        commit, prove, submit = (figures[f"{call} {n} transfers"] for call in ("commit", "prove", "submit"))
        cells = (n, commit, prove, round((commit + prove) / n), submit, round(submit / n))
        lines.append(f"| {' | '.join(f'{cell:,}' for cell in cells)} |")
    return "\n".join(lines) + "\n"


def table_of_calls(figures) -> str:
    rows = [
        f"| `{call}` | {label} | {figures[label]:,} |" for call, labels in CALLS.items() for label in labels
    ]
    return "\n".join(["| call | case | gas |", "|---|---|---|", *rows]) + "\n"


def test_gas_by_size_is_that_of_the_snapshots(page, figures):
    assert table_of_sizes(figures) in page


def test_gas_of_each_call_is_that_of_the_snapshots(page, figures):
    assert table_of_calls(figures) in page


def test_each_call_that_changes_layer_1_has_its_gas(page):
    from zkrollup import artifacts

    for name in ("Lock", "Rollup"):
        functions = (item for item in artifacts.load(name).abi if item["type"] == "function")
        calls = {f["name"] for f in functions if f["stateMutability"] in ("nonpayable", "payable")}
        # The two that Lock and Rollup call of each other are part of deposits and payments.
        assert calls - {"enqueueDeposit", "release"} <= CALLS.keys()
