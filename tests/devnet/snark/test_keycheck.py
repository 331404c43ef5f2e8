"""Keys against powers of tau: each point of a right key passes, one wrong point in any part is refused."""

import dataclasses
import hashlib

import numpy as np
import pytest
from tests.devnet.snark.powers import DELTA, key_of, truncated, write_ptau

from zkrollup.crypto.field import P
from zkrollup.crypto.pairing import g1_negate
from zkrollup.kernels.limbs import from_montgomery, montgomery
from zkrollup.snark import qap
from zkrollup.snark.builder import Builder
from zkrollup.snark.ceremony import KeyCheck, KeyDigestMismatch, read_key
from zkrollup.snark.formats import ptau, zkey
from zkrollup.snark.formats.ptau import TooFewPowers
from zkrollup.snark.formats.sections import InvalidFile, integers, prime
from zkrollup.snark.keycheck import KeyNotOfCircuit, require_made_from

LOG = 3


def described(*, weak):
    """y = x^2 and z = x^2, y public. Weak: both rows say z = x^2, so that y is anything."""
    b = Builder("square")
    y = b.public("y")
    x, z = b.private("x"), b.private("z")
    b.enforce(x, x, z, "first")
    b.enforce(x, x, z if weak else y, "second")
    b.enforce(x, z, b.private("cube"), "third")
    return b.build()


CIRCUIT = described(weak=False)


@pytest.fixture(scope="module")
def key():
    return key_of(CIRCUIT.r1cs)


@pytest.fixture(scope="module", params=[LOG, LOG + 2], ids=["of its size", "larger"])
def powers(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("powers") / "tau.ptau"
    return ptau.read(write_ptau(path, request.param), LOG)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return write_ptau(tmp_path_factory.mktemp("powers") / "large.ptau", LOG + 1)


def written(key, system, path):
    with path.open("wb") as file:
        zkey.write(key, system, file)
    return path


def test_the_key_of_the_circuit_passes(key, large):
    assert key.log_size == LOG
    require_made_from(key, CIRCUIT.r1cs, ptau.read(large, LOG))


def test_a_key_from_powers_of_just_its_size_passes_against_those_and_larger_ones(key, powers):
    require_made_from(truncated(key), CIRCUIT.r1cs, powers)


def test_a_key_from_larger_powers_is_refused_against_those_of_just_its_size_with_what_to_give(key, tmp_path):
    exact = ptau.read(write_ptau(tmp_path / "exact.ptau", LOG), LOG)
    with pytest.raises(KeyNotOfCircuit, match=r"key's H .* or a larger one"):
        require_made_from(key, CIRCUIT.r1cs, exact)


def negated(rows, number):
    """A copy in which one point is minus that, so that it is still in its group."""
    out = rows.copy()
    half = rows.shape[1] // 2
    y = [-each % P for each in from_montgomery(out[number, half:], P)]
    out[number, half:] = montgomery(y, P).reshape(-1)
    assert (out != rows).any()
    return out


def with_vk(key, **fields):
    return dataclasses.replace(key, vk=dataclasses.replace(key.vk, **fields))


def with_ic(key, number):
    ic = list(key.vk.ic)
    ic[number] = g1_negate(ic[number])
    return with_vk(key, ic=tuple(ic))


def with_row(key, name, number):
    return dataclasses.replace(key, **{name: negated(getattr(key, name), number)})


def other_g2(key):
    return key.vk.beta


N_PRIVATE = 3
WRONG = [
    *(("A", lambda key, i=i: with_row(key, "a", i)) for i in range(2)),
    *(("B1", lambda key, i=i: with_row(key, "b1", i)) for i in range(2)),
    *(("B2", lambda key, i=i: with_row(key, "b2", i)) for i in range(2)),
    *(("C", lambda key, i=i: with_row(key, "c", i)) for i in range(N_PRIVATE)),
    *(("H", lambda key, i=i: with_row(key, "c", N_PRIVATE + i)) for i in (0, 3, 7)),
    *(("IC", lambda key, i=i: with_ic(key, i)) for i in range(2)),
    ("alpha", lambda key: with_row(key, "a", -2)),
    ("alpha", lambda key: with_vk(key, alpha=g1_negate(key.vk.alpha))),
    ("beta", lambda key: with_row(key, "b1", -2)),
    ("beta", lambda key: with_row(key, "b2", -2)),
    ("beta", lambda key: with_vk(key, beta=key.vk.gamma)),
    ("gamma", lambda key: with_vk(key, gamma=other_g2(key))),
    ("delta", lambda key: with_row(key, "a", -1)),
    ("delta", lambda key: with_row(key, "b1", -1)),
    ("delta", lambda key: with_row(key, "b2", -1)),
    ("delta", lambda key: with_row(key, "c", -1)),
    ("delta", lambda key: with_vk(key, delta=other_g2(key))),
]


@pytest.mark.parametrize(("part", "change"), WRONG, ids=[f"{part}-{i}" for i, (part, _) in enumerate(WRONG)])
def test_one_wrong_point_is_refused_with_its_part(key, large, part, change):
    with pytest.raises(KeyNotOfCircuit) as caught:
        require_made_from(change(key), CIRCUIT.r1cs, ptau.read(large, LOG))
    assert caught.value.part == part


@pytest.mark.parametrize("n_constraints", [5, 6], ids=["with a row left", "full"])
def test_a_key_without_the_highest_power_passes_as_rows_without_b_and_c_keep_it_sound(
    tmp_path, n_constraints
):
    b = Builder("chain")
    y, x = b.public("y"), b.private("x")
    for i in range(n_constraints - 1):
        x = b.multiply(x, x, f"square {i}")
    b.enforce(x, x, y, "last")
    system = b.build().r1cs
    a, *others = qap.matrices(system)
    assert (qap.log_size(system), len(a.ptr) - 1) == (LOG, n_constraints + 2)
    assert {len(each.ptr) - 1 for each in others} == {n_constraints}
    powers = ptau.read(write_ptau(tmp_path / "tau.ptau", LOG), LOG)
    short = truncated(key_of(system))
    require_made_from(short, system, powers)
    changed = short.c.copy()
    changed[-2] = changed[-3]
    with pytest.raises(KeyNotOfCircuit, match="key's H"):
        require_made_from(dataclasses.replace(short, c=changed), system, powers)


def test_two_wrong_points_whose_sum_is_right_are_refused(key, large):
    c = key.c.copy()
    c[[0, 1]] = c[[1, 0]]
    with pytest.raises(KeyNotOfCircuit, match="key's C"):
        require_made_from(dataclasses.replace(key, c=c), CIRCUIT.r1cs, ptau.read(large, LOG))


def test_the_key_of_a_circuit_with_another_c_is_refused(large, tmp_path):
    weak = described(weak=True).r1cs
    path = written(key_of(weak), weak, tmp_path / "weak.zkey")
    assert read_key(path, CIRCUIT.r1cs).check is KeyCheck.NOTHING
    with pytest.raises(KeyNotOfCircuit, match=r"large\.ptau"):
        read_key(path, CIRCUIT.r1cs, ptau=large)


def test_powers_of_another_tau_are_refused(key, tmp_path):
    other = write_ptau(tmp_path / "other.ptau", LOG, tau=0x77777)
    with pytest.raises(KeyNotOfCircuit, match=r"the key's A is not what other\.ptau gives"):
        require_made_from(key, CIRCUIT.r1cs, ptau.read(other, LOG))


def test_a_key_from_a_file_is_as_good_as_what_was_checked_of_it(key, large, tmp_path):
    path = written(key, CIRCUIT.r1cs, tmp_path / "key.zkey")
    assert read_key(path, CIRCUIT.r1cs).check is KeyCheck.NOTHING
    assert read_key(path, CIRCUIT.r1cs, ptau=large).check is KeyCheck.POWERS


def test_a_file_of_another_digest_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "key.zkey"
    path.write_bytes(b"no key at all")
    with pytest.raises(KeyDigestMismatch, match="not the stated 'ab12'"):
        read_key(path, CIRCUIT.r1cs, sha256="ab12")


def test_the_bytes_whose_digest_was_checked_are_those_that_are_read(key, tmp_path, monkeypatch):
    path = written(key, CIRCUIT.r1cs, tmp_path / "key.zkey")
    other = written(key_of(CIRCUIT.r1cs, delta=DELTA + 1), CIRCUIT.r1cs, tmp_path / "other.zkey")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    real = hashlib.sha256, hashlib.file_digest

    def swapped(hashed):
        other.replace(path)
        return hashed

    monkeypatch.setattr(hashlib, "sha256", lambda content: swapped(real[0](content)))
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: swapped(real[1](*given)))
    found = read_key(path, CIRCUIT.r1cs, sha256=digest)
    assert not other.exists()
    assert found.zkey.key.vk.delta == key.vk.delta


# Files of powers


def test_powers_for_smaller_circuits_are_refused(tmp_path):
    small = write_ptau(tmp_path / "small.ptau", LOG - 1)
    with pytest.raises(TooFewPowers, match=r"2\^2 rows, this one has 2\^3"):
        ptau.read(small, LOG)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({1: [prime(P - 2), integers(LOG, LOG)]}, "field of coordinates"),
        ({2: [bytes(64 * 15)]}, "not G1's generator"),
        ({3: [bytes(128 * 8)]}, "not G2's generator"),
        ({4: [b"\1" * 64 * 8]}, "off the curve"),
        ({5: [bytes(64 * 3)]}, "bytes are needed"),
        ({6: [bytes(64)]}, "1 points"),
    ],
)
def test_files_that_hold_no_powers_are_refused(tmp_path, changed, problem):
    path = write_ptau(tmp_path / "bad.ptau", LOG, changed=changed)
    with pytest.raises(InvalidFile, match=problem):
        ptau.read(path, LOG)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.ptau"
    path.write_bytes(b"")
    with pytest.raises(InvalidFile, match="header"):
        ptau.read(path, LOG)


def test_only_as_many_powers_are_read_as_a_circuit_needs(large):
    assert [len(getattr(ptau.read(large, 1), name)) for name in ("tau1", "tau2", "alpha", "beta")] == [
        4,
        2,
        2,
        2,
    ]
    assert np.shape(ptau.read(large, LOG + 1).tau1) == (31, 8)


def test_another_delta_is_as_good(large):
    require_made_from(key_of(CIRCUIT.r1cs, delta=DELTA + 2), CIRCUIT.r1cs, ptau.read(large, LOG))
