"""Circuits survive the way through a file, and damaged files are refused."""

import numpy as np
import pytest

from zkrollup.snark import circuitfile
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.circuitfile import DamagedCircuitFile
from zkrollup.snark.satisfaction import UnsatisfiedConstraint


@pytest.fixture
def circuit() -> Circuit:
    b = Builder("product")
    product = b.public("product")
    with b.scope("factors"):
        left, right = b.private("left"), b.private("right")
    bits = b.unconstrained_bits(left, 4, lower=3)
    b.enforce_equal(Builder.binary_sum(bits), left, "left.bits")
    b.enforce(left, right, product, "product")
    return b.build()


@pytest.fixture
def path(circuit, tmp_path):
    path = tmp_path / "product.npz"
    with path.open("wb") as file:
        circuitfile.write(circuit, file)
    return path


INPUTS = {"product": 77, "factors.left": 7, "factors.right": 11}


def test_a_circuit_read_back_is_the_one_that_was_written(circuit, path):
    read = circuitfile.read(path)
    assert (read.name, read.digest, read.inputs) == (circuit.name, circuit.digest, circuit.inputs)
    assert (read.labels, read.origins) == (circuit.labels, circuit.origins)
    assert read.n_constraints == circuit.n_constraints


def test_a_circuit_read_back_makes_the_same_witness(circuit, path):
    np.testing.assert_array_equal(circuitfile.read(path).witness(INPUTS), circuit.witness(INPUTS))


def test_a_circuit_read_back_refuses_what_the_original_refuses(path):
    read = circuitfile.read(path)
    with pytest.raises(UnsatisfiedConstraint) as refusal:
        read.check(read.witness(INPUTS | {"product": 78}))
    assert refusal.value.label == "product"


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(DamagedCircuitFile, match=r"product\.npz"):
        circuitfile.read(path)


def test_other_constraints_under_the_old_digest_are_refused(circuit, path):
    arrays = dict(np.load(path))
    arrays["b.col"][-1] -= 1
    np.savez(path, **arrays)
    with pytest.raises(DamagedCircuitFile, match="not those that it names"):
        circuitfile.read(path)


def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        circuitfile.read(tmp_path / "none.npz")
