"""Which ABI counts where several fit, and that what a chain learned goes back with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devnet.evm.conftest import error, event, function
from tests.devnet.evm.programs import logging, passing_on, reverting, selector, topic, word

from zkrollup.evm import Chain, Reverted
from zkrollup.evm.abi import Interface
from zkrollup.evm.knowledge import Knowledge

FIRST = "0x00000000000000000000000000000000000000C1"
SECOND = "0x00000000000000000000000000000000000000C2"
GO = function("go")


def seen(name):
    return [GO, event("Seen", f"uint256 {name}")]


def bad(name):
    return [GO, error("Bad", f"uint256 {name}")]


EMITS = logging(word(7), topic("Seen(uint256)"))
FAILS = reverting(selector("Bad(uint256)") + word(11))


def error_of(act):
    with pytest.raises(Reverted) as caught:
        act()
    return caught.value


# --- which one counts


def test_a_contracts_event_has_the_names_of_the_abi_declared_at_its_address(chain):
    for address, name in ((FIRST, "cap"), (SECOND, "limit")):
        chain.set_code(address, EMITS)
        chain.contract(seen(name), address)
    for address, name in ((FIRST, "cap"), (SECOND, "limit")):
        assert chain.transact(to=address).event("Seen").args == {name: 7}
        assert chain.logs(address=address)[0].args == {name: 7}


def test_what_a_contract_object_is_asked_goes_by_its_own_abi(chain):
    chain.set_code(FIRST, EMITS)
    old, new = chain.contract(seen("cap"), FIRST), chain.contract(seen("limit"), FIRST)
    for contract, name in ((old, "cap"), (new, "limit")):
        assert contract.go().event("Seen").args == {name: 7}
        assert contract.events("Seen")[0].args == {name: 7}
    assert chain.transact(to=FIRST).event("Seen").args == {"limit": 7}  # the latest


def test_an_error_has_the_names_of_the_contract_called(chain):
    for address, name in ((FIRST, "cap"), (SECOND, "limit")):
        chain.set_code(address, FAILS)
        chain.contract(bad(name), address)
    assert error_of(lambda: chain.transact(to=FIRST)).args_by_name == {"cap": 11}
    assert error_of(lambda: chain.call(to=SECOND)).args_by_name == {"limit": 11}


def test_an_error_that_was_passed_on_has_the_names_of_the_contract_that_raised_it(chain):
    chain.set_code(FIRST, passing_on(SECOND))
    chain.set_code(SECOND, FAILS)
    chain.contract(bad("limit"), SECOND)
    outer = chain.contract(bad("cap"), FIRST)
    for act in (outer.go, outer.go.call):
        failed = error_of(act)
        assert failed.args_by_name == {"limit": 11}
        assert str(failed.retrace()).count("Bad(limit=11)") == 2


def test_a_contract_without_an_abi_is_decoded_by_the_latest_that_fits(chain):
    chain.contract(seen("cap"), FIRST)
    chain.contract(seen("limit"), FIRST)
    chain.set_code(SECOND, EMITS)
    assert chain.transact(to=SECOND).event("Seen").args == {"limit": 7}


def test_a_testers_abi_comes_before_the_packages_whenever_it_was_declared(chain):
    chain.set_code(FIRST, EMITS)
    chain.set_code(SECOND, EMITS)
    with chain.knowledge.by_package():
        chain.contract(seen("before"), FIRST)
    chain.contract(seen("mine"), FIRST)
    with chain.knowledge.by_package():
        chain.contract(seen("after"), FIRST)
    assert chain.transact(to=FIRST).event("Seen").args == {"mine": 7}
    assert chain.transact(to=SECOND).event("Seen").args == {"mine": 7}  # elsewhere too


def test_the_packages_abi_counts_where_the_tester_has_none(chain):
    chain.set_code(FIRST, EMITS)
    with chain.knowledge.by_package():
        chain.contract(seen("shipped"), FIRST)
    assert chain.transact(to=FIRST).event("Seen").args == {"shipped": 7}


def test_traces_name_functions_by_the_address_called(chain):
    for address, name in ((FIRST, "cap"), (SECOND, "limit")):
        chain.contract([function("set", (f"uint256 {name}",))], address)
    data = selector("set(uint256)") + word(13)
    assert chain.trace(chain.transact(to=FIRST, data=data)).args == {"cap": 13}
    assert chain.trace(chain.transact(to=SECOND, data=data)).args == {"limit": 13}


# --- going back


def learn(chain, name="x"):
    chain.set_code(FIRST, EMITS)
    chain.contract([*seen(name), *bad(name), function("set", (f"uint256 {name}",))], FIRST)
    chain.label(FIRST, f"Vault of {name}")


def knows(chain):
    """What a chain says of an emitting contract, of a failing one and of a call."""
    chain.set_code(FIRST, EMITS)
    chain.set_code(SECOND, FAILS)
    receipt = chain.transact(to=FIRST, data=selector("set(uint256)") + word(13))
    failed = error_of(lambda: chain.call(to=SECOND))
    return (
        [each.args for each in receipt.events],
        failed.args_by_name,
        str(chain.trace(receipt)).splitlines()[0],
    )


def by_anchor(chain):
    with chain.anchor():
        learn(chain)


def by_snapshot(chain):
    snapshot = chain.snapshot()
    learn(chain)
    chain.revert(snapshot)


def by_nested_snapshots(chain):
    outer = chain.snapshot()
    learn(chain)
    inner = chain.snapshot()
    learn(chain, "y")
    chain.revert(inner)
    assert knows(chain)[0] == [{"x": 7}]
    chain.revert(outer)


def by_json_rpc(chain):
    request = chain.w3.provider.make_request
    number = request("evm_snapshot", [])["result"]
    learn(chain)
    assert request("evm_revert", [number])["result"] is True


def by_reset(chain):
    learn(chain)
    chain.w3.provider.make_request("anvil_reset", [])


@pytest.mark.parametrize("way", [by_anchor, by_snapshot, by_nested_snapshots, by_json_rpc, by_reset])
def test_what_was_learned_since_is_forgotten(chain, way):
    fresh = knows(Chain(31337))
    assert fresh[:2] == ([], {})
    way(chain)
    assert knows(chain) == fresh


def test_what_was_learned_before_stays(chain):
    learn(chain)
    before = knows(chain)
    with chain.anchor():
        learn(chain, "y")
        assert knows(chain) != before
    assert knows(chain) == before


def test_a_contract_object_keeps_its_own_abi_when_the_chain_forgets_it(chain):
    chain.set_code(FIRST, EMITS)
    chain.set_code(SECOND, FAILS)
    with chain.anchor():
        emitting, failing = chain.contract(seen("cap"), FIRST), chain.contract(bad("cap"), SECOND)
    assert emitting.go().event("Seen")["cap"] == 7
    assert error_of(failing.go).args_by_name == {"cap": 11}


def test_a_failed_constructors_abi_is_not_kept(chain):
    init = "63" + selector("Bad(uint256)").hex() + "60e01b5f52" + "6009602353" + "60245ffd"
    failed = error_of(lambda: chain.deploy(bad("cap"), init))
    assert failed.args_by_name == {"cap": 9}
    chain.set_code(SECOND, FAILS)
    assert error_of(lambda: chain.call(to=SECOND)).name == ""


def test_declaring_the_same_again_costs_no_memory():
    knowledge, abi = Knowledge(), seen("cap")
    knowledge.declare(Interface.of(abi), FIRST)
    mark = knowledge.mark()
    for _ in range(100):
        knowledge.declare(Interface.of([dict(each) for each in abi]), FIRST)
        knowledge.label(FIRST, "Vault")
    assert knowledge.mark() == mark + 1  # the label


STEPS = st.lists(
    st.tuples(st.sampled_from([FIRST, SECOND]), st.sampled_from("abc"), st.booleans()), max_size=9
)


@settings(deadline=None)
@given(before=STEPS, after=STEPS)
def test_going_back_leaves_just_what_was_known(before, after):
    def play(knowledge, steps):
        for address, name, by_package in steps:
            if by_package:
                with knowledge.by_package():
                    knowledge.declare(Interface.of(seen(name)), address)
            else:
                knowledge.declare(Interface.of(seen(name)), address)
            knowledge.label(address, name)

    def state(knowledge):
        return [[*knowledge.interfaces(each)] for each in (FIRST, SECOND, "")], dict(knowledge.labels)

    knowledge, expected = Knowledge(), Knowledge()
    play(knowledge, before)
    play(expected, before)
    mark = knowledge.mark()
    play(knowledge, after)
    knowledge.undo_to(mark)
    assert state(knowledge) == state(expected)
