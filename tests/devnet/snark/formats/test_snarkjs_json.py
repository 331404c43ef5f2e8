"""snarkjs JSON: round trips, refusals by field, and snarkjs itself as the judge."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from zkrollup.crypto.pairing import G1_GENERATOR, G2_GENERATOR, g1_multiply
from zkrollup.kernels import limbs
from zkrollup.kernels.montgomery import P, R
from zkrollup.snark import groth16
from zkrollup.snark.formats import snarkjs_json as snarkjs
from zkrollup.snark.formats.snarkjs_json import InvalidFormat
from zkrollup.snark.keys import Proof, VerificationKey
from zkrollup.snark.r1cs import R1CS, SparseMatrix

SNARKJS = Path(__file__).parents[4] / "node_modules" / ".bin" / "snarkjs"

PROOF = Proof(g1_multiply(G1_GENERATOR, 3), G2_GENERATOR, g1_multiply(G1_GENERATOR, 5))
KEY = VerificationKey(
    g1_multiply(G1_GENERATOR, 7),
    G2_GENERATOR,
    G2_GENERATOR,
    G2_GENERATOR,
    (g1_multiply(G1_GENERATOR, 11), g1_multiply(G1_GENERATOR, 13)),
)


def changed(text: str, path: list, value: object) -> str:
    """The JSON with another value at the path; ``...`` deletes."""
    whole = json.loads(text)
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(whole)


def test_proofs_keys_and_public_inputs_survive_a_round_trip():
    assert snarkjs.load_proof(snarkjs.dump_proof(PROOF)) == PROOF
    assert snarkjs.load_verification_key(snarkjs.dump_verification_key(KEY)) == KEY
    assert snarkjs.load_public(snarkjs.dump_public([501, 0, R - 1])) == (501, 0, R - 1)


def test_infinity_survives_a_round_trip():
    infinite = Proof(None, None, PROOF.c)
    assert snarkjs.load_proof(snarkjs.dump_proof(infinite)) == infinite


def test_coordinates_of_g2_are_written_c0_first():
    assert json.loads(snarkjs.dump_proof(PROOF))["pi_b"][0][0] == str(G2_GENERATOR[0][0])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["pi_a"], ..., "pi_a"),
        (["pi_a"], ["1", "2"], "pi_a"),
        (["pi_a"], ["1", "2", "1", "1"], "pi_a"),
        (["pi_a"], {"x": "1"}, "pi_a"),
        (["pi_a", 0], str(P), "pi_a[0]"),
        (["pi_a", 1], 2.0, "pi_a[1]"),
        (["pi_a", 1], True, "pi_a[1]"),
        (["pi_a", 1], P, "pi_a[1]"),
        (["pi_a", 1], "-2", "pi_a[1]"),
        (["pi_a", 1], " 2", "pi_a[1]"),
        (["pi_a", 1], "1_0", "pi_a[1]"),
        (["pi_a", 1], "٣", "pi_a[1]"),
        (["pi_a", 1], "0xg2", "pi_a[1]"),
        (["pi_a", 1], "9" * 5000, "pi_a[1]"),
        (["pi_a", 2], "2", "pi_a[2]"),
        (["pi_b"], [["1", "2"], ["3", "4"]], "pi_b"),
        (["pi_b", 1], ["3"], "pi_b[1]"),
        (["pi_b", 1, 0], str(P + 3), "pi_b[1][0]"),
        (["pi_b", 2], ["1", "1"], "pi_b[2]"),
        (["pi_c"], None, "pi_c"),
        (["protocol"], "plonk", "protocol"),
        (["curve"], "bls12381", "curve"),
        (["curve"], None, "curve"),
        (["protocol"], 16, "protocol"),
    ],
)
def test_a_malformed_proof_is_refused_by_the_fields_name(path, value, field):
    with pytest.raises(InvalidFormat) as caught:
        snarkjs.load_proof(changed(snarkjs.dump_proof(PROOF), path, value))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["nPublic"], 2, "IC"),
        (["nPublic"], 0, "IC"),
        (["curve"], "BLS12-381", "curve"),
        (["protocol"], "fflonk", "protocol"),
        (["nPublic"], "1", "nPublic"),
        (["nPublic"], True, "nPublic"),
        (["nPublic"], -1, "nPublic"),
        (["IC"], [], "IC"),
        (["IC", 1], ["1", "2"], "IC[1]"),
        (["IC", 1, 0], str(P + 1), "IC[1][0]"),
        (["vk_alpha_1"], ..., "vk_alpha_1"),
        (["vk_beta_2"], ["1", "2", "1"], "vk_beta_2[0]"),
        (["vk_gamma_2"], ..., "vk_gamma_2"),
        (["vk_delta_2", 0, 1], str(P), "vk_delta_2[0][1]"),
    ],
)
def test_a_malformed_key_is_refused_by_the_fields_name(path, value, field):
    with pytest.raises(InvalidFormat) as caught:
        snarkjs.load_verification_key(changed(snarkjs.dump_verification_key(KEY), path, value))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[", "file"),
        ("{}", "public"),
        ('["1", 2.5]', "public[1]"),
        ('["1", -2]', "public[1]"),
        ('["1", true]', "public[1]"),
        (f'["{R}"]', "public[0]"),
    ],
)
def test_malformed_public_inputs_are_refused(text, field):
    with pytest.raises(InvalidFormat) as caught:
        snarkjs.load_public(text)
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "3"])
def test_a_file_that_holds_no_object_is_refused(text):
    for load in (snarkjs.load_proof, snarkjs.load_verification_key):
        with pytest.raises(InvalidFormat, match="file"):
            load(text)


# --- what snarkjs's relatives write


def kept(text: str, **changes: object) -> str:
    """The JSON with other fields; ``...`` deletes."""
    fields = json.loads(text) | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...})


@pytest.mark.parametrize(
    "changes",
    [
        {"curve": ...},
        {"curve": ..., "protocol": ...},
        {"curve": "bn254"},
        {"curve": "BN254", "protocol": "Groth16"},
        {"curve": "alt_bn128", "protocol": "groth"},
    ],
    ids=["rapidsnark", "go-rapidsnark", "bn254", "upper case", "older tools"],
)
def test_proofs_and_keys_need_not_name_curve_and_protocol_as_snarkjs_does(changes):
    assert snarkjs.load_proof(kept(snarkjs.dump_proof(PROOF), **changes)) == PROOF
    assert snarkjs.load_verification_key(kept(snarkjs.dump_verification_key(KEY), **changes)) == KEY


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("curve", "bls12381", "only BN254 is supported; compile the circuit again with circom -p bn128"),
        ("protocol", "plonk", "only Groth16 is supported; make the key with snarkjs groth16 setup"),
    ],
)
def test_another_curve_or_proof_system_is_told_what_to_do(field, value, remedy):
    for load, text in (
        (snarkjs.load_proof, snarkjs.dump_proof(PROOF)),
        (snarkjs.load_verification_key, snarkjs.dump_verification_key(KEY)),
    ):
        with pytest.raises(InvalidFormat, match=f"{field} = '{value}': {remedy}"):
            load(kept(text, **{field: value}))


def test_a_keys_count_may_be_missing_and_its_alpha_be_called_alfa():
    text = snarkjs.dump_verification_key(KEY)
    alpha = json.loads(text)["vk_alpha_1"]
    older = kept(text, protocol="groth", curve=..., vk_alpha_1=..., vk_alfa_1=alpha)
    assert snarkjs.load_verification_key(older) == KEY
    assert snarkjs.load_verification_key(kept(text, nPublic=...)) == KEY
    with pytest.raises(InvalidFormat, match="vk_alfa_1"):
        snarkjs.load_verification_key(kept(text, vk_alpha_1=..., vk_alfa_1=["3"]))


@pytest.mark.parametrize(("before", "after"), [("", "\0"), ("", "\n\0\0\0"), ("\ufeff", "")])
def test_nuls_after_the_text_and_a_byte_order_mark_before_it_do_not_count(before, after):
    assert snarkjs.load_proof(before + snarkjs.dump_proof(PROOF) + after) == PROOF
    assert snarkjs.load_verification_key(before + snarkjs.dump_verification_key(KEY) + after) == KEY
    assert snarkjs.load_public(f'{before}["3", "5"]{after}') == (3, 5)


def test_nuls_within_the_text_are_refused():
    with pytest.raises(InvalidFormat, match="not JSON"):
        snarkjs.load_public('["3"]\0["5"]')


@pytest.mark.parametrize("name", ["publicSignals", "pub_signals"])
def test_a_proof_and_its_public_inputs_may_be_in_one_object(name):
    both = json.dumps({"proof": json.loads(snarkjs.dump_proof(PROOF)), name: ["3", "5"]})
    assert snarkjs.load_proof(both) == PROOF
    assert snarkjs.load_public(both) == (3, 5)


def test_numbers_may_be_json_numbers_and_hexadecimal():
    assert snarkjs.load_public('[3, "0x0b", "0XfF"]') == (3, 11, 255)
    assert snarkjs.load_public(json.dumps([R - 1])) == (R - 1,)
    with pytest.raises(InvalidFormat, match="not below"):
        snarkjs.load_public(json.dumps([hex(R)]))


def snarkjs_says(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(SNARKJS), "groth16", "verify", "key.json", "public.json", "proof.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.node
def test_snarkjs_accepts_an_exported_proof_and_refuses_other_inputs(tmp_path):
    # Public 143 = 11 * 13, both private.
    rows = [
        SparseMatrix(np.array([0, 1]), np.array([wire], np.uint32), limbs.montgomery([1], R))
        for wire in (2, 3, 1)
    ]
    circuit = R1CS(4, 1, *rows)
    key = groth16.setup(circuit)
    proof = groth16.prove(key, circuit, limbs.from_ints([1, 143, 11, 13]))
    (tmp_path / "key.json").write_text(snarkjs.dump_verification_key(key.vk))
    (tmp_path / "proof.json").write_text(snarkjs.dump_proof(proof))
    (tmp_path / "public.json").write_text(snarkjs.dump_public([143]))
    assert "OK!" in snarkjs_says(tmp_path).stdout
    (tmp_path / "public.json").write_text(snarkjs.dump_public([144]))
    refused = snarkjs_says(tmp_path)
    assert refused.returncode != 0
    assert "Invalid proof" in refused.stdout
