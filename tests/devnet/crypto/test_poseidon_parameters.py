import hashlib

import pytest

from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import UnsupportedWidth, parameters

# circomlib's table, from its circuits/poseidon.circom.
PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]


def grain(t, partial_rounds):
    """The Grain LFSR bit by bit, as the reference script runs it."""
    seed = f"{1:02b}{0:04b}{254:012b}{t:012b}{8:010b}{partial_rounds:010b}" + "1" * 30
    state = [int(bit) for bit in seed]

    def clock():
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.pop(0)
        state.append(bit)
        return bit

    for _ in range(160):
        clock()
    while True:
        while not clock():
            clock()
        yield clock()


def sample(bits):
    return int("".join(str(next(bits)) for _ in range(254)), 2)


def derive_bit_by_bit(t):
    bits = grain(t, PARTIAL_ROUNDS[t - 2])
    constants = []
    while len(constants) < t * (8 + PARTIAL_ROUNDS[t - 2]):
        value = sample(bits)
        if value < R:
            constants.append(value)
    points = [sample(bits) % R for _ in range(2 * t)]
    return constants, [[pow(x + y, -1, R) for y in points[t:]] for x in points[:t]]


@pytest.mark.parametrize("t", [2, 3, 5, 7, 17])
def test_jumping_ahead_gives_the_constants_of_the_plain_register(t):
    constants, mds = derive_bit_by_bit(t)
    p = parameters(t)
    assert list(p.round_constants) == constants
    assert [list(row) for row in p.mds] == mds


@pytest.mark.parametrize("t", range(2, 18))
def test_every_width_has_the_rounds_of_circomlib_and_reduced_constants(t):
    p = parameters(t)
    assert (p.t, p.full_rounds, p.partial_rounds) == (t, 8, PARTIAL_ROUNDS[t - 2])
    assert len(p.round_constants) == t * (8 + p.partial_rounds)
    assert all(0 <= constant < R for constant in p.round_constants)
    assert len(set(p.round_constants)) == len(p.round_constants)


def test_published_constants_of_width_three_hold():
    # circomlib, circuits/poseidon_constants.circom
    p = parameters(3)
    assert p.round_constants[0] == 0x0EE9A592BA9A9518D05986D656F40C2114C4993C11BB29938D21D47304CD8E6E
    assert p.mds[0][0] == 0x109B7F411BA0E4C9B2B70CAF5C36A7B194BE7C11AD24378BFEDB68592BA8118B


def test_the_constants_of_all_widths_hash_to_those_that_circomlibjs_publishes():
    digest = hashlib.sha256()
    for t in range(2, 18):
        p = parameters(t)
        for value in (*p.round_constants, *(entry for row in p.mds for entry in row)):
            digest.update(value.to_bytes(32))
    # The same hash over src/poseidon_constants.json of circomlibjs 0.1.7.
    assert digest.hexdigest() == "5243c148ce09f35ab26d165cebb81c7effd00e89f3c0ae46df35177bebee4135"


@pytest.mark.parametrize("t", [0, 1, 18])
def test_other_widths_are_refused_by_name(t):
    with pytest.raises(UnsupportedWidth, match="2 to 17") as refusal:
        parameters(t)
    assert refusal.value.width == t
