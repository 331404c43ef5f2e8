"""Import statements, unit names, remappings: what solc is given. That solc agrees, test_compilation shows."""

from pathlib import Path

import pytest

from zkrollup.artifacts.projects import BrokenProject
from zkrollup.compilers.errors import UnreadableSource
from zkrollup.compilers.imports import Layout, Remapping, closure, imports, layout, reached


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ('import "./A.sol";', "./A.sol"),
        ("import './A.sol' as A;", "./A.sol"),
        ('import * as A from "a/A.sol";', "a/A.sol"),
        ('import {B, C as D} from "../A.sol";', "../A.sol"),
        ('import {\n  B, // "no"\n  C /* \'nor this\' */\n} from\n "A.sol";', "A.sol"),
        ('import{B}from"A.sol";', "A.sol"),
    ],
)
def test_every_form_of_import_is_found(statement, path):
    assert list(imports(f"pragma solidity ^0.8.3;\n{statement}\ncontract T {{}}")) == [path]


@pytest.mark.parametrize(
    "source",
    [
        '// import "A.sol";',
        '/* import "A.sol"; */',
        "contract T { string s = \"import 'A.sol';\"; }",
        'contract T { string important = "A.sol"; }',
        'contract T { string s = "\\"; import \'A.sol\';"; }',
        'contract T { bytes b = hex"07"; }',
        "import A; contract T { string s = 'A.sol'; }",
    ],
)
def test_what_is_no_import_is_not_found(source):
    assert list(imports(source)) == []


def test_several_imports_come_in_their_order():
    assert list(imports('import "B.sol"; import "A.sol";\ncontract T {} import "C.sol";')) == [
        "B.sol",
        "A.sol",
        "C.sol",
    ]


def test_a_relative_import_starts_where_the_unit_lies():
    where = Layout(Path("/p"), (), ())
    assert where.resolve("./C.sol", "src/a/B.sol") == "src/a/C.sol"
    assert where.resolve("../x/C.sol", "src/a/B.sol") == "src/x/C.sol"
    assert where.resolve("x/C.sol", "src/a/B.sol") == "x/C.sol"
    assert where.resolve("../../../x/C.sol", "src/a/B.sol") == "x/C.sol"
    assert where.resolve("../C.sol", "/other/a/B.sol") == "/other/C.sol"


def test_the_longest_context_wins_then_the_longest_prefix_then_the_last():
    remappings = tuple(
        Remapping(*each)
        for each in [
            ("", "@a/", "one/"),
            ("", "@a/b/", "two/"),
            ("src/old", "@a/", "three/"),
            ("", "@a/b/", "four/"),
        ]
    )
    where = Layout(Path("/p"), (), remappings)
    assert where.resolve("@a/C.sol", "src/T.sol") == "one/C.sol"
    assert where.resolve("@a/b/C.sol", "src/T.sol") == "four/C.sol"
    assert where.resolve("@a/b/C.sol", "src/old/T.sol") == "three/b/C.sol"
    assert where.resolve("@b/C.sol", "src/T.sol") == "@b/C.sol"


def test_remappings_come_from_libraries_foundry_toml_and_remappings_txt_and_the_last_of_these_wins(project):
    root = project(
        {
            "lib/solmate/src/A.sol": "",
            "lib/oz/contracts/A.sol": "",
            "lib/bare/A.sol": "",
            "foundry.toml": '[profile.default]\nremappings = ["oz/=elsewhere/", "@x/=x3/"]\n',
            "remappings.txt": "\nsrc:@x/=x5/\n@x/=x7/\nnonsense\n",
        }
    )
    assert [str(each) for each in layout(root).remappings] == [
        "bare/=lib/bare/",
        "oz/=elsewhere/",
        "solmate/=lib/solmate/src/",
        "@x/=x7/",
        "src:@x/=x5/",
    ]


def test_a_profile_of_foundry_toml_is_taken_where_it_is_named(project, monkeypatch):
    root = project(
        {
            "foundry.toml": '[profile.default]\nlibs = ["deps"]\nremappings = ["@x/=x3/"]\n'
            '[profile.ci]\nremappings = ["@x/=x7/"]\n',
            "deps/one/src/A.sol": "",
        }
    )
    assert [str(each) for each in layout(root).remappings] == ["one/=deps/one/src/", "@x/=x3/"]
    monkeypatch.setenv("FOUNDRY_PROFILE", "ci")
    assert [str(each) for each in layout(root).remappings] == ["one/=deps/one/src/", "@x/=x7/"]


def test_a_foundry_toml_that_is_none_is_refused_by_its_name(project):
    root = project({"foundry.toml": "[profile"})
    with pytest.raises(BrokenProject, match=r"foundry\.toml is broken: it is no TOML"):
        layout(root)


def test_remappings_that_are_no_texts_are_refused_by_file_and_field(project):
    root = project({"foundry.toml": "[profile.default]\nremappings = [7]\n"})
    with pytest.raises(BrokenProject, match=r"foundry\.toml.*remappings = \[7\]") as caught:
        layout(root)
    assert caught.value.field == "remappings"


def test_a_package_is_found_in_the_nearest_node_modules(project):
    root = project(
        {
            "node_modules/far/A.sol": "far",
            "node_modules/both/A.sol": "upper",
            "inner/node_modules/both/A.sol": "lower",
            "inner/T.sol": 'import "far/A.sol"; import "both/A.sol";',
        }
    )
    found = closure(layout(root, near=root / "inner"), [root / "inner" / "T.sol"])
    assert (found["far/A.sol"].text, found["both/A.sol"].text) == ("far", "lower")
    assert list(found) == ["both/A.sol", "far/A.sol", "inner/T.sol"]
    assert closure(layout(root), [root / "inner" / "T.sol"])["both/A.sol"].text == "upper"


def test_what_the_root_has_comes_before_packages(project):
    root = project({"a/A.sol": "own", "node_modules/a/A.sol": "package", "T.sol": 'import "a/A.sol";'})
    assert closure(layout(root), [root / "T.sol"])["a/A.sol"].text == "own"


def test_a_file_of_a_package_is_compiled_under_the_name_by_which_it_is_imported(project):
    root = project({"node_modules/a/A.sol": "", "T.sol": 'import "a/A.sol";'})
    files = [root / "node_modules" / "a" / "A.sol", root / "T.sol"]
    assert list(closure(layout(root), files)) == ["T.sol", "a/A.sol"]


def test_files_that_import_each_other_are_read_once(project):
    root = project({"A.sol": 'import "./B.sol";', "B.sol": 'import "./A.sol";'})
    found = closure(layout(root), [root / "A.sol"])
    assert {unit: source.imports for unit, source in found.items()} == {
        "A.sol": ("B.sol",),
        "B.sol": ("A.sol",),
    }


def test_a_file_needs_what_it_imports_at_any_depth_and_nothing_else(project):
    root = project(
        {
            "A.sol": 'import "./B.sol"; import "./Missing.sol";',
            "B.sol": 'import "./C.sol";',
            "C.sol": 'import "./A.sol";',
            "D.sol": 'import "./C.sol";',
            "E.sol": "",
        }
    )
    found = closure(layout(root), sorted(root.glob("*.sol")))
    assert list(reached(found, ["B.sol"])) == ["A.sol", "B.sol", "C.sol"]
    assert list(reached(found, ["D.sol", "E.sol"])) == ["A.sol", "B.sol", "C.sol", "D.sol", "E.sol"]


def test_an_import_of_nothing_is_left_to_the_compiler(project):
    root = project({"A.sol": 'import "./Missing.sol";'})
    assert list(closure(layout(root), [root / "A.sol"])) == ["A.sol"]


def test_a_source_that_is_not_utf8_is_refused_by_its_name(project):
    root = project({"A.sol": ""})
    (root / "A.sol").write_bytes(b"contract \xff {}")
    with pytest.raises(UnreadableSource, match=r"A\.sol: it is not UTF-8"):
        closure(layout(root), [root / "A.sol"])
