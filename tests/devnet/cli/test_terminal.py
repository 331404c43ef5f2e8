"""What terminals get: no number is cut in narrow ones, and plain ones get plain text."""

import io
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.table import Table
from tests.devnet import faults

from zkrollup.circuits.batch import BatchSize
from zkrollup.cli import terminal
from zkrollup.cli.main import main
from zkrollup.cli.render import print_closing, print_opening, print_steps
from zkrollup.cli.story import Story
from zkrollup.devnet import Devnet
from zkrollup.snark.modes import ProofMode

NUMBER = re.compile(r"(?<![\w.,…])(?:(?>\d{1,3}(?:,\d{3})*(?:\.\d+)?)|\d{60,}|0x[0-9a-fA-F]{40})(?![\w…])")
"""As tables write it: with separators, or as a long word. Roots are shortened and data folded on purpose."""

SMALL = ("--slots", "1", "--levels", "1", "--proofs", "mock")
STEPS = 10


def numbers(text):
    """All numbers, each once."""
    return sorted(set(NUMBER.findall(text)))


# One story in several widths


@pytest.fixture(scope="module")
def story():
    told = Story(Devnet.start(size=BatchSize(1, 1), mode=ProofMode.MOCK))
    return told.opening, list(told.steps())


def rendered(story, width):
    opening, steps = story
    console = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    print_opening(console, "1.2.3", opening)
    print_steps(console, iter(steps))
    print_closing(console, opening, steps, 3.25)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [79, 60, 47, 31])
def test_a_narrow_terminal_shows_each_number_that_a_wide_one_shows(story, width):
    wide = rendered(story, 140)
    assert len(numbers(wide)) > 50
    assert numbers(rendered(story, width)) == numbers(wide)


def test_the_check_sees_a_number_that_is_cut_or_broken():
    assert numbers("  9,994.98… 12 0x8ce361602B935680E8DeC218b820ff5056BeB7…") == ["12"]
    assert numbers("  9,994.98\n9909 ") != numbers("  9,994.989909 ")


def test_sixty_columns_are_enough_for_all_but_what_is_there_to_be_copied(story):
    longer = [line.rstrip() for line in rendered(story, 60).splitlines() if len(line.rstrip()) > 60]
    assert len(longer) == 1
    assert "refused: AlreadyClaimed(nullifier=" in longer[0]


def test_a_wide_terminal_has_both_tokens_in_one_table_and_a_narrow_one_has_two(story):
    assert re.search(r"balances +ETH before +after +TEST before +after", rendered(story, 100))
    assert re.search(r"balances +TEST before +after", rendered(story, 60))


# The demo in a process of its own, with a terminal


@pytest.fixture(scope="module")
def in_a_terminal():
    """Runs the command with a terminal of 60 columns, and returns what that was sent."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")

    def run(*arguments, **variables):
        ours, theirs = pty.openpty()
        plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        process = subprocess.Popen(
            [sys.executable, "-m", "zkrollup", *arguments],
            env=plain | {"COLUMNS": "60", "TERM": "xterm-256color"} | variables,
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        sent = b""
        try:
            while chunk := os.read(ours, 65536):
                sent += chunk
        except OSError:  # as Linux says that the other end is closed
            pass
        os.close(ours)
        assert process.wait(60) == 0, sent.decode()
        return sent.decode()

    return run


@pytest.fixture(scope="module")
def plain_run(in_a_terminal):
    """One run with real proofs, for several looks."""
    return in_a_terminal("demo", NO_COLOR="1")


def test_no_color_leaves_no_escape_code_no_spinner_and_no_bar(plain_run):
    assert "\x1b" not in plain_run
    assert "\r" not in plain_run.replace("\r\n", "")
    assert "step 1" not in plain_run
    assert not set("⠋⠙⠹━╸") & set(plain_run)


def test_the_whole_story_is_there_at_sixty_columns_and_nothing_is_cut(plain_run):
    lines = [line.rstrip() for line in plain_run.splitlines()]
    assert [line.split()[0] for line in lines if re.match(r"\d+  [a-z ]+ ─", line)] == [
        str(number) for number in range(1, STEPS + 1)
    ]
    cut = [line for line in lines if re.search(r"[\d,.a-fA-F]…$", line)]
    assert cut == []
    assert re.search(r"alice, L1 +10,000 +9,99\d\.\d+$", "\n".join(lines), re.MULTILINE)
    assert re.search(r"proofs in all +6, made in \d+\.\d\d s", plain_run)


def test_a_terminal_that_can_shows_colours_and_that_work_goes_on(in_a_terminal):
    shown = in_a_terminal("demo", *SMALL)
    assert "\x1b[1m" in shown  # bold
    assert "step 3" in shown


def test_a_dumb_terminal_gets_plain_text(in_a_terminal):
    shown = in_a_terminal("demo", *SMALL, TERM="dumb")
    assert "\x1b" not in shown
    assert "MOCK PROOFS: nothing is proved" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("variables", "is_plain"),
    [
        ({"TERM": "xterm"}, False),
        ({}, False),
        ({"NO_COLOR": ""}, False),  # as https://no-color.org has it
        ({"NO_COLOR": "1"}, True),
        ({"NO_COLOR": "0"}, True),
        ({"TERM": "dumb"}, True),
        ({"TERM": "UNKNOWN"}, True),
    ],
)
def test_a_plain_console_is_asked_for_by_the_environment(variables, is_plain):
    assert terminal.is_plain(variables) is is_plain


@pytest.mark.parametrize("forced", [{"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}], ids=str)
def test_a_file_gets_no_bars_even_where_colours_are_forced(monkeypatch, forced):
    for name, value in forced.items():
        monkeypatch.setenv(name, value)
    console = terminal.console()
    assert not console.is_interactive
    assert console.is_terminal is ("NO_COLOR" not in forced)


def test_a_file_gets_no_blanks_at_the_ends_of_lines(capsys):
    console = terminal.console()
    table = Table("word", "number", box=None)
    table.add_row("a short one", "7")
    table.add_row("one that is longer", "1,009")
    console.print(table)
    console.print("two  blanks  inside, and at the end of what comes in parts  ", end="")
    console.print("here  ")
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []
    assert shown.endswith("two  blanks  inside, and at the end of what comes in parts  here\n")
    assert "longer" in shown


def all_commands(group, path=()):
    """Each command's name, with those of the groups that it is in."""
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from all_commands(command, (*path, name))


@pytest.mark.parametrize("path", list(all_commands(main)), ids=" ".join)
def test_the_help_of_every_command_is_plain_and_fits_into_sixty_columns(path):
    shown = CliRunner().invoke(main, [*path, "--help"], terminal_width=60).output
    assert shown.startswith(f"Usage: {' '.join(('main', *path))}")
    for line in shown.splitlines():
        assert line == line.rstrip()
        assert line.isprintable()
        assert len(line) <= 60 or len(line.split()) <= 2, line  # one long word and what it belongs to


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ((), "Lock, mint, transfer, prove, burn, prove, unlock: the main job, step by step."),
        (
            (),
            "Compile kernels, describe circuits and make TEST keys now, for all later runs on",
        ),
        (("verifier",), "Print code, in hex, that deploys a verifier without any compiler."),
    ],
)
def test_a_groups_help_cuts_no_sentence_of_its_commands(path, sentence):
    shown = CliRunner().invoke(main, [*path, "--help"], terminal_width=60).output
    assert sentence in " ".join(shown.split())
    assert "..." not in shown.partition("Commands:")[2]


def test_an_old_code_page_ends_no_command():
    code = "from zkrollup.cli.terminal import console; console().print('cut…off ─ 17')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONIOENCODING": "cp437"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert b"17" in done.stdout


# Ctrl-C


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("demo", *SMALL), "zkrollup "),
        (("warmup", "--slots", "1", "--levels", "1"), "compile kernels, about"),
    ],
    ids=["demo", "warmup"],
)
def test_ctrl_c_prints_one_line_and_exits_with_130(tmp_path, arguments, first):
    environment = {"ZK_CACHE_DIR": str(tmp_path)} if "warmup" in arguments else {}
    process = faults.start_interruptible("-m", "zkrollup", *arguments, **environment)
    assert any(line.startswith(first) for line in iter(process.stdout.readline, ""))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=180)
    assert errors == "Interrupted.\n"
    assert process.returncode == 130
