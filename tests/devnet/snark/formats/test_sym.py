"""Names of signals: read, written, refused."""

import io

import pytest
from tests.circom.support import SYM

from zkrollup.snark.formats import sym
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.formats.sym import Symbol


def test_signals_have_label_wire_component_and_name():
    symbols = sym.read(SYM)
    assert len(symbols) == 71
    assert symbols[4] == Symbol(5, 5, 1, "main.prices[2]")


def test_what_is_written_is_read_again():
    file = io.BytesIO()
    sym.write(sym.read(SYM), file)
    assert file.getvalue() == SYM.read_bytes()


def test_a_wire_has_the_name_of_its_first_signal_and_removed_signals_have_none():
    symbols = [
        Symbol(3, 7, 1, "main.x"),
        Symbol(5, -1, 1, "main.gone"),
        Symbol(11, 7, 0, "main.part.in"),
        Symbol(13, 8, 0, "main.part.out"),
    ]
    assert sym.wire_names(symbols) == {7: "main.x", 8: "main.part.out"}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"2,2,1", "is not label,wire,component,name"),
        (b"2,-2,1,main.x", "is not label,wire,component,name"),
        (b"2,2,1,main.x,3", "is not label,wire,component,name"),
        (b"two,2,1,main.x", "is not label,wire,component,name"),
        (b"", "is not label,wire,component,name"),
        (b"1,2,1,main.x", "label 1 does not come after 1"),
    ],
)
def test_a_line_of_another_form_is_refused_with_its_place(tmp_path, line, rule):
    path = tmp_path / "some.sym"
    path.write_bytes(b"1,1,1,main.a\n" + line + b"\n")
    with pytest.raises(InvalidFile, match=rule) as caught:
        sym.read(path)
    assert (caught.value.section, caught.value.offset) == (None, 13)
