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
        *(("string", each, "string is text") for each in (5, None, b"ab")),
        *(("bool", each, "bool is True or False") for each in (2, 1, None, "true")),
        *(("bytes", each, "bytes is any number of bytes, or 0x") for each in ("0xabc", "abc", 5, None)),
        *(("bytes4", each, "bytes4 is 4 bytes, or 0x") for each in ("0x123456", b"12345", b"123", None)),
        *(("uint256", each, "uint256 is a whole number") for each in (1.0, True, None, "five", "0xg")),
        *(("int8[]", [each], "int8 is a whole number") for each in (b"1", "")),
        ("Inner", {"amount": 5, "more": 7}, "Inner has the members amount; give just these"),
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
        ("string", "grüße", ""),
        ("bool", True, False),
        ("bytes", b"ab", "0x"),
        ("bytes4", "0x12345678", b"1234"),
        ("uint256", 2**255, "5"),
        ("int16", "-300", 300),
    ],
)
def test_what_fits_is_signed_and_each_value_counts(kind, value, other):
    assert sign(kind, value) != sign(kind, other)


@pytest.mark.parametrize(
    ("kind", "written", "number"), [("uint256", "17", 17), ("uint256", "0x11", 17), ("int8", "-17", -17)]
)
def test_a_number_may_be_written_as_wallets_send_it(kind, written, number):
    assert sign(kind, written) == sign(kind, number)


@pytest.mark.parametrize(
    ("domain", "rule"),
    [
        *(
            (each, "a domain has some of the members name, version, chainId")
            for each in (None, "Shop", {"x": 1})
        ),
        ({"name": 5}, "string is text"),
        ({"chainId": None}, "uint256 is a whole number"),
        ({"salt": "0x12"}, "bytes32 is 32 bytes"),
        ({"verifyingContract": "0xABabababababababababababababababababABab"}, "checksum is wrong"),
    ],
)
def test_a_domain_that_does_not_fit_is_refused_with_the_rule(domain, rule):
    with pytest.raises(InvalidTypedData, match=rule):
        sign_typed_data(ALICE, domain, {"Inner": INNER}, {"amount": 5})


@pytest.mark.parametrize(
    "types",
    [
        *(None, [], {}, {"Pay": None}, {"Pay": "amount"}, {"Pay": [{}]}, {"Pay": [{"name": "amount"}]}),
        *({"Pay": [{"name": 5, "type": "uint8"}]}, {"Pay": [{"name": "amount", "type": ""}]}),
    ],
    ids=repr,
)
def test_types_that_are_described_otherwise_are_refused_with_their_form(types):
    with pytest.raises(InvalidTypedData, match=r"types are \{'Pay': \[\{'name': 'to', 'type': 'address'\}"):
        sign_typed_data(ALICE, {"name": "Shop"}, types, {"amount": 5})
