"""The reference implementation in JavaScript as oracle, asked once for everything."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from zkrollup.crypto import babyjubjub
from zkrollup.crypto.babyjubjub import BASE8, COFACTOR, IDENTITY, SUBORDER, Point
from zkrollup.crypto.eddsa import PrivateKey, Signature, verify
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon

pytestmark = pytest.mark.node

ORACLE = Path(__file__).with_name("circomlib_oracle.mjs")
GENERATOR = Point(
    995203441582195749578291179787384436505546430278305826713579947235728471134,
    5472060717959818805561601436314318772137091100104008585924551046643952123905,
)
RANDOM = random.Random(501)

HASHES = [
    *([RANDOM.randrange(R) for _ in range(count)] for count in range(1, 17)),
    *([R - 1 - i for i in range(count)] for count in range(1, 17)),
    *([0] * count for count in range(1, 17)),
]
POINTS = [
    BASE8,
    IDENTITY,
    GENERATOR,
    *(babyjubjub.multiply(GENERATOR, SUBORDER * i) for i in range(1, 8)),
    *(babyjubjub.multiply(GENERATOR, RANDOM.randrange(COFACTOR * SUBORDER)) for _ in range(3)),
]
SUMS = [(p, q) for p in POINTS for q in POINTS]
SCALARS = [0, 1, 2, 8, SUBORDER - 1, SUBORDER, R - 1, RANDOM.randrange(R)]
PRODUCTS = [(p, k) for p in POINTS for k in SCALARS]
MESSAGES = [0, 1, R - 1, RANDOM.randrange(R)]
SIGNED = [
    (key.public, message, key.sign(message))
    for key in (PrivateKey(1), PrivateKey(SUBORDER - 1), PrivateKey(RANDOM.randrange(1, SUBORDER)))
    for message in MESSAGES
]
SPOILED = [(public, (message + 1) % R, signature) for public, message, signature in SIGNED] + [
    (public, message, Signature(signature.r8, signature.s ^ 1)) for public, message, signature in SIGNED
]
SECRETS = [(RANDOM.randbytes(32).hex(), message) for message in MESSAGES]


def decimal(value):
    """Ints as decimal strings, at any depth: JSON numbers lose digits in JavaScript."""
    if isinstance(value, dict):
        return {key: decimal(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [decimal(each) for each in value]
    return str(value)


@pytest.fixture(scope="module")
def answers():
    verdicts = [
        {"publicKey": public, "message": message, "r8": signature.r8, "s": signature.s}
        for public, message, signature in (*SIGNED, *SPOILED)
    ]
    questions = {
        "hashes": HASHES,
        "sums": SUMS,
        "products": PRODUCTS,
        "verdicts": verdicts,
        "signatures": [{"secret": secret, "message": message} for secret, message in SECRETS],
    }
    ran = subprocess.run(
        ["node", str(ORACLE)],
        input=json.dumps(decimal(questions)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_poseidon_agrees_on_every_number_of_inputs(answers):
    assert [poseidon(inputs) for inputs in HASHES] == [int(answer) for answer in answers["hashes"]]


def test_addition_agrees_on_all_pairs_small_orders_included(answers):
    expected = [(int(x), int(y)) for x, y in answers["sums"]]
    assert [babyjubjub.add(p, q) for p, q in SUMS] == expected


def test_multiplication_agrees_also_at_and_beyond_the_order(answers):
    expected = [(int(x), int(y)) for x, y in answers["products"]]
    assert [babyjubjub.multiply(p, k) for p, k in PRODUCTS] == expected


def test_circomlibjs_accepts_our_signatures_and_refuses_spoiled_ones(answers):
    assert answers["verdicts"] == [True] * len(SIGNED) + [False] * len(SPOILED)
    assert [verify(*each) for each in (*SIGNED, *SPOILED)] == answers["verdicts"]


def test_we_accept_the_signatures_of_circomlibjs_and_refuse_them_for_other_messages(answers):
    assert len(answers["signatures"]) == len(SECRETS)
    for (_, message), answer in zip(SECRETS, answers["signatures"], strict=True):
        public = Point(*map(int, answer["publicKey"]))
        signature = Signature(Point(*map(int, answer["r8"])), int(answer["s"]))
        assert verify(public, message, signature)
        assert not verify(public, (message + 1) % R, signature)
