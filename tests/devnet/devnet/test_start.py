"""What a Devnet starts with is checked before circuits and keys are made."""

import pytest

from zkrollup.arguments import WrongArgument
from zkrollup.devnet import Devnet
from zkrollup.operator.prover import Prover
from zkrollup.snark.maker import ProofMaker
from zkrollup.snark.modes import ProofMode


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("mode", each) for each in ("none", "MOCK", None, True)),
        *(("size", each) for each in (3, (3, 4), "3x4")),
        *(("accounts", each) for each in ("5", -1, 0, 2.0, None)),
    ],
)
def test_a_wrong_argument_is_named_before_anything_is_made(monkeypatch, name, wrong):
    monkeypatch.setattr(Prover, "__init__", lambda *_: pytest.fail("circuits were made"))
    with pytest.raises(WrongArgument, match=f"^{name}=.*: pass ") as refusal:
        Devnet.start(**{"mode": ProofMode.MOCK, name: wrong})
    assert refusal.value.argument == name


@pytest.mark.parametrize("mode", list(ProofMode))
def test_a_mode_may_be_given_by_its_name(mode):
    maker = ProofMaker(str.__str__(mode.value))
    assert maker.mode is mode


def test_a_devnet_that_is_started_with_mocks_by_name_mocks():
    devnet = Devnet.start(mode="mock", accounts=3)
    assert devnet.rollup.prover.mode is ProofMode.MOCK
