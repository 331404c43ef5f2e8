"""Contracts with one thing wrong each.

Owns what may be wrong: a check, an effect or a modifier left out; a boundary moved; an effect moved behind
the external call that it stands before; one address in place of another. noticing.py tests them.

It reads Solidity as this repository writes it: each statement begins on a line of its own, and a function's
last brace stands four columns in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "contracts" / "src"
MUTATED = (
    *("Lock.sol", "Mint.sol", "TestToken.sol"),
    *(f"libraries/{name}.sol" for name in ("BabyJubJub", "BatchData", "Transfers")),
    *(f"rollup/{name}.sol" for name in ("Batches", "Payouts", "Queue", "RollupState")),
)
TOPS = {
    **{name: (name,) for name in ("Lock.sol", "Mint.sol", "TestToken.sol")},
    "libraries/Transfers.sol": ("Lock.sol", "Rollup.sol"),
}
"""The contracts that a source is part of: Rollup.sol where it is not said."""

# What is left out whole: refusals, calls, assignments to what is declared elsewhere. Declarations cannot be.
STATEMENT = re.compile(
    r"^ {8,}(?:if \([^\n]*\) (?:revert|return)\b|emit |delete |\((?:\w+, )+\w+\) = |[A-Z]\w*\.\w+\(|"
    r"_?[a-z]\w*(?:\[[^\n]*?\])?(?: [-+]?= |\.\w+\(|\())[^;{]*(?:\{[^;]*\}\))?;\n",
    re.MULTILINE,
)
MODIFIER = re.compile(r"(?<=[ ])(?:onlyOperator|whenActive|whenFrozen|nonReentrant)(?=[ \n])")
BOUNDARY = re.compile(r"(?<= )(?:<=|>=|<|>|&&|\|\||==|!=)(?= )|(?<!\d)\b1\b(?!\d)")
INSTEAD = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "&&": "||",
    "||": "&&",
    "==": "!=",
    "!=": "==",
    "1": "0",
}
FUNCTION = re.compile(
    r"^    (?P<header>(?:function|modifier|constructor|receive)\b[^;{]*)\{\n(?P<body>.*?)^    \}\n",
    re.MULTILINE | re.DOTALL,
)
CALL = re.compile(
    r"(?:\.call|\block\.release|\bTransfers\.(?:sendETH|push|pull)|(?<!function )_releaseETH)\("
)
"""Calls of other contracts that may call back: a verifier and a view cannot."""
PARTY = re.compile(
    r"(?<![\w.])(?:address\(lock\)|"
    r"(?:msg\.sender|entry\.owner|owner|recipient|operator|rollup|spender|from|to)\b)(?! = )"
)
"""Addresses that act or are paid. Tokens and verifiers are none."""
DECLARED = re.compile(r"\baddress (owner|recipient|spender|from|to)\b")
KNOWN = {"Lock.sol": {"rollup"}, "Mint.sol": {"operator"}, "rollup": {"operator"}}
"""The parties that a contract remembers, by source or folder; others remember none."""


@dataclass(frozen=True)
class Mutant:
    """One change of one source: some spans of its text, each with what replaces it; the first says where."""

    source: str
    edits: tuple[tuple[int, int, str], ...]
    becomes: str
    """What becomes of the first span's text, for a reader."""

    @property
    def _text(self) -> str:
        return (SOURCES / self.source).read_text(encoding="utf-8")

    @property
    def start(self) -> int:
        """Where it begins, in characters."""
        return self.edits[0][0]

    @property
    def _change(self) -> str:
        start, end, _ = self.edits[0]
        return f"{' '.join(self._text[start:end].split())} -> {self.becomes}"

    @property
    def name(self) -> str:
        """Where and what: ``rollup/Queue.sol:31: whenActive -> nothing``."""
        text = self._text
        line = text.count("\n", 0, self.start + 1) + (text[self.start] != "\n")
        return f"{self.source}:{line}: {self._change}"

    @property
    def context(self) -> str:
        """The changed line, without its number: what names a mutant from one version to the next."""
        text, (start, end, _) = self._text, self.edits[0]
        begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", end - 1)
        return f"{' '.join(text[begin:end].split())} | {self._change}"

    def jobs(self, folder: Path) -> list[dict[str, str]]:
        """What compile_mutants.mjs needs to know, for each contract that the source is part of."""
        text = self._text
        for start, end, instead in sorted(self.edits, reverse=True):
            text = text[:start] + instead + text[end:]
        tops = TOPS.get(self.source, ("Rollup.sol",))
        return [{"folder": str(folder), "top": top, "source": self.source, "text": text} for top in tops]


def mutants() -> list[Mutant]:
    """All of them, in the order of the sources."""
    found: list[Mutant] = []
    for source in MUTATED:
        text = (SOURCES / source).read_text(encoding="utf-8")
        bodies = re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), text)
        changes = [kind(bodies) for kind in (_left_out, _other_boundary, _behind_the_call)]
        changes.append(_other_party(bodies, KNOWN.get(source.split("/")[0], set())))
        found += (Mutant(source, edits, becomes) for edits, becomes in chain.from_iterable(changes))
    return sorted(found, key=lambda m: (m.source, m.start))


Changes = Iterator[tuple[tuple[tuple[int, int, str], ...], str]]


def _left_out(bodies: str) -> Changes:
    for match in STATEMENT.finditer(bodies):
        yield ((*match.span(), ""),), "nothing"
    for header in re.finditer(r"\bfunction \w+\([^;{]*\{", bodies):
        for match in MODIFIER.finditer(bodies, *header.span()):
            yield ((*match.span(), ""),), "nothing"


def _other_boundary(bodies: str) -> Changes:
    inside = re.search(r"^(?:abstract )?(?:contract|library) [^\n]*", bodies, re.MULTILINE).end()
    for match in BOUNDARY.finditer(bodies, inside):
        yield ((*match.span(), INSTEAD[match[0]]),), INSTEAD[match[0]]


def _behind_the_call(bodies: str) -> Changes:
    """Each effect, behind the calls that follow it in its own block; in each branch there is one of them.

    A call whose answer the function returns has nothing behind it.
    """
    for function in FUNCTION.finditer(bodies):
        for effect in STATEMENT.finditer(bodies, *function.span("body")):
            if effect[0].lstrip().startswith("if "):
                continue
            depth = len(effect[0]) - len(effect[0].lstrip())
            block = re.compile(rf"(?: {{{depth},}}[^\n]*\n|\n)*").match(bodies, effect.end())
            calls = list(CALL.finditer(bodies, *block.span()))
            ends = [bodies.index(";\n", call.end()) + 2 for call in calls]
            if calls:
                edits = ((*effect.span(), ""), *((end, end, effect[0]) for end in ends))
                yield edits, f"behind {' and '.join(call[0].strip('.(') for call in calls)}"


def _other_party(bodies: str, known: set[str]) -> Changes:
    """Each address that acts or is paid, replaced by the others in scope; the sender by the origin too."""
    for function in FUNCTION.finditer(bodies):
        uses = list(PARTY.finditer(bodies, *function.span("body")))
        if "pure" in function["header"].split():
            continue
        scope = {"msg.sender", *known, *DECLARED.findall(function["header"])}
        scope |= {use[0] for use in uses if use[0] in ("entry.owner", "address(lock)")}
        for use in uses:
            others = scope | {"tx.origin"} if use[0] == "msg.sender" else scope
            line = bodies[bodies.rfind("\n", 0, use.start()) : use.start()]
            for other in sorted(others - {use[0]}):
                instead = "caller()" if ":=" in line and other == "msg.sender" else other
                yield ((*use.span(), instead),), instead
