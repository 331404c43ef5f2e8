"""Solidity's text as far as imports and pragmas need it: comments, strings, words and semicolons.

Owns that a comment or a string is no statement. Everything else of the language passes unseen.
"""

import re
from collections.abc import Iterator
from typing import Final

_COMMENT: Final = r"//[^\n]*|/\*.*?\*/"
_TOKEN: Final = re.compile(
    _COMMENT
    + r"""
        | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
        | (?P<word> [A-Za-z_$][\w$]* )
        | (?P<end> ; )""",
    re.DOTALL | re.VERBOSE,
)
_IGNORED: Final = re.compile(_COMMENT, re.DOTALL)


def tokens(source: str) -> Iterator[re.Match[str]]:
    """Matches with the group ``string``, ``word`` or ``end``; comments have none of them."""
    return _TOKEN.finditer(source)


def without_comments(text: str) -> str:
    """The text with a space for each comment; only for text without strings."""
    return _IGNORED.sub(" ", text)
