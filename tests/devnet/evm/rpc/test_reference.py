"""The documentation's table is the table that answers. ZK_UPDATE_SNAPSHOTS=1 writes it anew."""

import os
from pathlib import Path

from zkrollup.evm.rpc.methods import METHODS
from zkrollup.evm.rpc.reference import table

PAGE = Path(__file__).parents[4] / "docs/reference/rpc.md"
MARK = "<!-- methods: written by tests/devnet/evm/rpc/test_reference.py -->\n"


def test_the_documentation_lists_the_methods_as_they_are():
    head, mark, listed = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark, f"{PAGE} has lost the line that the table follows"
    if os.environ.get("ZK_UPDATE_SNAPSHOTS"):
        PAGE.write_text(f"{head}{mark}\n{table(METHODS)}", encoding="utf-8")
    else:
        assert listed == f"\n{table(METHODS)}"


def test_every_method_has_a_line_and_refusals_have_a_reason():
    listed = table(METHODS)
    for method in METHODS:
        assert f"`{method.name}`" in listed
        assert method.summary
    assert "refused: there is no forking of live networks" in listed


def test_required_parameters_come_first():
    for method in METHODS:
        required = [param.required for param in method.params]
        assert required == sorted(required, reverse=True), method.name
