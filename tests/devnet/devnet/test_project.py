"""A project's contracts on a chain: deployed with their libraries, recognised by their code."""

import shutil

import pytest
from tests.projects.building import (  # noqa: F401  # fixtures
    foundry_project,
    hardhat2_project,
    hardhat3_project,
)

from zkrollup.artifacts import Artifact, LinkReference, projects
from zkrollup.artifacts.catalogue import AmbiguousContract, Catalogue, StaleBuild, UnknownContract
from zkrollup.artifacts.linking import NoBytecode, UnlinkedLibrary, UnwantedLibrary
from zkrollup.devnet.libraries import LIBRARIAN, CircularLibraries
from zkrollup.devnet.project import AmbiguousCode, NotItsCode, Project, UnrecognisedCode
from zkrollup.evm import Chain, InvalidArgument, Reverted

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def whole_chain():
    return Chain()


@pytest.fixture
def chain(whole_chain):
    with whole_chain.anchor():
        yield whole_chain


@pytest.fixture(params=["foundry", "hardhat2", "hardhat3"])
def project(request, chain):
    return opened(request.getfixturevalue(f"{request.param}_project"), chain)


@pytest.fixture
def foundry(foundry_project, chain):  # noqa: F811
    return opened(foundry_project, chain)


def opened(root, chain):
    return Project(chain, Catalogue.open(projects.find(root)))


def token_of(project):
    source = project.Vault.artifact.source_name.replace("Vault", "Token")
    return project[f"{source}:Token"].deploy(5003)


def test_a_contract_with_library_struct_immutables_and_errors_works(project, chain):
    token = token_of(project)
    guardian, other = chain.accounts[:2]
    vault = project.Vault.deploy(token, {"cap": 4001, "feePermille": 7}, sender=guardian)
    assert vault.guardian() == guardian.address
    assert vault.terms().cap == 4001
    token.approve(vault, 4007)
    receipt = vault.deposit(307)
    deposited = receipt.events[-1]
    assert (deposited.name, deposited.args["shares"]) == ("Deposited", 304)  # the fee rounds up
    with pytest.raises(Reverted) as caught:
        vault.deposit(3701)
    assert (caught.value.name, caught.value.args_by_name) == ("CapExceeded", {"assets": 3701, "room": 3694})
    with pytest.raises(Reverted) as caught:
        vault.setPaused(True, sender=other)
    assert caught.value.name == "NotGuardian"


def test_traces_name_contracts_and_libraries(foundry, chain):
    token = token_of(foundry)
    vault = foundry.Vault.deploy(token, (4001, 7))
    token.approve(vault, 307)
    text = str(chain.trace(vault.deposit(307)))
    assert "Vault.deposit(assets=307)" in text
    assert "Token.transferFrom(" in text
    assert "DELEGATECALL Shares.afterFee(assets=307, feePermille=7)" in text
    assert "DELEGATECALL Rounding.up(value=2149, divisor=1000)" in text


def test_libraries_are_deployed_once_and_move_nobodys_nonce(foundry, chain):
    before = chain.block_number
    foundry.Vault.deploy(chain.accounts[5], (1, 2))
    assert chain.block_number == before + 3  # Rounding, Shares, Vault
    foundry.Vault.deploy(chain.accounts[5], (3, 4))
    assert chain.block_number == before + 4
    assert chain.nonce(chain.accounts[0]) == 2


def test_a_library_that_a_revert_has_taken_away_is_deployed_again(foundry, chain):
    with chain.anchor():
        foundry.Vault.deploy(chain.accounts[5], (1, 2))
    token = token_of(foundry)
    vault = foundry.Vault.deploy(token, (4001, 7))
    token.approve(vault, 307)
    vault.deposit(307)
    assert vault.sharesOf(chain.accounts[0]) == 304


def test_other_code_at_a_librarys_former_address_is_not_taken_for_it(foundry, chain):
    with chain.anchor():
        foundry.Vault.deploy(chain.accounts[5], (1, 2))
    with chain.impersonate(LIBRARIAN) as librarian:  # where Rounding was
        chain.deploy_raw("0x60016000526001601ff3", librarian)
    token = token_of(foundry)
    vault = foundry.Vault.deploy(token, (4001, 7))
    token.approve(vault, 307)
    assert vault.deposit(307).status == 1


def test_a_given_library_is_used_instead(foundry, chain):
    shares = foundry.Shares.deploy()
    before = chain.block_number
    vault = foundry.Vault.deploy(chain.accounts[5], (1, 2), libraries={"Shares": shares})
    assert chain.block_number == before + 1
    assert bytes.fromhex(shares.address[2:]) in chain.code(vault)


def test_a_library_that_is_not_used_is_refused_and_nothing_is_deployed(foundry, chain):
    before = chain.block_number
    with pytest.raises(UnwantedLibrary, match="uses src/libraries/Shares"):
        foundry.Vault.deploy(chain.accounts[5], (1, 2), libraries={"Rounding": chain.accounts[3]})
    assert chain.block_number == before


def test_a_library_that_is_nowhere_is_refused_by_name(foundry, chain):
    alone = Project(chain, [foundry.Vault.artifact])
    with pytest.raises(UnlinkedLibrary, match=r"src/libraries/Shares\.sol:Shares"):
        alone.Vault.deploy(chain.accounts[5], (1, 2))


def test_a_library_of_a_library_that_is_nowhere_is_refused_before_anything_is_deployed(foundry, chain):
    without = Project(chain, [foundry.Vault.artifact, foundry.Shares.artifact])
    with pytest.raises(
        UnlinkedLibrary, match=r"Shares is not linked with src/libraries/Rounding\.sol"
    ) as caught:
        without.Vault.deploy(chain.accounts[5], (1, 2))
    assert caught.value.libraries == ("src/libraries/Rounding.sol:Rounding",)
    assert chain.block_number == 0


def test_libraries_that_call_each_other_are_refused_with_the_way_round(chain):
    def calling(name, other):
        return Artifact(
            name, "a.sol", [], bytes(20), b"", link_references=(LinkReference("a.sol", other, 0),)
        )

    project = Project(chain, [calling("Sums", "Roots"), calling("Roots", "Sums"), calling("Vault", "Sums")])
    with pytest.raises(CircularLibraries, match=r"a\.sol:Sums -> a\.sol:Roots -> a\.sol:Sums") as caught:
        project.Vault.deploy()
    assert caught.value.libraries == ("a.sol:Sums", "a.sol:Roots")


@pytest.mark.parametrize("name", ["IVault", "Pausable"])
def test_what_has_no_bytecode_is_not_deployed_but_found_at_an_address(foundry, chain, name):
    with pytest.raises(NoBytecode, match=r"out/.*\.json"):
        foundry[name].deploy()
    vault = foundry.Vault.deploy(chain.accounts[5], (11, 2))
    at = foundry[name].at(vault)
    assert at.address == vault.address
    assert at.terms().cap == 11 if name == "IVault" else at.paused() is False


def test_wrong_arguments_are_refused(foundry, chain):
    with pytest.raises(InvalidArgument, match=r"constructor\(address asset_, .* without terms_"):
        foundry.Vault.deploy(chain.accounts[5])


def test_arguments_of_a_constructor_can_be_named(foundry, chain):
    vault = foundry.Vault.deploy(terms_=(4001, 7), asset_=chain.accounts[5])
    assert (vault.asset(), vault.terms().feePermille) == (chain.accounts[5].address, 7)


def test_code_is_recognised_whoever_deployed_it(project, chain):
    artifact = project.Vault.artifact
    shares = project.Shares.deploy()
    elsewhere = Project(chain, [artifact]).Vault.deploy(
        chain.accounts[5], (13, 2), libraries={"Shares": shares}
    )
    found = project.recognise(elsewhere.address)
    assert found.terms().cap == 13
    assert project.recognise(shares).abi == project.Shares.abi


def test_code_of_nobodys_is_not_recognised(foundry, chain):
    with pytest.raises(UnrecognisedCode, match="there is no code"):
        foundry.recognise(chain.accounts[4])
    unknown = chain.deploy_raw("0x60016000526001601ff3")
    with pytest.raises(UnrecognisedCode, match="its 1 bytes of code fit none of"):
        foundry.recognise(unknown)


def test_code_that_two_contracts_share_is_refused_with_both(foundry, chain):
    token = foundry["src/Token.sol:Token"].artifact
    twins = [token, Artifact("Twin", "src/Twin.sol", token.abi, token.bytecode, token.runtime)]
    project = Project(chain, twins)
    deployed = Project(chain, twins).Twin.deploy(1)
    with pytest.raises(AmbiguousCode, match=r"project\['src/Twin\.sol:Twin'\]\.at") as caught:
        project.recognise(deployed)
    assert set(caught.value.candidates) == {"src/Token.sol:Token", "src/Twin.sol:Twin"}


def test_immutables_are_read_from_the_code(project, chain):
    vault = project.Vault.deploy(chain.accounts[5], (4001, 7), sender=chain.accounts[3])
    values = {name: int.from_bytes(word, "big") for name, word in project.Vault.immutables(vault).items()}
    guardian, asset = (int(chain.accounts[i].address, 16) for i in (3, 5))
    assert sorted(values.values()) == sorted([guardian, asset, 4001, 7])
    if "cap" in values:
        assert (values["guardian"], values["asset"]) == (guardian, asset)
        assert (values["cap"], values["feePermille"]) == (4001, 7)


def test_immutables_of_other_code_are_not_read(foundry, chain):
    with pytest.raises(NotItsCode, match=r"src/Vault\.sol:Vault"):
        foundry.Vault.immutables(token_of(foundry))


def test_what_was_built_of_other_sources_is_not_deployed(foundry_project, chain, tmp_path):  # noqa: F811
    shutil.copytree(foundry_project, tmp_path, dirs_exist_ok=True)
    source = tmp_path / "src" / "libraries" / "Shares.sol"
    source.write_text(source.read_text().replace("1000", "999"))
    project = opened(tmp_path, chain)
    assert project["src/Token.sol:Token"].deploy(5).totalSupply() == 5
    with pytest.raises(StaleBuild, match="run `forge build`"):
        _ = project.Vault


def test_a_project_can_be_looked_around_in(foundry):
    assert {"Vault", "Token", "IVault"} <= set(dir(foundry))
    assert repr(foundry.Vault) == "<Vault(address asset_, (uint256,uint16) terms_) of src/Vault.sol>"
    assert "Foundry at" in repr(foundry)
    assert "Vault" in foundry
    assert "Vaults" not in foundry
    assert not hasattr(foundry, "Vaults")
    with pytest.raises(UnknownContract, match="there is Vault"):
        _ = foundry.Vaults
    with pytest.raises(AmbiguousContract, match=r"src/legacy/Token\.sol:Token"):
        _ = foundry.Token


def test_forge_names_immutables_after_a_build_with_build_info(foundry_project, chain, tmp_path):  # noqa: F811
    from tests.projects.building import PROJECTS, ROOT, run

    shutil.copytree(PROJECTS / "foundry", tmp_path, dirs_exist_ok=True)
    forge = str(ROOT / "node_modules" / ".bin" / "forge")
    run([forge, "build", "--offline", "--build-info"], tmp_path, FOUNDRY_SOLC=str(PROJECTS / "solc.mjs"))
    project = opened(tmp_path, chain)
    vault = project.Vault.deploy(chain.accounts[5], (4001, 7))
    assert int.from_bytes(project.Vault.immutables(vault)["cap"], "big") == 4001
