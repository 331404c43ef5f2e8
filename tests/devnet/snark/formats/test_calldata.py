"""The text that ``snarkjs zkey export soliditycalldata`` prints."""

import pytest
from tests.circom.support import VERIFIER, snarkjs

from zkrollup.crypto.field import FieldRangeError, P, R
from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR, g1_multiply
from zkrollup.snark.formats import calldata, snarkjs_json
from zkrollup.snark.formats.snarkjs_json import InvalidFormat
from zkrollup.snark.keys import Proof

PROOF = Proof(g1_multiply(G1_GENERATOR, 3), G2_GENERATOR, g1_multiply(G1_GENERATOR, 5))
PUBLIC = (501, 0, R - 1)
X, Y = (f'"0x{number:064x}"' for number in (7, 11))


def test_what_is_written_is_read_again():
    assert calldata.load(calldata.dump(PROOF, PUBLIC)) == (PROOF, PUBLIC)


def test_infinity_and_a_statement_without_inputs_survive():
    infinite = Proof(None, None, PROOF.c)
    assert calldata.load(calldata.dump(infinite, ())) == (infinite, ())


@pytest.mark.node
def test_it_is_what_snarkjs_prints():
    printed = snarkjs(VERIFIER, "zkey", "export", "soliditycalldata", "public.json", "proof.json").strip()
    proof = snarkjs_json.load_proof((VERIFIER / "proof.json").read_text())
    public = snarkjs_json.load_public((VERIFIER / "public.json").read_text())
    assert calldata.dump(proof, public) == printed
    assert calldata.load(printed) == (proof, public)


@pytest.mark.parametrize("value", [-1, R])
def test_an_input_out_of_range_is_not_written(value):
    with pytest.raises(FieldRangeError, match=r"public\[1\]"):
        calldata.dump(PROOF, (3, value))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[", "calldata"),
        ("", "calldata"),
        (f"[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}]", "calldata"),
        (f"[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}],[],[]", "calldata"),
        (f"{X},[[{X},{Y}],[{X},{Y}]],[{X},{Y}],[]", "a"),
        (f"[{X}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}],[]", "a"),
        (f"[{X},{Y}],[[{X},{Y}]],[{X},{Y}],[]", "b"),
        (f"[{X},{Y}],[[{X},{Y}],[{X}]],[{X},{Y}],[]", "b[1]"),
        (f'[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},"0x{P:064x}"],[]', "c[1]"),
        (f'[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}],[{X},"0x{R:064x}"]', "public[1]"),
        (f"[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}],[7]", "public[0]"),
        (f'[{X},{Y}],[[{X},{Y}],[{X},{Y}]],[{X},{Y}],["0x7"]', "public[0]"),
    ],
)
def test_a_malformed_text_is_refused_by_the_parts_name(text, field):
    with pytest.raises(InvalidFormat) as caught:
        calldata.load(text)
    assert caught.value.field == field
