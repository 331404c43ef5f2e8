"""Forged witnesses: a bound wire is told by the constraint that binds it, a free one is called so."""

import numpy as np
import pytest
from tests.circom.support import R1CS, SYM, WASM, files_of

from zkrollup.crypto.field import R
from zkrollup.devnet import Library, Zk
from zkrollup.evm import Chain
from zkrollup.snark.builder import Builder
from zkrollup.snark.forging import NothingForged
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.satisfaction import InputError
from zkrollup.snark.signals import NamelessSignals, UnknownSignal

INPUTS = {"prices": [7, 11, 13], "quantities": [[3, 5, 0], [2, 0, 17]]}
IS_ZERO = {"x": 2, "out": 0, "inv": (R + 1) // 2}


@pytest.fixture(scope="module")
def zk():
    return Zk(Chain(), Library(mode=ProofMode.FRESH))


@pytest.fixture(scope="module")
def invoice(zk):
    return zk.circuit(r1cs=R1CS, wasm=WASM, sym=SYM)


@pytest.fixture(scope="module")
def is_zero(zk):
    """The textbook's gadget without its second rule, x * out = 0; and a wire that no rule reads."""
    b = Builder("is_zero")
    x, out, inv = b.public("x"), b.private("out"), b.private("inv")
    b.private("note")
    b.enforce(x, inv, 1 - out, "out is 1 - x inv")
    return zk.circuit(b.build())


def test_a_bound_signal_is_told_by_the_constraint_that_binds_it(invoice):
    forged = invoice.forge(INPUTS, {"main.owed[0]": 77})
    assert not forged.holds
    assert "main.owed[0]" in forged.broken.values
    assert (forged.values, forged.honest) == ({"main.owed[0]": 77}, {"main.owed[0]": 76})


def test_every_signal_of_the_example_is_bound(invoice):
    honest = invoice.signals(INPUTS)
    free = [name for name in honest if invoice.forge(INPUTS, {name: honest[name] + 2}).holds]
    assert free == []


def test_a_wire_that_no_constraint_reads_is_free(is_zero):
    forged = is_zero.forge(IS_ZERO | {"note": 5}, {"note": 99})
    assert forged.holds
    assert forged.broken is None
    assert repr(forged) == "<Forged note = 99 for 5: all constraints of is_zero hold, this wire is FREE>"


def test_wires_that_are_free_together_are_found_together(is_zero):
    """That 2 is zero: out = 1 with inv = 0."""
    inputs = IS_ZERO | {"note": 5}
    assert not is_zero.forge(inputs, {"out": 1}).holds
    assert not is_zero.forge(inputs, {"inv": 0}).holds
    forged = is_zero.forge(inputs, {"out": 1, "inv": 0})
    assert forged.holds
    assert is_zero.circuit.public_values(forged.witness) == (2,)


def test_the_repr_of_a_refused_one_names_the_constraint(is_zero):
    forged = is_zero.forge(IS_ZERO | {"note": 5}, {"out": 1})
    assert repr(forged) == "<Forged out = 1 for 0: refused by constraint 'out is 1 - x inv' of is_zero>"


def test_a_negative_number_stands_for_r_less_its_size(is_zero):
    assert is_zero.forge(IS_ZERO | {"note": 5}, {"note": -3}).values == {"note": R - 3}
    assert is_zero.forge(IS_ZERO | {"note": 5}, {"note": np.int64(7)}).values == {"note": 7}


@pytest.mark.parametrize("value", [1.5, "x", None, True, R, -R])
def test_what_is_no_number_is_refused_by_signal(is_zero, value):
    with pytest.raises(InputError, match="'note'"):
        is_zero.forge(IS_ZERO | {"note": 5}, {"note": value})


@pytest.mark.parametrize("values", [{}, {"note": 5}, {"note": 5 - R, "out": "0"}])
def test_forging_nothing_is_refused(is_zero, values):
    with pytest.raises(NothingForged, match="changes nothing"):
        is_zero.forge(IS_ZERO | {"note": 5}, values)


def test_signals_that_are_not_there_are_refused_with_those_that_are(invoice, is_zero, zk):
    with pytest.raises(UnknownSignal, match=r"there is .*main\.owed\[0\]"):
        invoice.forge(INPUTS, {"main.owed": 77})
    with pytest.raises(UnknownSignal, match="there is out"):
        is_zero.forge(IS_ZERO | {"note": 5}, {"ou": 77})
    unused = zk.circuit(**files_of("unused"))
    with pytest.raises(UnknownSignal, match="took it out of the constraints"):
        unused.forge({"key": 3, "note": 5, "path": [7, 11, 13]}, {"main.note": 6})


def test_without_names_there_is_nothing_to_forge(zk):
    nameless = zk.circuit(r1cs=R1CS, wasm=WASM)
    with pytest.raises(NamelessSignals, match="sym="):
        nameless.forge(INPUTS, {"main.owed[0]": 77})
