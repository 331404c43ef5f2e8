"""Circuits survive the way through a file, and damaged files are refused."""

import hashlib
import io
import random
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from tests.devnet.snark.samples import INPUTS, assert_equal, oddly_named, product, without_constraints

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import from_ints
from zkrollup.snark import circuitfile
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuitfile import MAGIC, MOST_INFLATED, DamagedCircuitFile
from zkrollup.snark.packing import pack
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.tape import Rule


@pytest.fixture
def circuit():
    return product()


@pytest.fixture
def path(circuit, tmp_path):
    path = tmp_path / "product.circuit"
    path.write_bytes(written(circuit))
    return path


def written(circuit, name: str = "product") -> bytes:
    file = io.BytesIO()
    circuitfile.write(circuit, file, name)
    return file.getvalue()


def sealed(body: bytes) -> bytes:
    """A file whose checksum matches, whatever it holds."""
    digest = hashlib.sha256(hashlib.sha256(b"product").digest() + body)
    return MAGIC + digest.hexdigest().encode() + b"\n" + body


def holding(packed: bytes) -> bytes:
    return sealed(struct.pack("<Q", len(packed)) + zlib.compress(packed))


def require_refused(path, data: bytes, rule: str) -> None:
    path.write_bytes(data)
    with pytest.raises(DamagedCircuitFile, match=rule) as refusal:
        circuitfile.read(path)
    assert refusal.value.path == path


def is_refused(path, data: bytes) -> bool:
    path.write_bytes(data)
    try:
        circuitfile.read(path)
    except DamagedCircuitFile:
        return True
    return False


# The way there and back


@pytest.mark.parametrize("describe", [product, oddly_named, without_constraints])
def test_a_circuit_read_back_is_the_one_that_was_written_in_every_field(describe, tmp_path):
    path = tmp_path / "kept.circuit"
    path.write_bytes(written(describe(), "kept"))
    assert_equal(describe(), circuitfile.read(path))


def test_a_circuit_read_back_makes_the_same_witness(circuit, path):
    np.testing.assert_array_equal(circuitfile.read(path).witness(INPUTS), circuit.witness(INPUTS))


def test_a_circuit_read_back_refuses_what_the_original_refuses(path):
    read = circuitfile.read(path)
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        read.check(read.witness(INPUTS | {"product": 78}))
    assert refusal.value.label == "product"


def test_the_same_circuit_is_always_the_same_file():
    assert written(product()) == written(product())


def test_a_circuit_under_another_name_is_damaged(path):
    other = path.with_name("quotient.circuit")
    path.rename(other)
    with pytest.raises(DamagedCircuitFile, match="checksum"):
        circuitfile.read(other)


def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        circuitfile.read(tmp_path / "none.circuit")


# Damage that the checksum finds


def test_a_bit_that_flipped_anywhere_in_the_file_is_found(path):
    data = path.read_bytes()
    for position in range(len(data)):
        altered = bytearray(data)
        altered[position] ^= 1 << position % 8
        assert is_refused(path, bytes(altered)), position


def test_a_file_that_ends_early_is_refused_wherever_it_ends(path):
    data = path.read_bytes()
    for length in [*range(0, len(data), 5), len(data) - 1]:
        assert is_refused(path, data[:length]), length


def test_a_file_that_goes_on_is_refused(path):
    require_refused(path, path.read_bytes() + b"\0", "checksum")


def test_the_former_format_is_refused(path):
    file = io.BytesIO()
    np.savez(file, head=np.zeros(3))
    require_refused(path, file.getvalue(), "another format")


# Bytes with the right checksum that hold no circuit


def test_a_small_file_that_inflates_without_end_is_stopped_at_its_own_claim(path):
    bomb = zlib.compress(bytes(2**24), 9)
    assert len(bomb) < 2**15
    require_refused(path, sealed(struct.pack("<Q", 1000) + bomb), "does not hold the 1000 bytes")


@pytest.mark.parametrize("length", [MOST_INFLATED + 1, 2**64 - 1])
def test_a_claim_of_absurd_size_is_refused_before_anything_is_inflated(path, length):
    require_refused(path, sealed(struct.pack("<Q", length) + b"no zlib"), f"{length} bytes, which is more")


@pytest.mark.parametrize(
    ("stream", "rule"),
    [
        (b"", "does not hold"),
        (b"no zlib", "cannot be inflated"),
        (zlib.compress(bytes(40))[:-1], "does not hold"),
        (zlib.compress(bytes(39)), "does not hold"),
        (zlib.compress(bytes(41)), "does not hold"),
        (zlib.compress(bytes(40)) + b"\0", "does not hold"),
        (zlib.compress(bytes(40)), "within its counts"),
    ],
)
def test_a_stream_that_is_not_what_the_file_claims_is_refused(path, stream, rule):
    require_refused(path, sealed(struct.pack("<Q", 40) + stream), rule)


def test_a_body_too_short_for_its_length_is_refused(path):
    require_refused(path, sealed(b"\1\0"), "does not hold")


@pytest.mark.parametrize("count", range(13))
@pytest.mark.parametrize("wrong", [lambda n: 0, lambda n: n + 1, lambda n: 2**32 + n, lambda n: 2**64 - 1])
def test_a_count_that_contradicts_the_rest_is_refused(path, circuit, count, wrong):
    counts, rest = list(struct.unpack_from("<13Q", pack(circuit))), pack(circuit)[104:]
    if counts[count] == wrong(counts[count]):
        pytest.skip("which is right here")
    counts[count] = wrong(counts[count])
    require_refused(path, holding(struct.pack("<13Q", *counts) + rest), "it|they|a |no ")


@pytest.mark.parametrize(
    ("there", "instead", "rule"),
    [
        (b"product", b"produc\xff", "are no UTF-8"),
        (b"product", b"produ\xc3\xa9", "have .* characters, not the"),
        (b"product", b"produc", "have .* characters, not the"),
        (b"product", b"products", "have .* characters, not the"),
    ],
)
def test_texts_that_are_not_the_listed_ones_are_refused(path, circuit, there, instead, rule):
    require_refused(path, holding(pack(circuit).replace(there, instead, 1)), rule)


def test_other_constraints_under_the_old_digest_are_refused(path, circuit):
    circuit.r1cs.b.col[-1] -= 1
    require_refused(path, written(circuit), "not those that it names")


def test_a_name_that_two_inputs_share_is_refused(path):
    b = Builder("names")
    b.private("x1"), b.private("x2")
    require_refused(path, holding(pack(b.build()).replace(b"x2", b"x1")), "two inputs have one name")


def test_public_inputs_elsewhere_than_first_are_refused(path, circuit):
    inputs = dict(zip(circuit.inputs, (2, 1, 3), strict=True))
    require_refused(path, written(replace(circuit, inputs=inputs)), "public inputs are not the first")


@pytest.mark.parametrize("matrix", ["a", "b", "c", "hints"])
def test_a_wire_that_does_not_exist_is_refused_in_each_matrix(path, circuit, matrix):
    holder = circuit.tape if matrix == "hints" else circuit.r1cs
    getattr(holder, matrix).col[-1] = circuit.r1cs.n_wires
    require_refused(path, written(circuit), f"a wire of matrix {matrix}")


@pytest.mark.parametrize("matrix", ["a", "b", "c", "hints"])
@pytest.mark.parametrize("change", [1, -1])
def test_rows_that_have_more_or_fewer_terms_than_there_are_are_refused(path, circuit, matrix, change):
    holder = circuit.tape if matrix == "hints" else circuit.r1cs
    rows = getattr(holder, matrix).ptr
    row = int(np.argmax(np.diff(rows)))
    rows[row + 1 :] += change
    require_refused(path, written(circuit), f"rows of matrix {matrix}")


@pytest.mark.parametrize("number", [R, 2**256 - 1])
def test_coefficients_outside_the_field_are_refused(path, circuit, number):
    circuit.r1cs.a.val[0] = from_ints([number])[0]
    require_refused(path, written(circuit), "a coefficient is not below r")


def test_a_window_outside_the_field_is_refused(path, circuit):
    circuit.tape.lowers[0] = from_ints([R])[0]
    require_refused(path, written(circuit), "lower end is not below r")


def set_step(circuit, rule, **values):
    step = int(np.flatnonzero(circuit.tape.rules == rule)[0])
    for name, value in values.items():
        getattr(circuit.tape, name)[step] = value


@pytest.mark.parametrize(
    ("rule", "row"), [(Rule.PRODUCT, 4), (Rule.QUOTIENT, 2), (Rule.BITS, 3), (Rule.BITS, 2**32 - 1)]
)
def test_a_step_that_reads_a_row_that_does_not_exist_is_refused(path, circuit, rule, row):
    assert (circuit.n_constraints, len(circuit.tape.hints.ptr) - 1) == (4, 3)
    set_step(circuit, rule, rows=row)
    require_refused(path, written(circuit), "reads no row")


def test_a_step_of_no_rule_is_refused(path, circuit):
    set_step(circuit, Rule.QUOTIENT, rules=3)
    require_refused(path, written(circuit), "a step's rule is 3")


@pytest.mark.parametrize(
    ("extra", "rule"),
    [
        (4 | 253 << 16, "last bit"),
        (257, "last bit"),
        (4 | 1 << 32, "window"),
        (4 | -1 << 32, "window"),
        (3, "do not give"),
        (5, "do not give"),
    ],
)
def test_bits_that_lead_outside_a_value_a_window_or_the_wires_are_refused(path, circuit, extra, rule):
    set_step(circuit, Rule.BITS, extras=extra)
    require_refused(path, written(circuit), rule)


@pytest.mark.parametrize(
    ("wire", "rule"), [(0, "twice"), (1, "twice"), (5, "twice"), (10, "end of"), (2**32 - 1, "end of")]
)
def test_a_step_that_writes_another_wire_than_its_own_is_refused(path, circuit, wire, rule):
    set_step(circuit, Rule.QUOTIENT, wires=wire)
    require_refused(path, written(circuit), rule)


def test_bytes_altered_at_random_under_a_right_checksum_never_raise_anything_else(path, circuit):
    packed, chance = pack(circuit), random.Random(71)
    refused = 0
    for position in range(0, len(packed), 3):
        altered = bytearray(packed)
        altered[position] ^= chance.randrange(1, 256)
        refused += is_refused(path, holding(bytes(altered)))
    assert refused > len(packed) // 3 // 2  # the others are letters of names, or lines of sources
