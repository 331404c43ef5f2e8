"""What the documentation shows as output is what is printed; numbers may differ."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs import outputs
from tests.docs.outputs import ROOT

from zkrollup.devnet.replacement import _EVENTS, _FUNCTIONS

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(
    r"(?:^<!-- output of: (?P<maker>.+) -->\n)?^```(?P<language>.*)\n(?P<text>(?:.*\n)*?)^```$", re.MULTILINE
)
SOURCES = {"python", "sh", "yaml", "ini", "toml", "json", "solidity"}
"""Languages of blocks that are no output, beside Sphinx's directives, which stand in braces."""

NO_OUTPUT = {
    ("README.md", "wrote test/test_contracts.py"): "compared in tests/devnet/cli/test_init.py",
    ("CONTRIBUTING.md", "pytest_zkrollup | zkrollup.cli"): "a table of layers",
    (
        "docs/reference/machines.md",
        "system                     1 s  Debian bookworm, qemu 7.2.22, proot 5.1.0 (kept)",
    ): ("an hour under emulation"),
    (
        "docs/howto/ci.md",
        "zkrollup: 3 MOCKED, attesting nothing (2 batch-3x4, 1 claim)",
    ): "compared in tests/plugin/test_mocks.py",
    ("docs/howto/ceremony-key.md", "def test_with_the_real_key(zk):"): "code with a reader's own files",
    (
        "docs/howto/ceremony-key.md",
        "assert [(each.name, each.hash.hex()) for each in invoice.contributions] == PUBLISHED",
    ): "the same",
    (
        "docs/howto/cheats.md",
        "permit = sign_permit(token, alice, spender=bob, value=29)",
    ): "code for a reader's own token",
}
"""Why a block is not tied to what makes it, by page and first line."""


@dataclass(frozen=True)
class Shown:
    """A fenced block that may be output."""

    page: str
    line: int
    maker: str | None
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.page, self.text.partition("\n")[0]


def blocks(page: Path, text: str) -> list[Shown]:
    name = page.relative_to(ROOT).as_posix()
    return [
        Shown(name, text[: found.start("text")].count("\n") + 1, found["maker"], found["text"])
        for found in FENCE.finditer(text)
        if found["maker"] or (found["language"] not in SOURCES and not found["language"].startswith("{"))
    ]


SHOWN = [block for page in PAGES for block in blocks(page, page.read_text(encoding="utf-8"))]
TIED = [block for block in SHOWN if block.maker]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What is printed, by maker; made when first asked for."""
    known = {}

    def make(maker):
        folder = tmp_path_factory.mktemp("output")
        if maker in ("first run", "second run"):
            known["first run"], known["second run"] = outputs.runs_of_the_first_test(folder)
        else:
            known[maker] = {"demo": outputs.demo, "failing tests": outputs.failures}[maker](folder)

    def output(maker):
        if maker not in known:
            make(maker)
        return known[maker]

    return output


@pytest.mark.slow
@pytest.mark.parametrize("block", TIED, ids=lambda block: f"{block.page}:{block.line}")
def test_output_in_the_documentation_is_what_is_printed(made, block):
    output = made(block.maker)
    assert outputs.shows(block.text, output), (
        f"{block.page}:{block.line} shows\n{block.text}\nnot in\n{output}"
    )


def test_every_block_of_output_is_tied_to_what_prints_it_or_listed_with_a_reason():
    loose = [block for block in SHOWN if not block.maker and block.key not in NO_OUTPUT]
    assert [f"{block.page}:{block.line}: {block.text}" for block in loose] == []


def test_the_list_of_what_is_no_output_is_not_longer_than_needed():
    loose = Counter(block.key for block in SHOWN if not block.maker)
    assert [key for key in NO_OUTPUT if not loose[key]] == []


@pytest.mark.parametrize("fence", ["```text", "```", "```console"])
def test_a_new_block_that_is_not_tied_is_noticed(fence):
    (block,) = blocks(ROOT / "README.md", f"It prints:\n\n{fence}\nsome output\n```\n")
    assert block.maker is None
    assert block.key == ("README.md", "some output")


def test_a_block_is_tied_by_the_comment_before_it():
    (block,) = blocks(ROOT / "README.md", "x\n\n<!-- output of: demo -->\n```text\nsome\noutput\n```\n")
    assert (block.maker, block.text, block.line) == ("demo", "some\noutput\n", 5)


def test_code_and_directives_are_no_output():
    assert blocks(ROOT / "README.md", "```python\nx = 7\n```\n\n```{toctree}\nindex\n```\n") == []


@pytest.mark.parametrize(
    ("block", "output", "fits"),
    [
        ("3 proofs in 2.6 s, gas 275,440", "a\n13 proofs in 88.25 s, gas 1,275\nb", True),
        ("0x29e2a2b1…5402e4 -> 0x0d", "0x0deaaea1…08507a -> 0xff", True),
        ("== 1 passed in 6.80s ==", "==== 1 passed in 68.80s (0:01:08) ====", True),
        ("E       Error: no\n   more", ">  x\nE   Error: no more", True),
        ("first\n...\nlast", "first\nsecond\nlast", True),
        ("last\n...\nfirst", "first\nsecond\nlast", False),
        ("3 proofs made", "3 proofs stored", False),
        ("first last", "first second last", False),
    ],
)
def test_blocks_are_compared_without_numbers_and_with_words(block, output, fits):
    assert outputs.shows(block, output) is fits


# Tables and counts that follow from the code


def test_the_page_of_own_targets_names_all_that_a_replacement_needs():
    page = (ROOT / "docs" / "howto" / "own-target.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| `\w+=`", line)]
    named = {part: row for row in rows for part in re.findall(r"`(\w+)=`", row.split("|")[1])}
    assert set(named) == set(_FUNCTIONS)
    for part, functions in _FUNCTIONS.items():
        listed = functions if part != "rollup" else ()  # which are those of IRollup, of which there are many
        needed = {*listed, *_EVENTS.get(part, ())}
        assert needed <= set(re.findall(r"`(\w+)`", named[part])), part


def test_the_numbers_of_tests_in_the_suites_are_those_that_are_told(tmp_path):
    page = (ROOT / "docs" / "howto" / "own-target.md").read_text(encoding="utf-8")
    told = {
        name: int(count) for name, count in re.findall(r"\| `pytest_zkrollup\.suites\.(\w+)` \| (\d+)", page)
    }
    example = (ROOT / "examples" / "my_bridge" / "test_my_bridge.py").read_text(encoding="utf-8")
    assert int(re.search(r"# (\d+) tests of any rollup", example)[1]) == told["lifecycle"]
    for name in told:
        text = f"from pytest_zkrollup.suites.{name} import *\n"
        (tmp_path / f"test_{name}.py").write_text(text, encoding="utf-8")
    collected = outputs.printed(tmp_path, "pytest", "--collect-only", "-q", "-p", "no:cacheprovider")
    assert told == {name: collected.count(f"test_{name}.py::") for name in told}
    modules = {path.stem for path in (ROOT / "plugin" / "pytest_zkrollup" / "suites").glob("*.py")}
    assert modules - told.keys() == {"__init__", "needs", "refusing", "steps"}


def test_the_adapter_that_is_shown_in_full_is_short():
    adapter = (ROOT / "tests" / "targets" / "bridge.py").read_text(encoding="utf-8")
    assert len(adapter.splitlines()) <= 150
