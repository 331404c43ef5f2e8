"""Values that do not fit their EIP-712 types are refused before anything is signed."""

import pytest
from eth_account import Account

from zkrollup.evm.signing import InvalidTypedData, sign_typed_data

ALICE = Account.from_key(b"\x31" * 32)
INNER = [{"name": "amount", "type": "uint8"}]


def sign(kind, value):
    types = {"Order": [{"name": "pair", "type": kind}], **({"Inner": INNER} if "Inner" in kind else {})}
    return sign_typed_data(ALICE, {"name": "Shop"}, types, {"pair": value})


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        ("uint8[2]", [1], r"uint8\[2\] has 2 items, not 1"),
        ("uint8[2]", (1, 2, 3), r"uint8\[2\] has 2 items, not 3"),
        ("uint8[3][]", [[1, 2, 3], [4, 5]], r"uint8\[3\] has 3 items, not 2"),
        ("uint8[][2]", [[1], [2], [3]], r"uint8\[\]\[2\] has 2 items, not 3"),
        ("Inner[1]", [], r"Inner\[1\] has 1 items, not 0"),
        ("Inner[]", [{"amount": 5}, {}], "Inner has the members amount"),
        ("Inner[]", "text", r"Inner\[\] is a list"),
        ("uint8[]", None, r"uint8\[\] is a list"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_rule(kind, value, rule):
    with pytest.raises(InvalidTypedData, match=rule):
        sign(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "other"),
    [
        ("uint8[2]", [1, 2], [1, 3]),
        ("uint8[3][]", [[1, 2, 3]], []),
        ("Inner[1]", [{"amount": 5}], [{"amount": 7}]),
    ],
)
def test_what_fits_is_signed_and_each_value_counts(kind, value, other):
    assert sign(kind, value) != sign(kind, other)
