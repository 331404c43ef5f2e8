import pytest
from tests.devnet.circuits import lies
from tests.devnet.circuits.lies import LIES
from tests.devnet.circuits.scenarios import batch
from tests.soundness.attacks import labels_with

from zkrollup.snark.satisfaction import UnsatisfiedConstraint

HONEST = [
    lies.accepted_noop,
    lies.accepted_deposit,
    lies.accepted_opening,
    lies.accepted_transfer,
    lies.accepted_withdrawal,
]


@pytest.mark.parametrize("honest", HONEST, ids=lambda f: f.__name__)
def test_what_the_lies_start_from_is_accepted(honest):
    circuit = batch(1, lies.LEVELS)
    circuit.check(circuit.witness(honest()))


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_prover_cannot_claim(lie):
    circuit = batch(1, lies.LEVELS)
    inputs = lie.inputs()
    broken = labels_with(circuit, inputs)
    wanted = f"slot[0].{lie.label}"
    assert [label for label in broken if label.startswith(wanted)], broken
    if lie.alone:
        assert len(broken) == 1, broken
    with pytest.raises(UnsatisfiedConstraint) as caught:
        circuit.check(circuit.witness(inputs))
    assert caught.value.label == broken[0]


def test_no_two_lies_share_a_name():
    assert len({lie.name for lie in LIES}) == len(LIES)
