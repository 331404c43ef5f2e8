"""What forge, Hardhat 2 and Hardhat 3 really write, of the same sources."""

import json
import shutil

import pytest

from zkrollup.artifacts import BrokenArtifact, foundry, hardhat, projects
from zkrollup.artifacts.catalogue import Catalogue, MissingBuild, StaleBuild
from zkrollup.artifacts.projects import Kind

pytestmark = pytest.mark.node


@pytest.fixture
def catalogue(built_project):
    return Catalogue.open(projects.find(built_project))


@pytest.fixture
def copy_of(tmp_path):
    """Copies a project, to change it."""

    def copied(project):
        folder = tmp_path / project.name
        shutil.copytree(project, folder, ignore=shutil.ignore_patterns("node_modules"), symlinks=True)
        return folder

    return copied


@pytest.fixture
def copy(built_project, copy_of):
    return copy_of(built_project)


def source_of(folder, name):
    return next(folder / top / name for top in ("src", "contracts") if (folder / top / name).is_file())


def test_a_contract_is_read_whole(catalogue, built_project):
    vault = catalogue.find("Vault").artifact
    assert vault.name == "Vault"
    assert vault.source_name in ("src/Vault.sol", "contracts/Vault.sol")
    assert vault.origin.startswith(str(built_project))
    assert vault.origin.endswith("Vault.sol/Vault.json")
    assert vault.language == "Solidity"
    assert {entry["name"] for entry in vault.abi if entry["type"] == "error"} == {
        "CapExceeded",
        "NotGuardian",
        "Paused",
    }
    assert len(vault.runtime) < len(vault.bytecode)
    assert vault.source_map
    assert vault.source_name in vault.source_ids.values()


def test_an_interface_and_an_abstract_contract_have_no_bytecode(catalogue):
    for name in ("IVault", "Pausable"):
        artifact = catalogue.find(name).artifact
        assert artifact.abi
        assert artifact.bytecode == artifact.runtime == b""


def test_libraries_are_named_as_their_own_artifacts_are(catalogue):
    vault, shares = catalogue.find("Vault").artifact, catalogue.find("Shares").artifact
    assert {f"{link.source_name}:{link.library}" for link in vault.link_references} == {shares.qualified_name}
    assert {link.library for link in shares.runtime_link_references} == {"Rounding"}
    for link in vault.link_references:
        assert vault.bytecode[link.start : link.start + 20] == bytes(20)


def test_each_immutable_has_its_places_in_the_runtime(catalogue):
    vault = catalogue.find("Vault").artifact
    assert len(vault.immutables) == 4
    for start, length in vault.immutable_references:
        assert length == 32
        assert vault.runtime[start : start + 32] == bytes(32)


def test_immutables_have_names_where_the_build_has_an_ast(hardhat2_project, hardhat3_project):
    for root in (hardhat2_project, hardhat3_project):
        vault = Catalogue.open(projects.find(root)).find("Vault").artifact
        assert set(vault.immutables) == {"guardian", "asset", "cap", "feePermille"}


def test_without_an_ast_immutables_go_by_the_compilers_numbers(foundry_project):
    vault = Catalogue.open(projects.find(foundry_project)).find("Vault").artifact
    assert all(name.isdigit() for name in vault.immutables)


def test_tests_and_scripts_of_forge_are_there_but_not_in_the_way(foundry_project):
    catalogue = Catalogue.open(projects.find(foundry_project))
    assert catalogue.find("MockToken").role.name == "TEST"
    assert catalogue.find("Deploy").role.name == "TEST"
    assert catalogue.find("Vault").role.name == "OWN"


def test_hardhats_numbers_lead_to_its_users_names(hardhat3_project):
    vault = Catalogue.open(projects.find(hardhat3_project)).find("Vault").artifact
    assert set(vault.source_hashes) >= {"contracts/Vault.sol", "contracts/libraries/Rounding.sol"}
    assert all(name.startswith("contracts/") for name in vault.source_ids.values())


def without_build_info(folder):
    shutil.rmtree(folder / "artifacts" / "build-info")
    vault = Catalogue.open(projects.find(folder)).find("Vault").artifact
    assert vault.source_map == ""
    return vault


def test_without_its_build_info_hardhat_2_tells_no_immutables(copy_of, hardhat2_project):
    assert without_build_info(copy_of(hardhat2_project)).immutables == {}


def test_without_its_build_info_hardhat_3_tells_no_names_of_immutables(copy_of, hardhat3_project):
    immutables = without_build_info(copy_of(hardhat3_project)).immutables
    assert len(immutables) == 4
    assert all(name.isdigit() for name in immutables)


def test_without_forges_cache_metadata_tells_the_source(copy_of, foundry_project):
    copy = copy_of(foundry_project)
    shutil.rmtree(copy / "cache")
    catalogue = Catalogue.open(projects.find(copy))
    assert catalogue.find("src/legacy/Token.sol:Token").artifact.source_name == "src/legacy/Token.sol"


def test_a_changed_source_makes_the_build_stale(copy):
    source = source_of(copy, "libraries/Rounding.sol")  # two imports away
    source.write_text(source.read_text() + "// changed\n")
    catalogue = Catalogue.open(projects.find(copy))
    with pytest.raises(StaleBuild, match="has changed since") as caught:
        catalogue.find("Vault")
    assert caught.value.source == source
    assert ("forge build" in str(caught.value)) == (copy / "foundry.toml").exists()
    assert catalogue.find("Pausable").artifact.name == "Pausable"  # it imports nothing


def test_line_ends_of_another_system_are_no_change(copy_of, foundry_project):
    copy = copy_of(foundry_project)
    source = source_of(copy, "Pausable.sol")
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert Catalogue.open(projects.find(copy)).find("Pausable").artifact.name == "Pausable"


def test_named_artifacts_are_taken_as_they_are(copy):
    source = source_of(copy, "Vault.sol")
    source.write_text(source.read_text() + "// changed\n")
    folder = next(copy / name for name in ("out", "artifacts") if (copy / name).is_dir())
    catalogue = Catalogue.open(projects.find(copy, [folder]))
    assert catalogue.layouts[0].kind is Kind.FILES
    assert len(catalogue.find("Vault").artifact.immutables) == 4


def test_a_project_that_was_never_built_says_how(copy):
    folder = next(copy / name for name in ("out", "artifacts") if (copy / name).is_dir())
    shutil.rmtree(folder)
    with pytest.raises(MissingBuild, match=r"run `(forge build|npx hardhat compile)`") as caught:
        Catalogue.open(projects.find(copy))
    assert caught.value.layout.places == (folder,)


def test_another_tools_file_is_refused_by_what_it_looks_like(foundry_project, hardhat3_project):
    ours = foundry_project / "out" / "Vault.sol" / "Vault.json"
    theirs = hardhat3_project / "artifacts" / "contracts" / "Vault.sol" / "Vault.json"
    with pytest.raises(
        BrokenArtifact, match="should be a Foundry artifact, but looks like a Hardhat"
    ) as caught:
        foundry.Reader(theirs.parents[1], theirs.parents[1] / "none").read(theirs)
    assert caught.value.path == str(theirs)
    with pytest.raises(BrokenArtifact, match="should be a Hardhat artifact, but looks like a Foundry"):
        hardhat.Reader(ours.parents[1]).read(ours)


@pytest.mark.parametrize("name", ["abi", "bytecode"])
def test_a_missing_field_is_named(copy, name):
    file = next(path for path in copy.rglob("Vault.sol/Vault.json"))
    fields = json.loads(file.read_text())
    del fields[name]
    file.write_text(json.dumps(fields))
    with pytest.raises(BrokenArtifact, match=f"{name}|should be") as caught:
        _ = Catalogue.open(projects.find(copy)).find("Vault").artifact
    assert caught.value.path == str(file)


def test_a_placeholder_that_no_link_reference_names_is_refused(copy):
    file = next(path for path in copy.rglob("Vault.sol/Vault.json"))
    fields = json.loads(file.read_text())
    code = fields["bytecode"] if isinstance(fields["bytecode"], dict) else fields
    code["linkReferences"] = {}
    file.write_text(json.dumps(fields))
    with pytest.raises(BrokenArtifact, match="unlinked library at byte") as caught:
        _ = Catalogue.open(projects.find(copy)).find("Vault").artifact
    assert caught.value.field in ("bytecode", "bytecode.object")


def test_a_format_of_hardhats_plugins_is_refused_by_its_name(hardhat2_project, write):
    file = hardhat2_project / "artifacts" / "contracts" / "Token.sol" / "Token.json"
    changed = file.read_text().replace("hh-sol-artifact-1", "hh-zksolc-artifact-1")
    with pytest.raises(BrokenArtifact, match="hh-zksolc-artifact-1") as caught:
        hardhat.Reader(file.parents[2]).read(write("Token.json", changed))
    assert caught.value.field == "_format"
