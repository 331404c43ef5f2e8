"""Libraries' addresses in init code."""

import pytest

from zkrollup.artifacts import Artifact, LinkReference, linking
from zkrollup.artifacts.linking import NoBytecode, UnlinkedLibrary, UnwantedLibrary

SUMS, ROOTS = b"\x51" * 20, b"\x52" * 20
VAULT = Artifact(
    name="Vault",
    source_name="src/Vault.sol",
    abi=[],
    bytecode=b"\x61" + bytes(20) + b"\x62" + bytes(20) + b"\x63" + bytes(20),
    runtime=b"\x64",
    link_references=(
        LinkReference("lib/Sums.sol", "Sums", 1),
        LinkReference("lib/Roots.sol", "Roots", 22),
        LinkReference("lib/Sums.sol", "Sums", 43),
    ),
    origin="out/Vault.json",
)
ADDRESSES = {"lib/Sums.sol:Sums": SUMS, "lib/Roots.sol:Roots": ROOTS}


def test_each_place_gets_its_librarys_address():
    assert linking.wanted(VAULT) == ("lib/Sums.sol:Sums", "lib/Roots.sol:Roots")
    assert linking.link(VAULT, ADDRESSES) == b"\x61" + SUMS + b"\x62" + ROOTS + b"\x63" + SUMS


def test_a_library_without_an_address_is_refused_by_name_and_file():
    with pytest.raises(UnlinkedLibrary, match=r"out/Vault\.json.*libraries=\{'Roots'") as caught:
        linking.link(VAULT, {"lib/Sums.sol:Sums": SUMS})
    assert caught.value.libraries == ("lib/Roots.sol:Roots",)


def test_libraries_are_chosen_by_name_or_by_source_and_name():
    assert linking.chosen(VAULT, {"Roots": ROOTS, "lib/Sums.sol:Sums": SUMS}) == ADDRESSES


@pytest.mark.parametrize("name", ["Products", "other/Sums.sol:Sums"])
def test_a_library_that_is_not_used_is_refused_with_those_that_are(name):
    with pytest.raises(UnwantedLibrary, match=r"uses lib/Sums\.sol:Sums, lib/Roots\.sol:Roots") as caught:
        linking.chosen(VAULT, {name: SUMS})
    assert caught.value.library == name


def test_a_name_that_two_libraries_share_needs_the_source():
    references = (LinkReference("a.sol", "Sums", 1), LinkReference("b.sol", "Sums", 22))
    twice = Artifact("Twice", "Twice.sol", [], VAULT.bytecode, b"", link_references=references)
    with pytest.raises(UnwantedLibrary, match=r"a\.sol:Sums, b\.sol:Sums"):
        linking.chosen(twice, {"Sums": SUMS})
    assert linking.chosen(twice, {"b.sol:Sums": SUMS}) == {"b.sol:Sums": SUMS}


def test_an_interface_has_nothing_to_link():
    interface = Artifact("IVault", "src/IVault.sol", [], b"", b"", origin="out/IVault.json")
    with pytest.raises(NoBytecode, match=r"out/IVault\.json"):
        linking.link(interface, {})
