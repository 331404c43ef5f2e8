"""Compilers' documents: what is read of each field, and what is said of one that is not as it should be."""

import copy
import json
import subprocess
import sys

import pytest

from zkrollup.artifacts import BrokenArtifact, ByteRange, LinkReference, files, standard_json, vyper_json
from zkrollup.artifacts.standard_json import read_output

HOLE = "__$" + "5a" * 17 + "$__"

CONTRACT = {
    "abi": [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}],
    "evm": {
        "bytecode": {
            "object": f"60{HOLE}61",
            "linkReferences": {"src/Sums.sol": {"Sums": [{"start": 1, "length": 20}]}},
        },
        "deployedBytecode": {
            "object": f"6263{HOLE}{'00' * 32}64",
            "linkReferences": {"src/Sums.sol": {"Sums": [{"start": 2, "length": 20}]}},
            "immutableReferences": {"41": [{"start": 22, "length": 32}]},
            "sourceMap": "1:2:3",
        },
    },
    "storageLayout": {"storage": []},
    "metadata": json.dumps({"sources": {"src/Vault.sol": {"keccak256": "0x" + "7b" * 32}}}),
}


def variable(number, name, mutability="immutable"):
    return {"nodeType": "VariableDeclaration", "id": number, "name": name, "mutability": mutability}


def tree(*contracts):
    return {"nodeType": "SourceUnit", "nodes": [{"nodeType": "PragmaDirective"}, *contracts]}


OUTPUT = {
    "contracts": {"src/Vault.sol": {"Vault": CONTRACT}},
    "sources": {
        "src/Vault.sol": {
            "id": 3,
            "ast": tree({"name": "Vault", "nodes": [variable(41, "cap"), variable(42, "sum", "mutable")]}),
        },
        "src/Sums.sol": {"id": 5},
    },
}


def changed(path, value):
    """The output with another value at a path; None removes it."""
    output = copy.deepcopy(OUTPUT)
    *parents, last = path
    place = output
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return output


VAULT = ("contracts", "src/Vault.sol", "Vault")
CODE = (*VAULT, "evm", "bytecode")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (5, "abi[1]"),
        ({"type": 7}, "abi[1].type"),
        ({"type": "event", "name": ["Paid"]}, "abi[1].name"),
        ({"type": "event", "inputs": 3}, "abi[1].inputs"),
        ({"type": "function", "outputs": [{"name": "x"}]}, "abi[1].outputs[0].type"),
        ({"type": "error", "inputs": [{"type": "tuple[2]"}]}, "abi[1].inputs[0].components"),
    ],
)
def test_an_abi_of_another_form_is_named_by_its_field(entry, field):
    where = f"contracts.src/Vault.sol.Vault.{field}"
    with pytest.raises(BrokenArtifact) as refusal:
        read_output(changed((*VAULT, "abi"), [*CONTRACT["abi"], entry]), origin="out.json")
    assert (refusal.value.path, refusal.value.field) == ("out.json", where)


def test_every_field_of_a_standard_json_output_is_read():
    (vault,) = read_output(OUTPUT, origin="out.json")
    assert (vault.name, vault.source_name, vault.origin) == ("Vault", "src/Vault.sol", "out.json")
    assert vault.qualified_name == "src/Vault.sol:Vault"
    assert vault.bytecode == b"\x60" + bytes(20) + b"\x61"
    assert vault.runtime == b"\x62\x63" + bytes(52) + b"\x64"
    assert vault.link_references == (LinkReference("src/Sums.sol", "Sums", 1),)
    assert vault.runtime_link_references == (LinkReference("src/Sums.sol", "Sums", 2),)
    assert vault.immutables == {"cap": (ByteRange(22, 32),)}
    assert vault.source_ids == {3: "src/Vault.sol", 5: "src/Sums.sol"}
    assert vault.source_map == "1:2:3"
    assert vault.source_hashes == {"src/Vault.sol": "7b" * 32}
    assert vault.language == "Solidity"


def test_what_was_not_selected_is_left_empty():
    output = {"contracts": {"a.sol": {"A": {"abi": [], "evm": {}}}}}
    output["contracts"]["a.sol"]["A"]["evm"] = {
        "bytecode": {"object": "6001"},
        "deployedBytecode": {"object": "6002"},
    }
    (artifact,) = read_output(output, origin="out.json")
    assert (artifact.bytecode, artifact.runtime) == (b"\x60\x01", b"\x60\x02")
    assert not any(
        (artifact.source_map, artifact.immutables, artifact.storage_layout, artifact.source_hashes)
    )


def test_private_immutables_of_one_name_are_told_apart_by_their_contracts():
    base = {"name": "Base", "nodes": [variable(7, "cap")]}
    vault = {"name": "Vault", "nodes": [variable(41, "cap")]}
    output = changed(("sources", "src/Vault.sol", "ast"), tree(base, vault))
    references = {"41": [{"start": 22, "length": 32}], "7": [{"start": 54, "length": 0}]}
    output["contracts"]["src/Vault.sol"]["Vault"]["evm"]["deployedBytecode"]["immutableReferences"] = (
        references
    )
    (artifact,) = read_output(output, origin="out.json")
    assert set(artifact.immutables) == {"Base.cap", "Vault.cap"}


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [
        (("contracts",), None, "contracts", "missing"),
        (("contracts",), [], "contracts", "no object"),
        ((*VAULT, "abi"), None, f"{'.'.join(VAULT)}.abi", "missing"),
        ((*VAULT, "abi"), {}, f"{'.'.join(VAULT)}.abi", "no array"),
        ((*CODE, "object"), None, f"{'.'.join(CODE)}.object", "missing"),
        ((*CODE, "object"), 17, f"{'.'.join(CODE)}.object", "no string"),
        ((*CODE, "object"), f"60{HOLE}zz", f"{'.'.join(CODE)}.object", "no code in hex"),
        ((*CODE, "object"), f"60{HOLE}6", f"{'.'.join(CODE)}.object", "no code in hex"),
        (
            (*CODE, "object"),
            f"60{'00' * 20}{HOLE}",
            f"{'.'.join(CODE)}.object",
            "unlinked library at byte 21",
        ),
        ((*CODE, "object"), "60", f"{'.'.join(CODE)}.object", "no 20 bytes at 1 for the library Sums"),
        ((*CODE, "linkReferences"), None, f"{'.'.join(CODE)}.object", "unlinked library at byte 1"),
        (
            (*CODE, "linkReferences", "src/Sums.sol", "Sums"),
            [{"start": -1, "length": 20}],
            f"{'.'.join(CODE)}.linkReferences.src/Sums.sol.Sums[0].start",
            "negative",
        ),
        (("sources", "src/Vault.sol", "id"), True, "sources.src/Vault.sol.id", "no whole number"),
        ((*VAULT, "metadata"), "{", f"{'.'.join(VAULT)}.metadata", "no JSON"),
    ],
)
def test_a_broken_field_is_refused_by_file_and_place(path, value, field, reason):
    with pytest.raises(BrokenArtifact, match=reason) as caught:
        read_output(changed(path, value), origin="build/out.json")
    assert (caught.value.path, caught.value.field) == ("build/out.json", field)
    assert "build/out.json" in str(caught.value)


# --- Vyper

PIGGY = """
# pragma version ~=0.4.3
GUARDIAN: public(immutable(address))
CAP: immutable(uint256)
saved: public(HashMap[address, uint256])

@deploy
def __init__(cap: uint256):
    GUARDIAN = msg.sender
    CAP = cap

@external
def save(amount: uint256):
    assert amount <= CAP, "above the cap"
    self.saved[msg.sender] += amount
"""


def vyper(folder, *arguments):
    command = [sys.executable, "-m", "vyper", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_vypers_combined_json_is_read_with_immutables_behind_the_code(write, tmp_path):
    write("src/Piggy.vy", PIGGY)
    output = json.loads(vyper(tmp_path, "-f", "combined_json", "src/Piggy.vy"))
    (piggy,) = vyper_json.read_output(output, origin="piggy.json")
    assert (piggy.name, piggy.source_name, piggy.language) == ("Piggy", "src/Piggy.vy", "Vyper")
    body = bytes.fromhex(output["src/Piggy.vy"]["bytecode_runtime"][2:])
    assert piggy.runtime == body + bytes(64)
    assert piggy.immutables == {
        "GUARDIAN": (ByteRange(len(body), 32),),
        "CAP": (ByteRange(len(body) + 32, 32),),
    }
    assert piggy.storage_layout["saved"]["slot"] == 0
    assert piggy.source_map


def test_a_field_missing_from_vypers_output_is_named():
    with pytest.raises(BrokenArtifact, match="missing") as caught:
        vyper_json.read_output({"version": "0.4.3", "a.vy": {"abi": [], "bytecode": "0x60"}}, origin="a.json")
    assert caught.value.field == "a.vy.bytecode_runtime"


def test_vypers_standard_json_is_read_by_the_same_function_as_solcs(write, tmp_path):
    request = {
        "language": "Vyper",
        "sources": {"Piggy.vy": {"content": PIGGY}},
        "settings": {"outputSelection": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode", "layout"]}},
    }
    write("input.json", request)
    output = json.loads(vyper(tmp_path, "--standard-json", "input.json"))
    (piggy,) = standard_json.read_output(output, origin="output.json")
    assert (piggy.name, piggy.language) == ("Piggy", "Vyper")
    assert set(piggy.immutables) == {"GUARDIAN", "CAP"}
    assert piggy.runtime[-64:] == bytes(64)


# --- Hardhat


def test_hardhat_3s_names_of_packages_lose_their_version(write, tmp_path):
    places = [{"start": 1, "length": 20}]
    file = write(
        "artifacts/contracts/Vault.sol/Vault.json",
        {
            "_format": "hh3-artifact-1",
            "contractName": "Vault",
            "sourceName": "contracts/Vault.sol",
            "abi": [],
            "bytecode": f"0x60{HOLE}",
            "deployedBytecode": f"0x61{HOLE}",
            "linkReferences": {"npm/@scope/sums@1.2.3/src/Sums.sol": {"Sums": places}},
            "deployedLinkReferences": {"npm/roots@4.5.6/Roots.sol": {"Roots": places}},
            "immutableReferences": {},
        },
    )
    (vault,) = files.Reader(tmp_path / "artifacts").read(file)
    assert vault.link_references == (LinkReference("@scope/sums/src/Sums.sol", "Sums", 1),)
    assert vault.runtime_link_references == (LinkReference("roots/Roots.sol", "Roots", 1),)


# --- any file


def test_a_file_is_read_by_what_it_looks_like(write, tmp_path):
    reader = files.Reader(tmp_path)
    assert [each.name for each in reader.read(write("output.json", OUTPUT))] == ["Vault"]
    build_info = {"solcLongVersion": "0.8.37+commit.1", "input": {}, "output": OUTPUT}
    assert [each.name for each in reader.read(write("build.json", build_info))] == ["Vault"]
    combined = {"version": "0.4.3", "b.vy": {"abi": [], "bytecode": "0x6003", "bytecode_runtime": "0x6004"}}
    assert [each.name for each in reader.read(write("combined.json", combined))] == ["b"]


# --- files of one contract

ABI = [{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}]
METADATA = json.dumps(
    {
        "settings": {"compilationTarget": {"contracts/Pair.sol": "Pair"}},
        "sources": {"contracts/Pair.sol": {"keccak256": "0x" + "3c" * 32}},
    }
)


def read_one(write, tmp_path, name, content):
    (found,) = files.Reader(tmp_path).read(write(name, content))
    return found


@pytest.mark.parametrize("metadata", [METADATA, json.loads(METADATA)], ids=["text", "object"])
def test_foundrys_metadata_may_be_text_as_solc_emits_it(write, tmp_path, metadata):
    content = {
        "abi": ABI,
        "bytecode": {"object": "0x6003"},
        "deployedBytecode": {"object": "0x6005"},
        "metadata": metadata,
    }
    pair = read_one(write, tmp_path, "out/Pair.sol/Pair.json", content)
    assert pair.qualified_name == "contracts/Pair.sol:Pair"
    assert pair.source_hashes == {"contracts/Pair.sol": "3c" * 32}


def test_metadata_that_is_neither_is_refused(write, tmp_path):
    content = {
        "abi": ABI,
        "bytecode": {"object": "60"},
        "deployedBytecode": {"object": "61"},
        "metadata": [3],
    }
    with pytest.raises(BrokenArtifact, match="field 'metadata' is no string"):
        read_one(write, tmp_path, "out/Pair.sol/Pair.json", content)


@pytest.mark.parametrize("more", [{}, {"metadata": METADATA}])
def test_waffles_artifact_has_its_code_below_evm_too(write, tmp_path, more):
    content = {"abi": ABI, "bytecode": "6003", "interface": ABI, "evm": CONTRACT["evm"]} | more
    pair = read_one(write, tmp_path, "build/Pair.json", content)
    assert (pair.name, pair.abi) == ("Pair", ABI)
    assert pair.source_name == ("contracts/Pair.sol" if more else "Pair.sol")
    assert pair.bytecode == b"\x60" + bytes(20) + b"\x61"
    assert pair.link_references == (LinkReference("src/Sums.sol", "Sums", 1),)
    assert pair.source_map == "1:2:3"


TRUFFLE = {
    "contractName": "Coin",
    "abi": ABI,
    "metadata": METADATA,
    "bytecode": "0x6003",
    "deployedBytecode": "0x6005",
    "immutableReferences": {"7": [{"start": 0, "length": 1}]},
    "sourceMap": "9:9:9",
    "deployedSourceMap": "1:3:5",
    "sourcePath": "/home/somebody/contracts/Coin.sol",
    "compiler": {"name": "solc", "version": "0.8.19"},
    "networks": {},
    "schemaVersion": "3.4.16",
}
BROWNIE = {
    "abi": ABI,
    "allSourcePaths": {"0": "contracts/Coin.vy", "12": "interfaces/Mint.vy"},
    "bytecode": "6003",
    "bytecodeSha1": "5d" * 20,
    "contractName": "Coin",
    "deployedBytecode": "6005",
    "deployedSourceMap": "1:3:5",
    "language": "Vyper",
    "sourcePath": "contracts/Coin.vy",
}


def test_truffles_artifact_is_read(write, tmp_path):
    coin = read_one(write, tmp_path, "build/contracts/Other.json", TRUFFLE)
    assert coin.qualified_name == "/home/somebody/contracts/Coin.sol:Coin"
    assert (coin.bytecode, coin.runtime, coin.source_map) == (b"\x60\x03", b"\x60\x05", "1:3:5")
    assert coin.immutables == {"7": (ByteRange(0, 1),)}
    assert coin.abi == ABI


def test_brownies_artifact_is_read(write, tmp_path):
    coin = read_one(write, tmp_path, "build/contracts/Coin.json", BROWNIE)
    assert (coin.qualified_name, coin.language) == ("contracts/Coin.vy:Coin", "Vyper")
    assert (coin.bytecode, coin.runtime) == (b"\x60\x03", b"\x60\x05")
    assert coin.source_ids == {0: "contracts/Coin.vy", 12: "interfaces/Mint.vy"}


def test_a_deployments_file_is_read_as_the_contract_that_it_is_named_by(write, tmp_path):
    content = {"address": "0x" + "3d" * 20, "abi": ABI, "args": [3], "bytecode": "0x6003", "receipt": {}}
    coin = read_one(write, tmp_path, "deployments/mainnet/Coin.json", content)
    assert (coin.qualified_name, coin.bytecode, coin.runtime) == ("Coin.sol:Coin", b"\x60\x03", b"")


@pytest.mark.parametrize("content", [TRUFFLE, BROWNIE], ids=["Truffle", "Brownie"])
@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"bytecode": "0x60__Sums______________________________________"}, "bytecode", "unlinked library"),
        ({"deployedBytecode": "0x6"}, "deployedBytecode", "no code in hexadecimal digits"),
        ({"deployedBytecode": {"object": "60"}}, "deployedBytecode", "is no string"),
        ({"abi": "f()"}, "abi", "is no array"),
        ({"contractName": 7}, "contractName", "is no string"),
    ],
)
def test_what_is_wrong_with_one_is_named_by_its_field(write, tmp_path, content, changes, field, reason):
    with pytest.raises(BrokenArtifact, match=reason) as caught:
        read_one(write, tmp_path, "build/Coin.json", content | changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"language": "Solidity", "sources": {}, "settings": {}}, "standard-JSON input"),
        ({"contracts": {"a.sol:A": {"bin": "6001", "abi": []}}}, "solc's combined JSON"),
        ([{"type": "function", "name": "f"}], "an ABI alone"),
        ({"name": "package", "version": "1.0.0"}, "no format known here"),
        ([], "no format known here"),
        ("{", "no JSON"),
    ],
)
def test_a_file_of_no_readable_format_is_refused_by_what_it_looks_like(write, tmp_path, content, reason):
    file = write("odd.json", content)
    with pytest.raises(BrokenArtifact, match=reason) as caught:
        files.Reader(tmp_path).read(file)
    assert caught.value.path == str(file)
