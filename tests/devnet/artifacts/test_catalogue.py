"""Which contract a name means."""

import pytest

from zkrollup.artifacts import Artifact, BrokenArtifact, projects
from zkrollup.artifacts.catalogue import AmbiguousContract, Catalogue, Role, UnknownContract
from zkrollup.artifacts.projects import Kind, Layout


def forge_file(source, name, code="0x6001"):
    return {
        "abi": [],
        "bytecode": {"object": code},
        "deployedBytecode": {"object": "0x6002"},
        "metadata": {"settings": {"compilationTarget": {source: name}}},
    }


@pytest.fixture
def forge(write, tmp_path):
    """A Foundry project of contracts, given as ``source:name``; returns its catalogue."""
    write("foundry.toml", "")

    def project(*contracts, sources=()):
        for number, (file, qualified) in enumerate(contracts):
            source, _, name = qualified.partition(":")
            write(f"out/{file}", forge_file(source, name, f"0x60{number:02x}"))
        for source in sources:
            write(source, "")
        return Catalogue.open(projects.find(tmp_path))

    return project


TOKENS = (
    ("Token.sol/Token.json", "src/Token.sol:Token"),
    ("legacy/Token.sol/Token.json", "lib/legacy/Token.sol:Token"),
    ("mocks/Token.sol/Token.json", "test/mocks/Token.sol:Token"),
)


def test_the_projects_own_comes_before_dependencies_and_these_before_tests(forge):
    catalogue = forge(*TOKENS, sources=["src/Token.sol"])
    assert catalogue.find("Token").artifact.source_name == "src/Token.sol"
    assert [entry.role for entry in catalogue.entries()] == [Role.OWN, Role.DEPENDENCY, Role.TEST]
    assert forge(*TOKENS[1:]).find("Token")


def test_a_dependency_before_a_test(forge):
    assert forge(*TOKENS[1:]).find("Token").artifact.source_name == "lib/legacy/Token.sol"


@pytest.mark.parametrize("key", ["lib/legacy/Token.sol:Token", "legacy/Token.sol:Token"])
def test_source_and_name_reach_every_contract(forge, key):
    catalogue = forge(*TOKENS, sources=["src/Token.sol"])
    assert catalogue.find(key).artifact.source_name == "lib/legacy/Token.sol"


def test_a_whole_source_wins_over_the_end_of_another(forge):
    catalogue = forge(
        ("Token.sol/Token.json", "Token.sol:Token"), ("src/Token.sol/Token.json", "src/Token.sol:Token")
    )
    assert catalogue.find("Token.sol:Token").artifact.source_name == "Token.sol"


def test_two_of_one_name_are_refused_with_what_to_write(forge):
    second = ("old/Token.sol/Token.json", "src/old/Token.sol:Token")
    catalogue = forge(TOKENS[0], second, sources=["src/Token.sol", "src/old/Token.sol"])
    with pytest.raises(AmbiguousContract, match=r"project\['src/old/Token\.sol:Token'\]") as caught:
        catalogue.find("Token")
    assert caught.value.candidates == ("src/Token.sol:Token", "src/old/Token.sol:Token")
    assert [catalogue.find(each).artifact.qualified_name for each in caught.value.candidates] == [
        *caught.value.candidates
    ]


def test_one_contract_of_two_compilers_is_chosen_by_its_file(forge):
    source = "src/Token.sol:Token"
    catalogue = forge(("Token.sol/Token.0.8.20.json", source), ("Token.sol/Token.0.8.30.json", source))
    with pytest.raises(AmbiguousContract) as caught:
        catalogue.find("Token")
    assert caught.value.candidates == ("out/Token.sol/Token.0.8.20.json", "out/Token.sol/Token.0.8.30.json")
    assert catalogue.find("out/Token.sol/Token.0.8.30.json").artifact.bytecode == b"\x60\x01"


def test_an_unknown_name_is_refused_with_those_like_it(forge):
    catalogue = forge(("Vault.sol/Vault.json", "src/Vault.sol:Vault"), TOKENS[0])
    with pytest.raises(UnknownContract, match="there is Vault and 1 more") as caught:
        catalogue.find("Valt")
    assert caught.value.close == ("Vault",)
    with pytest.raises(UnknownContract, match=r"there is Token, Vault$"):
        catalogue.find("src/Other.sol:Quux")


def test_files_are_read_only_when_asked_for(forge, write):
    write("out/Broken.sol/Broken.json", "{")
    catalogue = forge(TOKENS[0])
    assert catalogue.names == ("Broken", "Token")
    assert catalogue.find("Token")
    with pytest.raises(BrokenArtifact, match="no JSON"):
        _ = catalogue.find("Broken").artifact


def test_an_artifact_is_read_once(forge, tmp_path):
    catalogue = forge(TOKENS[0])
    first = catalogue.find("Token").artifact
    (tmp_path / "out" / "Token.sol" / "Token.json").unlink()
    assert catalogue.find("Token").artifact is first


def test_a_named_folder_takes_files_of_several_contracts_and_leaves_others(write, tmp_path):
    contract = {"abi": [], "evm": {"bytecode": {"object": "60"}, "deployedBytecode": {"object": "61"}}}
    write("build/output.json", {"contracts": {"a.sol": {"A": contract, "B": contract}}})
    write("build/package.json", {"name": "of npm"})
    write("build/C.sol/C.json", forge_file("src/C.sol", "C"))
    catalogue = Catalogue.open(projects.find(tmp_path, [tmp_path / "build"]))
    assert catalogue.names == ("A", "B", "C")
    with pytest.raises(BrokenArtifact, match="no format known here"):
        Catalogue.open(projects.find(tmp_path, [tmp_path / "build" / "package.json"]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{ // a comment", "no JSON"),
        ({"abi": [], "bytecode": "0x6z", "contractName": "Odd"}, "no code in hexadecimal digits"),
        ({"abi": [], "evm": {"bytecode": {"object": "60"}}}, "'evm.deployedBytecode' is missing"),
        ({"contracts": {"a.sol": {"A": {"abi": []}}}}, "'contracts.a.sol.A.evm' is missing"),
    ],
    ids=["no JSON", "Truffle", "Waffle", "standard JSON"],
)
def test_a_broken_file_in_a_named_folder_is_refused_when_it_is_asked_for(write, tmp_path, content, reason):
    write("build/Odd.json", content)
    write("build/Even.json", {"abi": [], "bytecode": "0x6003"})
    catalogue = Catalogue.open(projects.find(tmp_path, [tmp_path / "build"]))
    assert catalogue.names == ("Even", "Odd")
    assert catalogue.find("Even").fresh.bytecode == b"\x60\x03"
    with pytest.raises(BrokenArtifact, match=reason) as caught:
        _ = catalogue.find("Odd").fresh
    assert caught.value.path.endswith("Odd.json")


def test_what_can_be_read_is_told_from_what_cannot(write, tmp_path):
    write("build/Odd.json", "{")
    write("build/Even.json", {"abi": [], "bytecode": "0x6003"})
    entries, broken = Catalogue.open(projects.find(tmp_path, [tmp_path / "build"])).readable()
    assert [entry.name for entry in entries] == ["Even"]
    assert [error.path for error in broken] == [str(tmp_path / "build" / "Odd.json")]


def test_a_broken_file_that_is_named_itself_is_refused_at_once(write, tmp_path):
    file = write("build/Odd.json", "{")
    with pytest.raises(BrokenArtifact, match="no JSON"):
        Catalogue.open(projects.find(tmp_path, [file]))


def test_artifacts_at_hand_make_a_catalogue_without_doubles(tmp_path):
    sums = Artifact("Sums", "src/Sums.sol", [], b"\x60", b"\x61")
    catalogue = Catalogue.of([sums, sums], Layout(Kind.SOURCES, tmp_path, ()))
    assert catalogue.find("Sums").artifact is sums
    assert len(list(catalogue.entries())) == 1
    other = Catalogue.of([Artifact("Roots", "src/Roots.sol", [], b"\x62", b"\x63")])
    assert (catalogue | other).names == ("Roots", "Sums")
