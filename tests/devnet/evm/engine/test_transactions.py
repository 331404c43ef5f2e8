"""Transactions on the wire: against eth-account for every type, and what is refused."""

from dataclasses import replace
from hashlib import sha256

import pytest
import rlp
from eth_account import Account
from eth_utils import keccak, to_checksum_address
from tests.devnet.evm.engine.support import ACCOUNTS, ALICE, BOB, STRANGER

from zkrollup.evm.engine import transactions
from zkrollup.evm.engine.transactions import (
    ORDER,
    Authorization,
    CallFields,
    InvalidTransaction,
    build,
    impersonate,
)
from zkrollup.evm.engine.wire import decode

TARGET = to_checksum_address(STRANGER)
COMMON = {"nonce": 7, "gas": 90_001, "to": TARGET, "value": 501, "data": "0x0102", "chainId": 31337}
PRICED = {**COMMON, "gasPrice": 10**9 + 3}
CAPPED = {**COMMON, "maxFeePerGas": 10**9 + 5, "maxPriorityFeePerGas": 11}
LISTED = {"accessList": [{"address": TARGET, "storageKeys": ["0x" + "05".rjust(64, "0")]}]}
HASHES = [b"\x01" + b"\x11" * 31, b"\x01" + b"\x22" * 31]
AUTHORIZATION = ACCOUNTS[1].sign_authorization({"chainId": 31337, "address": TARGET, "nonce": 3})
SIGNED = {
    "legacy": (0, PRICED),
    "before EIP-155": (0, {k: v for k, v in PRICED.items() if k != "chainId"}),
    "creation": (0, {**PRICED, "to": ""}),
    "access list": (1, {**PRICED, **LISTED, "type": 1}),
    "dynamic fee": (2, {**CAPPED, **LISTED, "type": 2}),
    "set code": (4, {**CAPPED, **LISTED, "authorizationList": [AUTHORIZATION]}),
}


@pytest.mark.parametrize(("type_id", "fields"), SIGNED.values(), ids=SIGNED)
def test_a_transaction_that_eth_account_signed_is_read_and_written_alike(type_id, fields):
    signed = ACCOUNTS[0].sign_transaction(fields)
    transaction = decode(bytes(signed.raw_transaction))
    assert transaction.type_id == type_id
    assert transaction.sender == ALICE
    assert transaction.hash == bytes(signed.hash)
    assert transaction.encoded == bytes(signed.raw_transaction)
    assert (transaction.nonce, transaction.gas, transaction.value) == (7, 90_001, 501)
    assert transaction.to == bytes.fromhex(fields["to"][2:])
    assert transaction.data == b"\x01\x02"
    assert transaction.chain_id == fields.get("chainId")
    assert transaction.max_fee_per_gas == fields.get("gasPrice", 10**9 + 5)
    assert transaction.max_priority_fee_per_gas == fields.get("gasPrice", 11)
    assert transaction.access_list == (((STRANGER, (5,)),) if "accessList" in fields else ())


def fields_of(**changes):
    return CallFields(**{"sender": ALICE, "to": STRANGER, "value": 501, "data": b"\x01\x02", **changes})


def built(fields):
    return build(fields, chain_id=31337, nonce=7, gas=90_001, max_fee=10**9 + 5, blob_fee=13)


BUILT = {
    "legacy": ({"gas_price": 10**9 + 3}, 0),
    "access list": ({"gas_price": 10**9 + 3, "access_list": ((STRANGER, (5,)),)}, 1),
    "dynamic fee": ({"max_priority_fee_per_gas": 11, "max_fee_per_gas": 10**9 + 5}, 2),
    "blob": ({"blob_versioned_hashes": tuple(HASHES)}, 3),
    "set code": ({"authorization_list": (Authorization(31337, STRANGER, 3, 1, 5, 9),)}, 4),
}


@pytest.mark.parametrize(("changes", "type_id"), BUILT.values(), ids=BUILT)
def test_what_is_built_and_signed_decodes_to_itself(engine, changes, type_id):
    transaction = transactions.sign(built(fields_of(**changes)), engine.keys[ALICE])
    assert transaction.type_id == type_id
    again = decode(transaction.encoded)
    assert again == transaction
    assert again.sender == ALICE
    assert keccak(transaction.encoded) == transaction.hash


def test_a_sender_that_is_told_is_the_one_that_the_signature_gives(engine):
    transaction = engine.sign(fields_of(gas=30_000))
    assert transaction.sender == ALICE
    assert decode(transaction.encoded).sender == ALICE


def test_eth_account_recovers_our_signature(engine):
    for changes in ({"gas_price": 10**9}, {}):
        raw = transactions.sign(built(fields_of(**changes)), engine.keys[BOB]).encoded
        assert Account.recover_transaction(raw) == ACCOUNTS[1].address


def test_what_the_fields_leave_open_is_filled_in_and_the_rest_is_theirs():
    filled = built(fields_of())
    assert (filled.nonce, filled.gas, filled.max_fee_per_gas, filled.max_priority_fee_per_gas) == (
        7,
        90_001,
        10**9 + 5,
        0,
    )
    given = built(fields_of(nonce=8, gas=23, max_fee_per_gas=29, max_priority_fee_per_gas=17))
    assert (given.nonce, given.gas, given.max_fee_per_gas, given.max_priority_fee_per_gas) == (8, 23, 29, 17)
    assert built(fields_of(max_priority_fee_per_gas=17)).max_fee_per_gas == 10**9 + 5 + 17


def test_a_type_that_is_named_keeps_only_what_it_can_hold():
    plain = built(fields_of(type_id=0, access_list=((BOB, ()),), max_priority_fee_per_gas=17))
    assert (plain.type_id, plain.access_list) == (0, ())
    assert plain.max_priority_fee_per_gas == plain.max_fee_per_gas == plain.gas_price == 10**9 + 5 + 17
    capped = built(fields_of(type_id=2, gas_price=31))
    assert (capped.type_id, capped.max_fee_per_gas, capped.max_priority_fee_per_gas) == (2, 31, 31)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": -1}, "value is -1"),
        ({"value": 2**256}, "value is"),
        ({"gas": 2**64}, r"gas is .* 2\^64 - 1"),
        ({"nonce": -3}, "nonce is -3"),
        ({"max_fee_per_gas": 2**256}, "max_fee_per_gas is"),
        ({"to": b"\x01" * 19}, "must be 20 bytes"),
        ({"sender": b""}, "must be 20 bytes"),
        ({"type_id": 5}, "type 5 is none"),
    ],
)
def test_fields_out_of_range_are_refused_before_anything_is_encoded(changes, rule):
    with pytest.raises(InvalidTransaction, match=rule):
        built(fields_of(**changes))
    assert built(fields_of(value=2**256 - 1)).value == 2**256 - 1


RAW = bytes(ACCOUNTS[0].sign_transaction({**CAPPED, **LISTED, "type": 2}).raw_transaction)
FIELDS = rlp.decode(RAW[1:])


def changed(index, value):
    return b"\x02" + rlp.encode([*FIELDS[:index], value, *FIELDS[index + 1 :]])


def test_the_unchanged_fields_decode():
    assert changed(1, FIELDS[1]) == RAW
    assert decode(RAW).nonce == 7


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "none of 1 to 4"),
        (b"\x05" + RAW[1:], "type 0x05 is none"),
        (b"\x00" + RAW[1:], "type 0x00 is none"),
        (RAW[:-1], "malformed"),
        (RAW + b"\x00", "malformed"),
        (b"\x02" + rlp.encode(FIELDS[:-1]), "11 fields"),
        (b"\x04" + RAW[1:], "12 fields"),
        (b"\x02" + rlp.encode(b"\x05" * 12), "malformed"),
        (changed(1, b"\x00\x07"), "no shortest integer"),
        (changed(1, b"\x07" * 9), "of at most 8 bytes"),
        (changed(6, b"\x07" * 33), "of at most 32 bytes"),
        (changed(5, STRANGER[1:]), "20 bytes"),
        (changed(7, [b"\x01"]), "bytes should be"),
        (changed(8, [[STRANGER]]), "malformed"),
        (changed(8, [[STRANGER, [b"\x05"]]]), "32 bytes"),
        (changed(8, [[STRANGER[1:], []]]), "20 bytes"),
        (changed(9, b"\x02"), "invalid signature: no key signed with parity 2"),
        (changed(10, b""), "invalid signature"),
        (changed(10, ORDER.to_bytes(32, "big")), "invalid signature"),
        (changed(11, (ORDER // 2 + 1).to_bytes(32, "big")), "invalid signature"),
        (changed(11, b""), "invalid signature"),
        (rlp.encode([b"\x07"] * 9), "v is 7"),
        (rlp.encode([b"\x07"] * 8), "malformed"),
    ],
)
def test_what_is_no_transaction_is_refused(raw, rule):
    with pytest.raises(InvalidTransaction, match=rule):
        decode(raw)


def test_an_impersonated_transaction_names_its_sender_and_is_refused_from_the_wire():
    one, other = (impersonate(built(fields_of()), sender) for sender in (STRANGER, BOB))
    assert one.impersonated
    assert (one.sender, other.sender) == (STRANGER, BOB)
    assert one.hash != other.hash
    with pytest.raises(InvalidTransaction, match="mark of an impersonated"):
        decode(one.encoded)


@pytest.mark.parametrize("version", [[], [b"\x01"]], ids=["EIP-4844", "EIP-7594"])
def test_a_blobs_sidecar_is_dropped_and_must_be_of_its_hashes(engine, version):
    commitment = b"\xc0" * 48
    hashed = b"\x01" + sha256(commitment).digest()[1:]
    plain = transactions.sign(built(fields_of(blob_versioned_hashes=(hashed,))), engine.keys[ALICE])
    fields = rlp.decode(plain.encoded[1:])

    def network(commitments):
        return b"\x03" + rlp.encode([fields, *version, [b"\x01" * 64], commitments, [b"\x02" * 48]])

    assert decode(network([commitment])) == decode(plain.encoded) == plain
    for foreign in ([b"\xc1" * 48], [], [commitment, commitment]):
        with pytest.raises(InvalidTransaction, match="commitments are not those"):
            decode(network(foreign))


def test_gas_before_the_first_opcode_and_the_least_limit():
    data = b"\x00" * 3 + b"\x01" * 5
    call = built(fields_of(data=data))
    assert call.intrinsic_gas == 21_000 + 3 * 4 + 5 * 16
    assert call.required_gas == 21_000 + 10 * (3 + 4 * 5)
    creation = built(fields_of(to=b"", data=b"\x01" * 33))
    assert creation.intrinsic_gas == 53_000 + 33 * 16
    assert creation.required_gas == creation.intrinsic_gas + 2 * 2
    listed = built(fields_of(data=b"", access_list=((STRANGER, (1, 2, 3)), (BOB, ()))))
    assert listed.intrinsic_gas == 21_000 + 2 * 2_400 + 3 * 1_900
    delegating = built(fields_of(data=b"", authorization_list=(Authorization(0, BOB, 1, 0, 2, 3),) * 2))
    assert delegating.intrinsic_gas == 21_000 + 2 * 25_000


@pytest.mark.parametrize(
    "changes", [{"chain_id": 5}, {"nonce": 2**64 - 1}, {"s": ORDER // 2 + 1}], ids=["chain", "nonce", "s"]
)
def test_an_authorization_of_another_chain_at_its_last_nonce_or_malleable_is_invalid(changes):
    good = Authorization(31337, STRANGER, 3, 1, 5, ORDER // 2)
    good.validate(31337)
    replace(good, chain_id=0).validate(31337)
    with pytest.raises(InvalidTransaction, match="not valid on chain 31337"):
        replace(good, **changes).validate(31337)
