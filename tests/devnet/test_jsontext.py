"""JSON of others: what json.loads takes is taken, and no nesting takes the process down."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zkrollup.evm  # lifts Python's limit of recursion, without which nothing here would crash
from zkrollup import jsontext
from zkrollup.artifacts import BrokenArtifact, document, shipped, standard_json
from zkrollup.artifacts.document import Node
from zkrollup.operator.l1data import InvalidL1Data, L1Data
from zkrollup.snark.formats import calldata
from zkrollup.snark.formats.snarkjs_json import (
    InvalidFormat,
    load_proof,
    load_public,
    load_verification_key,
)
from zkrollup.snark.inputs import InputError, as_mapping

DEEP = '{"abi": ' + "[" * 200_000
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(TREES, st.booleans())
def test_what_json_takes_is_given_as_json_gives_it(tree, ascii_only):
    text = json.dumps(tree, ensure_ascii=ascii_only)
    assert jsontext.loads(text, deepest=60) == json.loads(text) == tree


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_bytes_are_taken_in_each_encoding_that_json_may_have(encoding):
    assert jsontext.loads('{"grüße": ["[", 5]}'.encode(encoding)) == {"grüße": ["[", 5]}


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('[{"a":', "}]")], ids=["lists", "objects"])
def test_as_many_levels_as_are_allowed_are_taken_and_no_more(opening, closing):
    levels = opening.count("[") + opening.count("{")

    def nested(depth):
        return opening * (depth // levels) + "5" + closing * (depth // levels)

    assert jsontext.loads(nested(12), deepest=12) == json.loads(nested(12))
    with pytest.raises(jsontext.TooDeep, match="nested deeper than 12") as refusal:
        jsontext.loads(nested(12 + levels), deepest=12)
    assert refusal.value.deepest == 12


@pytest.mark.parametrize(
    "text",
    [
        '["[[[[", 5]',
        '["{{{{\\"[[[", 7]',
        '["\\\\", "[[[[["]',
        '[["]]]]"], ["[["]]',
        "[[1], [2], [3], [4], [5]]",
    ],
)
def test_brackets_in_strings_and_beside_each_other_are_no_levels(text):
    assert jsontext.loads(text, deepest=2) == json.loads(text)


def test_closing_brackets_in_strings_hide_no_levels():
    with pytest.raises(jsontext.TooDeep):
        jsontext.loads('["]]]]]", [["]]]", [5]]]]', deepest=3)


def test_wide_text_is_taken_whatever_its_length():
    rows = [[number, {"half": number / 2}] for number in range(3000)]
    assert jsontext.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize("text", ["", "{", "[1,]", b"\xff\xff", b'["\xc3"]'], ids=repr)
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"\w") as refusal:
        jsontext.loads(text)
    assert not isinstance(refusal.value, jsontext.TooDeep)


def write(tmp_path):
    path = tmp_path / "Deep.json"
    path.write_text(DEEP)
    return path


READERS = {
    "an artifact": (lambda tmp: document.load(write(tmp)), BrokenArtifact),
    "solc's metadata": (lambda _: standard_json.parsed(Node("Deep.json", "metadata", DEEP)), BrokenArtifact),
    "a shipped artifact": (lambda tmp: shipped.read(write(tmp)), BrokenArtifact),
    "a proof": (lambda _: load_proof(DEEP), InvalidFormat),
    "public inputs": (lambda _: load_public(DEEP), InvalidFormat),
    "a verification key": (lambda _: load_verification_key(DEEP), InvalidFormat),
    "calldata": (lambda _: calldata.load(DEEP), InvalidFormat),
    "a circuit's inputs": (lambda _: as_mapping("square", DEEP), InputError),
    "L1's data": (lambda _: L1Data.loads(DEEP), InvalidL1Data),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_nested_200_000_deep_is_refused_and_takes_nothing_down(reader, tmp_path):
    assert zkrollup.evm.Chain
    read, error = READERS[reader]
    with pytest.raises(error):
        read(tmp_path)


def test_a_byte_order_mark_before_an_artifact_is_skipped(tmp_path):
    path = tmp_path / "Marked.json"
    path.write_text('{"abi": []}', encoding="utf-8-sig")
    assert document.load(path).value == {"abi": []}
