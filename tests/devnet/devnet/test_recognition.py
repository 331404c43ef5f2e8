"""Contracts of a project whose code differs from the artifact's, with nothing to say where it may."""

import json

import pytest
from tests.devnet.evm.conftest import event, function

from zkrollup.artifacts import Artifact, BrokenArtifact, projects
from zkrollup.artifacts.catalogue import Catalogue
from zkrollup.devnet.project import AmbiguousCode, Project, UnrecognisedCode
from zkrollup.evm import Chain
from zkrollup.evm.addresses import contract_address

# Init code that leaves a word: the block's number, or its time. Compilers call such a word an immutable.
NUMBER, TIME = (bytes([opcode]) + bytes.fromhex("5f5260205ff3") for opcode in (0x43, 0x42))
# create2(0, calldata, salt 0), and return the address
RUNTIME = bytes.fromhex("365f5f375f365f5ff55f5260205ff3")
# create(0, NUMBER), and leave RUNTIME behind
FACTORY = (
    b"\x66"
    + NUMBER
    + bytes.fromhex("5f52600760195ff050")
    + b"\x6e"
    + RUNTIME
    + bytes.fromhex("5f52600f6011f3")
)


def artifact(name, bytecode, runtime, *abi):
    return Artifact(name, f"{name}.sol", list(abi), bytecode, runtime)


PAIR = artifact("Pair", NUMBER, bytes(32), function("sync"), event("Sync", "uint256 reserve"))
CLOCK = artifact("Clock", TIME, bytes(32), function("tick"))
MAKER = artifact("Maker", FACTORY, RUNTIME, function("make"))


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def project(chain):
    return Project(chain, [PAIR, CLOCK, MAKER])


def made(chain, maker, init_code):
    """Where the maker's CREATE2 puts a contract."""
    receipt = chain.transact(to=maker, data=init_code)
    return "0x" + receipt.output[12:].hex()


def test_what_the_project_deployed_is_known(project, chain):
    pair, clock = project.Pair.deploy(), project.Clock.deploy()
    chain.mine(3)
    assert project.recognise(pair).abi == PAIR.abi
    assert project.recognise(clock.address.lower()).abi == CLOCK.abi


def test_what_others_deployed_is_known_by_its_init_code(project, chain):
    assert project.recognise(chain.deploy_raw(NUMBER + b"\x07" * 32)).abi == PAIR.abi
    assert project.recognise(chain.deploy_raw(TIME)).abi == CLOCK.abi


def test_what_a_constructor_and_a_factory_made_is_known(project, chain):
    maker = project.Maker.deploy()
    assert project.recognise(contract_address(maker.address, 1)).abi == PAIR.abi
    chain.mine(5)
    pair, clock = made(chain, maker, NUMBER), made(chain, maker, TIME + b"\x05")
    chain.mine(2)
    assert project.recognise(pair).abi == PAIR.abi
    assert project.recognise(clock).abi == CLOCK.abi


def test_traces_name_what_a_factory_made_without_being_told(project, chain):
    maker = project.Maker.deploy()
    pair = made(chain, maker, NUMBER)
    assert str(chain.trace(chain.transact(to=pair))).startswith("Pair [")
    inner = contract_address(maker.address, 1)
    data = project.Pair.at(pair).encode("sync")
    assert str(chain.trace(chain.transact(to=inner, data=data))).startswith("Pair.sync() [")


def test_a_name_that_was_given_is_left_alone(project, chain):
    pair = made(chain, project.Maker.deploy(), NUMBER)
    chain.label(pair, "pool")
    assert str(chain.trace(chain.transact(to=pair))).startswith("pool [")


def test_what_a_revert_replaced_is_not_taken_for_what_was_deployed(project, chain):
    with chain.anchor():
        project.Pair.deploy()
    clock = chain.deploy_raw(TIME)
    assert project.recognise(clock).abi == CLOCK.abi


def test_code_that_no_transaction_made_or_of_another_project_stays_unknown(project, chain):
    chain.set_code("0x" + "c1" * 20, b"\x01" * 32)
    for address in ("0x" + "c1" * 20, chain.deploy_raw(bytes.fromhex("445f5260205ff3"))):
        with pytest.raises(UnrecognisedCode, match="its 32 bytes of code fit none of 3 contracts"):
            project.recognise(address)


def named_folder(tmp_path, **contents):
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(content, encoding="utf-8")
    return Catalogue.open(projects.find(tmp_path, [tmp_path]))


def test_a_file_that_cannot_be_read_hides_no_other_contract(chain, tmp_path):
    coin = json.dumps({"abi": PAIR.abi, "bytecode": NUMBER.hex(), "deployedBytecode": "00" * 32})
    project = Project(chain, named_folder(tmp_path, Coin=coin, Odd="{"))
    assert project.recognise(chain.deploy_raw(NUMBER)).abi == PAIR.abi
    with pytest.raises(BrokenArtifact, match=r"Odd\.json"):
        project.recognise(chain.deploy_raw(TIME))


def test_two_contracts_of_the_same_init_code_are_refused_with_both(chain):
    twin = artifact("Twin", NUMBER, bytes(32))
    project = Project(chain, [PAIR, twin])
    with pytest.raises(AmbiguousCode) as caught:
        project.recognise(chain.deploy_raw(NUMBER))
    assert set(caught.value.candidates) == {"Pair.sol:Pair", "Twin.sol:Twin"}


def test_a_project_is_asked_no_more_when_the_chain_has_gone_back(chain):
    with chain.anchor():
        Project(chain, [PAIR])
    pair = chain.deploy_raw(NUMBER)
    assert str(chain.trace(chain.transact(to=pair))).startswith("0x")
