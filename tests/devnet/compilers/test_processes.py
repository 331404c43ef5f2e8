"""Programs that are run: what they say comes out, whatever its encoding."""

import sys

import pytest

from zkrollup.compilers import processes
from zkrollup.compilers.errors import CompilerCrashed

SAYS = "import sys; sys.{stream}.buffer.write(b'caf\\xe9 \\xc3\\xa4'); sys.exit(3)"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_is_no_utf8_hides_nothing_that_is(stream):
    done = processes.run("a program", [sys.executable, "-c", SAYS.format(stream=stream)])
    said, silent = (done.output, done.errors) if stream == "stdout" else (done.errors, done.output)
    assert (done.code, said, silent) == (3, "caf\N{REPLACEMENT CHARACTER} ä", "")


def test_a_program_that_cannot_be_started_is_named(tmp_path):
    with pytest.raises(CompilerCrashed, match="a program"):
        processes.run("a program", [str(tmp_path / "nowhere")])


def test_a_first_line_that_is_no_utf8_is_a_line():
    program = "import sys; sys.stdout.buffer.write(b'v1 \\xe9\\nmore')"
    assert processes.first_line(sys.executable, "-c", program) == "v1 \N{REPLACEMENT CHARACTER}"
