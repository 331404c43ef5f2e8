"""What ``pragma solidity`` admits. solc itself is the oracle for how expressions are read."""

import pytest

from zkrollup.compilers import CompilationFailed, compile_project
from zkrollup.compilers.pragmas import pragmas, takes

READ = {
    "pragma solidity ^0.8.20;": ["^0.8.20"],
    "pragma solidity>=0.5.0 <0.9.0;pragma abicoder v2;": [">=0.5.0 <0.9.0"],
    "pragma solidity >=0.4 // or newer; it is tested\n  <0.9;": [">=0.4 <0.9"],
    "// pragma solidity ^0.4.0;\n/* pragma solidity 0.5.1; */ pragma solidity 0.6.7;": ["0.6.7"],
    "pragma experimental ABIEncoderV2; contract A { string s = 'pragma solidity 0.7.1;'; }": [],
    "pragma solidity 0.8.3; pragma solidity 0.8.5;": ["0.8.3", "0.8.5"],
    "pragma solidity": [],
}

ADMITS = (
    ("=0.5.16", (0, 5, 16), (0, 5, 17)),
    ("0.6.6", (0, 6, 6), (0, 6, 7)),
    ("^0.8.20", (0, 8, 37), (0, 8, 19)),
    ("^0.8.20", (0, 8, 20), (0, 9, 0)),
    ("^0.0.3", (0, 0, 7), (0, 1, 3)),
    ("^0", (0, 9, 1), (1, 0, 0)),
    ("^1.2.3", (1, 7, 0), (2, 0, 0)),
    ("~0.8.3", (0, 8, 37), (0, 9, 0)),
    ("~0.8", (0, 8, 0), (0, 7, 6)),
    ("~1", (1, 9, 9), (2, 0, 0)),
    (">=0.4.22 <0.6.0", (0, 5, 17), (0, 6, 0)),
    (">=0.4.22<0.6.0", (0, 4, 22), (0, 4, 21)),
    (">0.8", (0, 9, 0), (0, 8, 37)),
    ("<=0.8", (0, 8, 37), (0, 9, 0)),
    ("0.8.x", (0, 8, 5), (0, 7, 5)),
    ("0.*", (0, 3, 1), (1, 0, 0)),
    ("*", (0, 1, 2), None),
    ("0.5.16 || 0.6.6", (0, 6, 6), (0, 6, 0)),
    ("^0.6.2 || >=0.8.1 <0.8.9", (0, 8, 8), (0, 7, 6)),
    ("0.5.3 - 0.6.1", (0, 5, 17), (0, 6, 2)),
    ("0.5 - 0.6", (0, 6, 12), (0, 7, 0)),
)


@pytest.mark.parametrize("source", READ)
def test_pragmas_are_found_as_statements(source):
    assert list(pragmas(source)) == READ[source]


@pytest.mark.parametrize(("pragma", "admitted", "refused"), ADMITS)
def test_an_expression_admits_what_it_says(pragma, admitted, refused):
    assert takes(pragma, admitted)
    assert refused is None or not takes(pragma, refused)


@pytest.mark.parametrize("text", ["abc", "^", ">= ", "0.8.1 ||", "'^0.8.1'", "1.2.3.4.5 ?"])
def test_what_is_no_expression_is_left_to_the_compiler(text):
    assert takes(text, (0, 8, 37))


ASKED = (
    "=0.8.37", "0.8.36", "^0.8.0", "^0.8", "^0.7.6", "^0", "^0.9.0", "~0.8.1", "~0.8", "~0.7", "~0", ">0.8",
    ">=0.8.37", ">0.8.37", "<0.8.37", "<=0.8", "<0.9.0 >=0.5.0", ">=0.4.22<0.6.0", ">=0.5.0<0.9.0", "0.8.x",
    "0.x", "0.7.*", "*", "x", "0.5.16 || 0.8.37", "0.5.16||0.6.6", "0.8.1 - 0.8.40", "0.8 - 0.9",
    "0.5.3 - 0.6.1", "^ 0.8.1", ">= 0.8.1", "^0.8.38 || ~0.8.5", "^0.*", "~0.8.*",
    "<0.x", ">=0.8.*",
)  # fmt: skip


@pytest.mark.node
def test_solc_takes_and_refuses_as_we_say(own_cache, npm_solc, project, monkeypatch):
    """All files go to it, as if each pragma admitted it."""
    files = {f"A{place}.sol": f"pragma solidity {text};\n" for place, text in enumerate(ASKED)}
    root = project(files)
    monkeypatch.setattr("zkrollup.compilers.releases.takes", lambda pragma, release: True)
    with pytest.raises(CompilationFailed) as caught:
        compile_project(root, [root])
    refused = {
        each.source for each in caught.value.diagnostics if "different compiler version" in each.message
    }
    malformed = {each.source for each in caught.value.diagnostics} - refused
    ours = {f"A{place}.sol" for place, text in enumerate(ASKED) if not takes(text, (0, 8, 37))}
    assert malformed == set()
    assert refused == ours
    assert 10 < len(refused) < len(ASKED) - 10
