"""EIP-712 signatures and permits, held to contracts that check them."""

import pytest
from eth_account import Account

from zkrollup.evm import (
    CannotSign,
    InvalidTypedData,
    Permit,
    Reverted,
    UnknownDomain,
    eip712_domain,
    sign_permit,
    sign_typed_data,
)

pytestmark = pytest.mark.node

ORDER = {
    "Order": [{"name": "buyer", "type": "address"}, {"name": "item", "type": "Item"}],
    "Item": [{"name": "seller", "type": "address"}, {"name": "price", "type": "uint256"}],
}


@pytest.fixture(params=["PlainToken", "SoladyToken"])
def token(request, deploy):
    """OpenZeppelin's, with EIP-5267, and Solady's, without."""
    return deploy(request.param)


def test_a_permit_is_taken_from_anybody_once(token, alice, bob):
    permit = sign_permit(token, alice, bob, 501)
    token.permit(*permit, sender=bob)
    assert (token.allowance(alice, bob), token.nonces(alice)) == (501, 1)
    with pytest.raises(Reverted):
        token.permit(*permit, sender=bob)


def test_the_next_permit_has_the_next_nonce(token, alice, bob):
    for value in (503, 509):
        token.permit(*sign_permit(token, alice, bob, value))
        assert token.allowance(alice, bob) == value


@pytest.mark.parametrize("change", ["owner", "spender", "value", "deadline", "r"])
def test_a_permit_of_somebody_else_or_for_something_else_is_refused(change, token, alice, bob):
    permit = sign_permit(token, alice, bob, 521, deadline=2**40)
    other = {
        "owner": bob.address,
        "spender": alice.address,
        "value": 523,
        "deadline": 2**40 + 1,
        "r": permit.s,
    }[change]
    with pytest.raises(Reverted) as caught:
        token.permit(*permit._replace(**{change: other}))
    assert caught.value.name in ("ERC2612InvalidSigner", "ECDSAInvalidSignature", "InvalidPermit")
    token.permit(*permit)
    assert token.allowance(alice, bob) == 521


def test_a_permit_ends_with_its_deadline(chain, token, alice, bob):
    late = sign_permit(token, alice, bob, 541, deadline=chain.timestamp)
    with pytest.raises(Reverted) as caught:
        token.permit(*late)
    assert caught.value.name in ("ERC2612ExpiredSignature", "PermitExpired")
    token.permit(*sign_permit(token, alice, bob, 547, deadline=chain.timestamp + 1))
    assert token.allowance(alice, bob) == 547


def test_a_permit_may_be_signed_ahead_of_another(token, alice, bob):
    second = sign_permit(token, alice, bob, 557, nonce=1)
    with pytest.raises(Reverted):
        token.permit(*second)
    token.permit(*sign_permit(token, alice, bob, 563))
    token.permit(*second)
    assert token.allowance(alice, bob) == 557


def test_a_permit_names_its_parts_as_the_standard_does(token, alice, bob):
    permit = sign_permit(token, alice, bob.address, 569)
    assert Permit._fields == tuple(entry["name"] for entry in token.permit.overloads[0].inputs)
    assert permit[:4] == (alice.address, bob.address, 569, 2**256 - 1)


def test_a_domain_is_what_the_contract_says(chain, token):
    assert eip712_domain(token) == {
        "name": token.name(),
        "version": "1",
        "chainId": chain.chain_id,
        "verifyingContract": token.address,
    }


def test_structs_in_structs_are_signed_for_a_contract_with_a_version_of_its_own(deploy, alice, bob):
    market = deploy("OldDomain", "2", "2")
    item = {"seller": bob, "price": 571}
    signed = sign_typed_data(alice, market, ORDER, {"buyer": alice, "item": item})
    assert market.signer(alice, item, *signed) == alice.address
    assert market.signer(alice, {**item, "price": 577}, *signed) != alice.address
    assert signed.packed == signed.r + signed.s + bytes((signed.v,))


def test_a_domain_may_be_given(deploy, chain, alice, bob):
    market, item = deploy("OldDomain", "2", "3"), {"seller": bob, "price": 587}
    domain = {"name": "Old Domain", "version": "3", "chainId": 31337, "verifyingContract": market}
    message = {"buyer": alice, "item": item}
    signed = sign_typed_data(alice, domain, ORDER, message)
    assert market.signer(alice, item, *signed) == alice.address
    other = sign_typed_data(alice, {**domain, "chainId": 31338}, ORDER, message)
    assert market.signer(alice, item, *other) != alice.address


def test_a_contract_whose_separator_is_of_something_else_is_refused(deploy, alice):
    market = deploy("OldDomain", "2", "3")
    with pytest.raises(UnknownDomain, match=f"{market.address}.*DOMAIN_SEPARATOR.*'version': '2'"):
        eip712_domain(market)


def test_a_contract_without_a_domain_is_refused(deploy, alice, bob):
    oracle = deploy("Oracle")
    with pytest.raises(UnknownDomain, match=r"neither eip712Domain\(\) nor name\(\)") as refusal:
        sign_typed_data(alice, oracle, ORDER, {})
    assert refusal.value.address == oracle.address
    with pytest.raises(Reverted):
        sign_permit(oracle, alice, bob, 593)


@pytest.mark.parametrize(
    "message",
    [
        {"buyer": "0x12", "item": {"seller": "0x12", "price": 1}},
        {"buyer": "0x" + "12" * 20},
        {"buyer": "0x" + "12" * 20, "item": {"seller": "0x" + "34" * 20, "prize": 5}},
        {"buyer": "0x" + "12" * 20, "item": {"seller": "0x" + "34" * 20, "price": "much"}},
        {"buyer": "0x" + "12" * 20, "item": {"seller": "0x" + "34" * 20, "price": 2**256}},
    ],
    ids=["address", "missing", "misspelt", "text", "range"],
)
def test_values_that_do_not_fit_their_types_are_refused(message, deploy, alice):
    with pytest.raises(InvalidTypedData, match="cannot be signed") as refusal:
        sign_typed_data(alice, deploy("OldDomain", "2", "2"), ORDER, message)
    assert refusal.value.values in (message, message.get("item"), "much")


def test_only_who_has_a_key_signs(chain, token, alice, bob):
    with pytest.raises(CannotSign, match="no key to sign with"):
        sign_typed_data(alice.address, token, ORDER, {})
    with chain.impersonate(bob) as nobody, pytest.raises(CannotSign, match=bob.address):
        sign_permit(token, nobody, alice, 599)
    stranger = Account.create()
    token.permit(*sign_permit(token, stranger, alice, 601))
    assert token.allowance(stranger, alice) == 601
