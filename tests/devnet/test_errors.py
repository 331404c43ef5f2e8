"""Errors of ours, as they come out of another process."""

import pickle

import pytest

from zkrollup.crypto.field import FieldRangeError
from zkrollup.operator.pool import ProofFailed
from zkrollup.snark.keys import KeyMismatch
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.prover import UnsatisfiedWitness

ERRORS = [
    UnsatisfiedWitness(7),
    KeyMismatch((501, 3, 11), (307, 5, 13)),
    FieldRangeError("amount", -3, 17),
    ProofFailed(3, UnsatisfiedWitness(5)),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_keeps_its_message_and_its_data(error):
    restored = pickle.loads(pickle.dumps(error))
    assert type(restored) is type(error)
    assert str(restored) == str(error)
    assert vars(restored).keys() == vars(error).keys() != set()
    assert repr(vars(restored)) == repr(vars(error))


def test_a_mode_is_its_name():
    assert pickle.loads(pickle.dumps(ProofMode.MOCK)) is ProofMode.MOCK
