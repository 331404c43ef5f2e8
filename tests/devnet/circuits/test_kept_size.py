"""The circuits that every installation keeps: what their files hold, and how little they take."""

import pytest
from tests.devnet.snark.samples import assert_equal

from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.circuits.claim import claim_circuit
from zkrollup.circuits.escape import escape_circuit
from zkrollup.snark import circuitfile

# zlib's fork in some builds of Python packs half as well at the fastest level, so the bounds are twice what
# was measured with zlib itself.
MOST_OF_DEFAULT_BATCH = 2_000_000
MOST_OF_SMALL = 240_000
MOST_OF_16_SLOTS = 7_100_000


@pytest.mark.parametrize(
    ("describe", "most"),
    [
        pytest.param(claim_circuit, MOST_OF_SMALL, id="claim"),
        pytest.param(lambda: escape_circuit(4), MOST_OF_SMALL, id="escape"),
        pytest.param(lambda: batch_circuit(BatchSize(3, 4)), MOST_OF_DEFAULT_BATCH, id="default batch"),
        pytest.param(
            lambda: batch_circuit(BatchSize(16, 4)),
            MOST_OF_16_SLOTS,
            id="16 slots",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_rollups_circuits_come_back_in_every_field_from_small_files(tmp_path, describe, most):
    circuit = describe()
    path = tmp_path / "kept.circuit"
    with path.open("wb") as file:
        circuitfile.write(circuit, file, "kept")
    assert path.stat().st_size < most
    assert_equal(circuit, circuitfile.read(path))


def test_the_bounds_of_the_default_circuits_add_up_to_less_than_three_megabytes():
    assert MOST_OF_DEFAULT_BATCH + 2 * MOST_OF_SMALL < 3_000_000
