"""Files with any bytes changed, cut or added: they are read as before, or refused by the errors for it."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.circom.support import R1CS, SYM, ZKEY

from zkrollup.kernels.limbs import from_ints
from zkrollup.snark.formats import r1cs, sym, wtns, zkey
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.keys import InvalidKey


def witness_file():
    file = io.BytesIO()
    wtns.write(from_ints([1, 501, 0, 7]), file)
    return file.getvalue()


FORMATS = {
    "r1cs": (r1cs.read, R1CS.read_bytes()),
    "sym": (sym.read, SYM.read_bytes()),
    "wtns": (wtns.read, witness_file()),
    "zkey": (zkey.read, ZKEY.read_bytes()),
}


@st.composite
def damages(draw, size):
    """A place, how many bytes go, and what comes instead; half of them where headers are."""
    start = draw(st.one_of(st.integers(0, min(size, 700)), st.integers(0, size)))
    return start, draw(st.integers(0, 9)), draw(st.binary(max_size=9))


@pytest.mark.parametrize("kind", FORMATS)
def test_damage_is_noticed_or_harmless(kind, tmp_path):
    read, whole = FORMATS[kind]
    path = tmp_path / f"damaged.{kind}"
    refused = []

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(damages(len(whole)))
    def try_it(damage):
        start, gone, come = damage
        path.write_bytes(whole[:start] + come + whole[start + gone :])
        try:
            read(path)
        except (InvalidFile, InvalidKey) as error:
            refused.append(error)

    try_it()
    assert refused
