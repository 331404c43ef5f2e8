"""Signatures against eth-keys' own arithmetic, which is Python's, on random and on edge values."""

import os
import random
import subprocess
import sys

import pytest
from eth_account import Account
from eth_keys import KeyAPI
from eth_keys.backends import NativeECCBackend
from eth_keys.exceptions import BadSignature
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.secp256k1 import secp256k1 as plain

from zkrollup.crypto import secp256k1
from zkrollup.crypto.eth_keys_backend import Libsecp256k1Backend, become_default
from zkrollup.crypto.secp256k1 import ORDER, InvalidKey, NoSigner, public_key, recover, sign, verify
from zkrollup.evm.engine import precompiles

NATIVE, OURS = KeyAPI(NativeECCBackend), KeyAPI(Libsecp256k1Backend)
RANDOM = random.Random(20261)
KEYS = [1, 2, ORDER - 1, ORDER - 2, ORDER // 2, *(RANDOM.randrange(1, ORDER) for _ in range(4))]
DIGESTS = [0, 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1, *(RANDOM.randrange(2**256) for _ in range(3))]
DIGEST = (7**90).to_bytes(32)
KEY = (11**70).to_bytes(32)

digests = st.integers(0, 2**256 - 1).map(lambda number: number.to_bytes(32))
key_numbers = st.integers(1, ORDER - 1)


def native_key(key):
    return NATIVE.PrivateKey(key, backend=NATIVE.backend)


def natively_recovered(digest, parity, r, s):
    """The public key, None where there is none: eth-keys recovers from r, s >= n too, Ethereum does not."""
    if parity not in (0, 1) or not 0 < r < ORDER or not 0 < s < ORDER:
        return None
    try:
        return NATIVE.ecdsa_recover(digest, NATIVE.Signature(vrs=(parity, r, s))).to_bytes()
    except BadSignature:
        return None


def recovered(digest, parity, r, s):
    try:
        return recover(digest, parity, r, s)
    except NoSigner:
        return None


# --- keys and signing


@pytest.mark.parametrize("number", KEYS)
def test_public_keys_are_those_of_eth_keys(number):
    key = number.to_bytes(32)
    assert public_key(key) == native_key(key).public_key.to_bytes()


@pytest.mark.parametrize("number", KEYS)
@pytest.mark.parametrize("digest", DIGESTS)
def test_signatures_are_eth_keys_own_bit_for_bit(number, digest):
    key, hashed = number.to_bytes(32), digest.to_bytes(32)
    signed = sign(hashed, key)
    assert signed == NATIVE.ecdsa_sign(hashed, native_key(key)).vrs
    assert signed.s <= ORDER // 2
    assert recover(hashed, *signed) == public_key(key)


@settings(max_examples=40, deadline=None)
@given(key_numbers, digests)
def test_any_signature_is_eth_keys_own_and_recovers_its_key(number, digest):
    key = number.to_bytes(32)
    signed = sign(digest, key)
    assert signed == NATIVE.ecdsa_sign(digest, native_key(key)).vrs
    assert recover(digest, *signed) == public_key(key)
    assert recover(digest, 1 - signed.parity, signed.r, ORDER - signed.s) == public_key(key)
    assert recovered(digest, 1 - signed.parity, signed.r, signed.s) != public_key(key)


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (bytes(32), "not below the order n"),
        (ORDER.to_bytes(32), "not below the order n"),
        (b"\xff" * 32, "not below the order n"),
        (b"\x01" * 31, "has 31 bytes"),
        (b"\x01" * 33, "has 33 bytes"),
        (b"", "has 0 bytes"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(key, rule):
    for use in (public_key, lambda key: sign(DIGEST, key)):
        with pytest.raises(InvalidKey, match=rule) as caught:
            use(key)
        assert not key or key.hex() not in str(caught.value)


# --- recovery


def edge_signatures():
    _, r, s = sign(DIGEST, KEY)
    below = [0, 1, 5, r, s, ORDER // 2, ORDER // 2 + 1, ORDER - s, ORDER - 1]
    return [(parity, a, b) for parity in (0, 1) for a in (*below, ORDER, 2**256 - 1) for b in (*below, ORDER)]


@pytest.mark.parametrize("digest", [DIGEST, bytes(32), ORDER.to_bytes(32), b"\xff" * 32])
def test_recovery_agrees_with_eth_keys_on_edges(digest):
    answers = [(recovered(digest, *each), natively_recovered(digest, *each)) for each in edge_signatures()]
    assert [ours for ours, _ in answers] == [theirs for _, theirs in answers]
    assert len({ours is None for ours, _ in answers}) == 2  # some are recovered, some refused


@settings(max_examples=60, deadline=None)
@given(digests, st.integers(0, 1), key_numbers, key_numbers)
def test_recovery_agrees_with_eth_keys_on_any_numbers(digest, parity, r, s):
    assert recovered(digest, parity, r, s) == natively_recovered(digest, parity, r, s)


@pytest.mark.parametrize("parity", [-1, 2, 3, 27, 2**200])
def test_recovery_ids_of_x_above_the_order_are_refused(parity):
    _, r, s = sign(DIGEST, KEY)
    with pytest.raises(NoSigner, match=rf"parity {parity},.*parity must be 0 or 1"):
        recover(DIGEST, parity, r, s)


def test_a_signature_whose_key_would_be_infinity_is_refused():
    # R = k G and s = digest / k: the key is (s R - digest G) / r.
    k = 103
    x, y = plain.multiply(plain.G, k)
    s = int.from_bytes(DIGEST) * pow(k, -1, ORDER) % ORDER
    assert recovered(DIGEST, y % 2, x, s) is None
    assert recovered(DIGEST, y % 2, x, s + 1) is not None


@pytest.mark.parametrize("x", range(1, 9))
def test_r_is_accepted_just_where_it_is_the_x_of_a_point(x):
    on_curve = pow(x**3 + 7, (plain.P - 1) // 2, plain.P) == 1
    assert (recovered(DIGEST, 0, x, 3) is not None) == on_curve


# --- the precompile (0x01), whose input is four words


def word(number):
    return number.to_bytes(32)


def test_the_precompile_accepts_what_recovery_does_for_v_of_27_and_28():
    for parity, r, s in edge_signatures():
        key = natively_recovered(DIGEST, parity, r, s)
        expected = b"" if key is None else bytes(12) + NATIVE.PublicKey(key).to_canonical_address()
        assert precompiles.recover(DIGEST + word(27 + parity) + word(r) + word(s)) == expected


@pytest.mark.parametrize("v", [0, 1, 26, 29, 30, 2**255 + 27])
def test_the_precompile_refuses_any_other_v(v):
    parity, r, s = sign(DIGEST, KEY)
    assert precompiles.recover(DIGEST + word(27 + parity) + word(r) + word(s))
    assert precompiles.recover(DIGEST + word(v) + word(r) + word(s)) == b""


# --- eth-keys over it


@settings(max_examples=30, deadline=None)
@given(key_numbers, digests)
def test_eth_keys_over_libsecp256k1_says_what_its_own_arithmetic_says(number, digest):
    ours = OURS.PrivateKey(number.to_bytes(32), backend=OURS.backend)
    theirs = native_key(number.to_bytes(32))
    public = ours.public_key
    assert public.to_bytes() == theirs.public_key.to_bytes()
    assert public.to_compressed_bytes() == theirs.public_key.to_compressed_bytes()
    assert OURS.PublicKey.from_compressed_bytes(public.to_compressed_bytes(), OURS.backend) == public
    signed = OURS.ecdsa_sign(digest, ours)
    assert signed.to_bytes() == NATIVE.ecdsa_sign(digest, theirs).to_bytes()
    assert OURS.ecdsa_recover(digest, signed) == public
    without_parity = OURS.ecdsa_sign_non_recoverable(digest, ours)
    assert without_parity.rs == (signed.r, signed.s)
    assert OURS.ecdsa_verify(digest, without_parity, public)


def test_eth_keys_over_libsecp256k1_verifies_either_s_and_nothing_else():
    key = OURS.PrivateKey(KEY, backend=OURS.backend)
    v, r, s = OURS.ecdsa_sign(DIGEST, key).vrs

    def verified(r=r, s=s, digest=DIGEST, public=key.public_key):
        signature = OURS.Signature(vrs=(v, r, s))
        answers = {api.ecdsa_verify(digest, signature, public) for api in (OURS, NATIVE)}
        assert len(answers) == 1
        return answers.pop()

    assert verified()
    assert verified(s=ORDER - s)
    assert not verified(s=s - 1)
    assert not verified(r=r - 1)
    assert not verified(digest=DIGEST[::-1])
    assert not verified(public=OURS.PrivateKey(DIGEST, backend=OURS.backend).public_key)
    assert not verify(DIGEST, r, 0, key.public_key.to_bytes())
    assert not verify(DIGEST, r, s, bytes(64))


def test_eth_keys_over_libsecp256k1_refuses_what_no_key_signed():
    with pytest.raises(BadSignature, match="no key signed with parity 0, r 0x5, s 0x9"):
        OURS.ecdsa_recover(DIGEST, OURS.Signature(vrs=(0, 5, 9)))


@pytest.mark.parametrize(
    ("chosen", "backend"),
    [(None, "Libsecp256k1Backend"), ("eth_keys.backends.NativeECCBackend", "NativeECCBackend")],
)
def test_the_chain_gives_eth_keys_this_backend_unless_the_environment_names_one(chosen, backend, monkeypatch):
    monkeypatch.delenv("ECC_BACKEND_CLASS", raising=False)
    if chosen:
        monkeypatch.setenv("ECC_BACKEND_CLASS", chosen)
    code = "import os, zkrollup.evm\nfrom eth_keys import keys\nprint(type(keys.backend).__name__)\n"
    code += "print(os.environ.get('ECC_BACKEND_CLASS'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [backend, str(chosen)]


def test_accounts_sign_the_same_with_either_backend():
    fields = {"to": "0x" + "11" * 20, "value": 5, "nonce": 3, "gas": 21_001, "chainId": 31, "gasPrice": 7}
    become_default()
    with_libsecp256k1 = Account.sign_transaction(fields, KEY).hash
    code = f"from eth_account import Account; print(Account.sign_transaction({fields}, {KEY}).hash.hex())"
    environment = {**os.environ, "ECC_BACKEND_CLASS": "eth_keys.backends.NativeECCBackend"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == with_libsecp256k1.hex()


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33)])
def test_what_is_no_digest_is_named_and_not_the_key_or_the_signature(digest):
    key = (7).to_bytes(32)
    for ask in (
        lambda: secp256k1.sign(digest, key),
        lambda: secp256k1.recover(digest, 0, 5, 11),
        lambda: secp256k1.verify(digest, 5, 11, secp256k1.public_key(key)),
    ):
        with pytest.raises(secp256k1.InvalidDigest, match=f"{len(digest)} bytes") as refusal:
            ask()
        assert refusal.value.digest == digest
