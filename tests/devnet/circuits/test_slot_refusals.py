import pytest
from tests.devnet.circuits.fee_lies import FEE_LIES
from tests.devnet.circuits.forced_lies import FORCED_LIES
from tests.devnet.circuits.lies import LIES
from tests.devnet.circuits.lying import HONEST, LEVELS, located
from tests.devnet.circuits.scenarios import batch

from zkrollup.snark.satisfaction import UnsatisfiedConstraint

ALL = [*LIES, *FORCED_LIES, *FEE_LIES]


@pytest.mark.parametrize("honest", HONEST, ids=lambda f: f.__name__)
def test_what_the_lies_start_from_is_accepted(honest):
    circuit = batch(1, LEVELS)
    circuit.check(circuit.witness(honest()))


@pytest.mark.parametrize("lie", ALL, ids=str)
def test_a_prover_cannot_claim(lie):
    circuit = batch(1, LEVELS)
    with pytest.raises(UnsatisfiedConstraint) as caught:
        circuit.check(lie.witness())
    broken = [circuit.labels[row] for row in caught.value.rows]
    assert [label for label in broken if label.startswith(located(lie.label))], broken
    if lie.alone:
        assert len(broken) == 1, broken
    assert caught.value.label == broken[0]


def test_no_two_lies_share_a_name():
    assert len({lie.name for lie in ALL}) == len(ALL)
