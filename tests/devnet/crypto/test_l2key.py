import hashlib
import subprocess
import sys
from types import SimpleNamespace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from zkrollup.crypto.babyjubjub import SUBORDER
from zkrollup.crypto.eddsa import InvalidPrivateKey, verify
from zkrollup.crypto.l2key import (
    InvalidKeyRequest,
    MalformedSignature,
    UnstableSignature,
    WrongSigner,
    derive,
    derive_for_account,
    normalise,
    typed_data,
)
from zkrollup.crypto.secp256k1 import ORDER

CHAIN = 31337
ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
ALICE = Account.from_key("0x" + "a1" * 32)
BOB = Account.from_key("0x" + "b2" * 32)


def sign(message, account=ALICE):
    return bytes(account.sign_typed_data(full_message=message).signature)


def derive_with(signer, owner=ALICE.address):
    return derive(signer, chain_id=CHAIN, rollup_address=ROLLUP, owner=owner)


def variants(signature):
    """The ways in which wallets write one signature: v from 0 or 27, s low or high."""
    r, s, v = signature[:32], signature[32:64], signature[64]
    high = (ORDER - int.from_bytes(s)).to_bytes(32)
    flipped = 55 - v
    return [
        r + s + bytes([v]),
        r + s + bytes([v - 27]),
        r + high + bytes([flipped]),
        r + high + bytes([flipped - 27]),
    ]


# -- The message


def test_the_message_names_chain_rollup_owner_and_the_danger():
    message = typed_data(CHAIN, ROLLUP, ALICE.address)
    assert message["domain"] == {
        "name": "zkrollup L2 key",
        "version": "1",
        "chainId": CHAIN,
        "verifyingContract": ROLLUP,
    }
    assert message["primaryType"] == "L2Key"
    assert message["message"]["owner"] == ALICE.address
    assert "spend" in message["message"]["warning"]


def test_the_hash_to_sign_is_that_of_eip_712_worked_out_by_hand():
    from eth_utils import keccak

    def word(value):
        return value.to_bytes(32) if isinstance(value, int) else value.rjust(32, b"\0")

    message = typed_data(CHAIN, ROLLUP, ALICE.address)
    domain = keccak(
        keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
        + keccak(b"zkrollup L2 key")
        + keccak(b"1")
        + word(CHAIN)
        + word(bytes.fromhex(ROLLUP[2:]))
    )
    body = keccak(
        keccak(b"L2Key(address owner,string warning)")
        + word(bytes.fromhex(ALICE.address[2:]))
        + keccak(message["message"]["warning"].encode())
    )
    encoded = encode_typed_data(full_message=message)
    assert (encoded.header, encoded.body) == (domain, body)


@pytest.mark.parametrize("chain_id", [0, -1, 2**256, True, "1", 1.0])
def test_a_chain_id_out_of_range_is_refused(chain_id):
    with pytest.raises(InvalidKeyRequest, match="chain_id = ") as refusal:
        typed_data(chain_id, ROLLUP, ALICE.address)
    assert refusal.value.value == chain_id
    assert typed_data(2**256 - 1, ROLLUP, ALICE.address)["domain"]["chainId"] == 2**256 - 1


@pytest.mark.parametrize("address", ["", "0x12", ROLLUP + "00", ROLLUP[:-1] + "A", 5, None, b"\1" * 20])
def test_what_is_no_address_is_refused_in_either_place(address):
    with pytest.raises(InvalidKeyRequest, match="rollup_address = "):
        typed_data(CHAIN, address, ALICE.address)
    with pytest.raises(InvalidKeyRequest, match="owner = "):
        typed_data(CHAIN, ROLLUP, address)


def test_an_address_may_come_without_checksum():
    assert typed_data(CHAIN, ROLLUP.lower(), ALICE.address.lower()) == typed_data(
        CHAIN, ROLLUP, ALICE.address
    )


# -- The key


def test_the_same_wallet_derives_the_same_working_key_again():
    key = derive_for_account(ALICE, chain_id=CHAIN, rollup_address=ROLLUP)
    assert key == derive_for_account(ALICE, chain_id=CHAIN, rollup_address=ROLLUP)
    assert verify(key.public, 501, key.sign(501))


def test_the_scalar_is_the_tagged_hash_of_the_normalised_signature():
    signature = normalise(sign(typed_data(CHAIN, ROLLUP, ALICE.address)))
    digest = hashlib.sha512(b"zkrollup L2 key from signature v1" + signature).digest()
    assert derive_with(sign).scalar == int.from_bytes(digest, "big") % SUBORDER


def test_owner_chain_and_rollup_each_give_another_key():
    keys = [
        derive_for_account(account, chain_id=chain, rollup_address=rollup).scalar
        for account, chain, rollup in [
            (ALICE, CHAIN, ROLLUP),
            (BOB, CHAIN, ROLLUP),
            (ALICE, 1, ROLLUP),
            (ALICE, CHAIN, OTHER),
        ]
    ]
    assert len(set(keys)) == 4


@pytest.mark.parametrize("form", range(4))
def test_every_way_to_write_the_signature_gives_the_same_key(form):
    assert derive_with(lambda message: variants(sign(message))[form]) == derive_with(sign)


def test_a_wallet_may_write_its_two_answers_differently():
    forms = iter((0, 3))
    assert derive_with(lambda message: variants(sign(message))[next(forms)]) == derive_with(sign)


def test_a_wallet_that_changes_the_message_it_is_given_changes_nothing_else():
    def careless(message):
        signature = sign(message)
        message["message"]["owner"] = BOB.address
        message["domain"].clear()
        return signature

    assert derive_with(careless) == derive_with(sign)


# -- Refusals


def test_two_different_signatures_of_the_owner_are_refused():
    # ECDSA over the same message with another nonce: k is fixed by hand.
    from eth_keys import keys
    from py_ecc.secp256k1.secp256k1 import G, N, multiply

    digest = encode_hash(typed_data(CHAIN, ROLLUP, ALICE.address))
    x, y = multiply(G, 12345)
    secret = int.from_bytes(ALICE.key)
    s = pow(12345, -1, N) * (int.from_bytes(digest) + x * secret) % N
    other = x.to_bytes(32) + s.to_bytes(32) + bytes([27 + y % 2])
    recovered = keys.Signature(other[:64] + bytes([y % 2])).recover_public_key_from_msg_hash(digest)
    assert recovered.to_checksum_address() == ALICE.address

    answers = iter((sign(typed_data(CHAIN, ROLLUP, ALICE.address)), other))
    with pytest.raises(UnstableSignature, match="two different signatures") as refusal:
        derive_with(lambda _: next(answers))
    assert refusal.value.owner == ALICE.address


def encode_hash(message):
    from eth_utils import keccak

    encoded = encode_typed_data(full_message=message)
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)


def test_a_signature_that_hashes_to_zero_is_refused(monkeypatch):
    def hash_to(number):
        fixed = SimpleNamespace(sha512=lambda _: SimpleNamespace(digest=lambda: number.to_bytes(64)))
        monkeypatch.setattr("zkrollup.crypto.l2key.hashlib", fixed)

    hash_to(7 * SUBORDER + 1)
    assert derive_with(sign).scalar == 1
    hash_to(7 * SUBORDER)
    with pytest.raises(InvalidPrivateKey):
        derive_with(sign)


def test_another_accounts_signature_is_refused():
    with pytest.raises(WrongSigner, match=BOB.address) as refusal:
        derive_with(lambda message: sign(message, BOB))
    assert (refusal.value.owner, refusal.value.recovered) == (ALICE.address, BOB.address)


def test_a_signature_of_another_message_is_refused():
    elsewhere = sign(typed_data(CHAIN, OTHER, ALICE.address))
    with pytest.raises(WrongSigner):
        derive_with(lambda _: elsewhere)


def test_a_signature_with_the_wrong_v_is_refused():
    signature = sign(typed_data(CHAIN, ROLLUP, ALICE.address))
    with pytest.raises(WrongSigner):
        derive_with(lambda _: signature[:64] + bytes([55 - signature[64]]))


def test_an_r_that_is_no_point_is_refused():
    # 5 is the x of no point of secp256k1: 132 is not a square.
    with pytest.raises(MalformedSignature, match="not a point"):
        derive_with(lambda _: (5).to_bytes(32) + (7).to_bytes(32) + b"\x1b")


ONE = (1).to_bytes(32)
ZERO = bytes(32)
ORDER_BYTES = ORDER.to_bytes(32)


@pytest.mark.parametrize("v", range(256))
def test_only_four_values_of_v_are_taken(v):
    signature = ONE + ONE + bytes([v])
    if v in (0, 1, 27, 28):
        assert normalise(signature) == ONE + ONE + bytes([27 + v % 27])
    else:
        with pytest.raises(MalformedSignature, match=f"v is {v}"):
            normalise(signature)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (ONE + ONE, "64 bytes"),
        (ONE + ONE + b"\x1b\x1b", "66 bytes"),
        (b"", "0 bytes"),
        ((ONE + ONE + b"\x1b").hex(), "str, not bytes"),
        (None, "NoneType, not bytes"),
        (ZERO + ONE + b"\x1b", "r is zero"),
        (ONE + ZERO + b"\x1b", "s is zero"),
        (ORDER_BYTES + ONE + b"\x1b", "r is zero or not below"),
        (ONE + ORDER_BYTES + b"\x1b", "s is zero or not below"),
    ],
)
def test_anything_else_is_refused_with_its_reason(signature, reason):
    with pytest.raises(MalformedSignature, match=reason) as refusal:
        derive_with(lambda _: signature)
    assert reason.split(" or ")[0] in refusal.value.reason


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1), st.sampled_from((27, 28)))
@settings(deadline=None)
def test_normalising_is_idempotent_and_one_for_all_variants(r, s, v):
    signature = r.to_bytes(32) + s.to_bytes(32) + bytes([v])
    normal = normalise(signature)
    assert {normalise(form) for form in variants(signature)} == {normal}
    assert normalise(normal) == normal
    assert int.from_bytes(normal[32:64]) <= ORDER // 2


def test_the_largest_low_s_stays_and_the_smallest_high_s_is_flipped():
    half = ORDER // 2
    assert normalise(ONE + half.to_bytes(32) + b"\x1b") == ONE + half.to_bytes(32) + b"\x1b"
    assert normalise(ONE + (half + 1).to_bytes(32) + b"\x1b") == ONE + half.to_bytes(32) + b"\x1c"


def test_importing_the_module_loads_no_wallet_library():
    code = (
        "import sys, zkrollup.crypto.l2key; print([m for m in sys.modules if m.startswith(('eth_', 'web3'))])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
