"""The shared vector, held against code that knows only the written protocol: bytes, keccak and Poseidon."""

import json

import pytest
from eth_abi import encode
from eth_utils import keccak
from tests.devnet.circuits.scenarios import batch, inputs_of
from tests.soundness.attacks import labels_with
from tests.vectors.make_batch import BOB, FILE, LEVELS, QUEUE_START, SLOTS, before, executed, vector

from zkrollup.circuits.encoding import EncodingError, SlotWords, pack_operation, signed_message
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import QuadTree


@pytest.fixture(scope="module")
def stored():
    return json.loads(FILE.read_text(encoding="utf-8"))


def number(text):
    return int(text, 16)


def words_of(stored):
    header = [number(word) for word in stored["headerWords"]]
    slots = [[number(word) for word in slot] for slot in stored["slotWords"]]
    return header, slots


def test_the_stored_vector_is_what_the_code_encodes_today(stored):
    assert vector() == stored


def test_the_domain_is_the_contracts(stored):
    packed = encode(["uint256", "address", "uint256"], [stored["chainId"], stored["rollup"], 2])
    assert number(stored["domain"]) == int.from_bytes(keccak(packed), "big") >> 8


def test_the_header_stands_in_the_protocols_order(stored):
    header, slots = words_of(stored)
    empty = QuadTree(4)
    exits = empty.with_leaves((burned["slot"], number(burned["leaf"])) for burned in stored["exits"])
    expected = [exits.root, empty.root, 41, 0, 1, number(stored["domain"]), 17, 3, 77, 6, 0, 14 + 5 * 6]
    assert header[2:] == expected
    assert len(header) == 14
    assert [len(slot) for slot in slots] == [5] * 6
    assert [burned["slot"] for burned in stored["exits"]] == [1, 4]


def test_queue_slots_are_rebuilt_from_their_entries(stored):
    _, slots = words_of(stored)
    assert [entry["op"] for entry in stored["queue"]] == [1, 4, 1]
    for entry, slot in zip(stored["queue"], slots[:3], strict=True):
        account = entry["account"].to_bytes(4, "big")
        # A deposit's account receives, that of a forced withdrawal pays.
        sides = bytes(4) + account if entry["op"] == 1 else account + bytes(4)
        packed = bytes([entry["op"]]) + bytes(2) + sides + number(entry["amount"]).to_bytes(16, "big")
        assert slot == [
            int.from_bytes(packed, "big"),
            *(number(entry[name]) for name in ("owner", "token", "keyX", "keyY")),
        ]


def test_posted_data_holds_the_other_slots(stored):
    _, slots = words_of(stored)
    data = bytes.fromhex(stored["data"][2:])
    assert len(data) == 27 + 47
    assert slots[3] == [int.from_bytes(data[:27], "big"), 0, 0, 0, 0]
    assert slots[4] == [int.from_bytes(data[27:54], "big"), int.from_bytes(data[54:], "big"), 0, 0, 0]
    assert slots[5] == [0] * 5
    assert (data[0], data[27]) == (2, 3)


def test_a_fee_is_posted_as_five_bits_of_exponent_and_eleven_of_mantissa(stored):
    data = bytes.fromhex(stored["data"][2:])
    transfer, withdrawal = (int.from_bytes(data[i + 1 : i + 3], "big") for i in (0, 27))
    assert (transfer >> 11, transfer & 0x7FF) == (1, 2047)
    assert withdrawal == 0


def test_the_three_public_inputs_follow_from_words_and_data(stored):
    header, slots = words_of(stored)
    words = header + [word for slot in slots for word in slot]
    state = 0
    for start in range(0, len(words), 15):
        state = poseidon([state, *words[start : start + 15], *[0] * (15 - len(words[start : start + 15]))])
    assert state == number(stored["C"])
    covered = [state, *header, *slots[0], *slots[1], *slots[2]]
    digest = keccak(b"".join(w.to_bytes(32, "big") for w in covered) + bytes.fromhex(stored["data"][2:]))
    x = int.from_bytes(digest, "big") % R
    assert x == number(stored["x"])
    assert sum(word * pow(x, i, R) for i, word in enumerate(words)) % R == number(stored["y"])


def test_messages_bind_what_the_protocol_says(stored):
    _, slots = words_of(stored)
    domain = number(stored["domain"])
    transfer, withdrawal = stored["transfer"], stored["withdrawal"]
    assert number(withdrawal["message"]) == poseidon(
        [slots[4][0] | withdrawal["nonce"] << 216, slots[4][1], 0, 0, 0, domain]
    )
    assert number(transfer["message"]) == poseidon(
        [slots[3][0] | transfer["nonce"] << 216, 0, *BOB.public, 0xB0B, domain]
    )


def test_leaves_and_the_nullifier_are_the_protocols_hashes(stored):
    leaf, domain = stored["leaf"], number(stored["domain"])
    names = ("keyX", "keyY", "owner", "token", "balance", "nonce")
    assert number(leaf["hash"]) == poseidon([number(leaf[name]) for name in names])
    assert number(leaf["escapeNullifier"]) == poseidon([2, leaf["account"], domain])
    for burned in stored["exits"]:
        assert number(burned["id"]) == 41 * 2**16 + burned["slot"]
        fields = [number(burned[name]) for name in ("id", "recipient", "token", "amount")]
        assert number(burned["leaf"]) == poseidon(fields)
        assert number(burned["nullifier"]) == poseidon([1, fields[0], domain])


def test_no_two_values_of_the_vector_coincide(stored):
    _, slots = words_of(stored)
    values = [stored[name] for name in ("domain", "C", "x", "y")]
    values += [stored["leaf"]["hash"], stored["leaf"]["escapeNullifier"]]
    values += [burned[name] for burned in stored["exits"] for name in ("leaf", "nullifier", "amount")]
    values += [hex(word) for slot in slots for word in slot if word]
    owners = {hex(slot[1]) for slot in slots}
    assert len(set(values)) == len(values)
    assert len(owners) == 5


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((256, 0, 0, 0), "op"),
        ((2, 1 << 32, 0, 0), "sender index"),
        ((2, 0, 1 << 32, 0), "receiver index"),
        ((2, 0, 0, 1 << 128), "amount"),
        ((2, 0, 0, -1), "amount"),
    ],
)
def test_parts_that_do_not_fit_their_field_are_refused(arguments, name):
    with pytest.raises(EncodingError) as caught:
        pack_operation(*arguments)
    assert caught.value.name == name


def test_parts_of_the_operation_word_do_not_overlap():
    fullest = pack_operation(255, (1 << 32) - 1, (1 << 32) - 1, (1 << 128) - 1)
    assert fullest == (1 << 216) - 1 - (0xFFFF << 192)
    assert pack_operation(2, 3, 5, 7) == 2 << 208 | 3 << 160 | 5 << 128 | 7


def test_a_nonce_of_more_than_32_bits_is_not_signed():
    with pytest.raises(EncodingError, match="nonce"):
        signed_message(SlotWords(5), 1 << 32, (0, 0), 0, 9)


@pytest.mark.slow
def test_the_circuit_takes_the_vectors_batch(stored):
    """The third language: C, x and y are public inputs of a satisfied circuit, and no other y is."""
    domain = number(stored["domain"])
    _, trace = executed(before(), domain)
    circuit = batch(SLOTS, LEVELS)
    inputs = inputs_of(trace, domain=domain, queue_start=QUEUE_START).named()
    witness = circuit.witness(inputs)
    circuit.check(witness)
    assert circuit.public_values(witness) == tuple(number(stored[name]) for name in "Cxy")
    assert labels_with(circuit, {**inputs, "evaluation": inputs["evaluation"] ^ 1}) == ["evaluation"]
