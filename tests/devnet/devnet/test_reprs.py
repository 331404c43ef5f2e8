"""How things show in a failing assertion: by name, in one short line, without secrets."""

import json
import pickle

import pytest

from pytest_zkrollup import ETH
from zkrollup.devnet import ETH as DEVNETS_ETH
from zkrollup.devnet import Devnet, Zk
from zkrollup.snark.builder import Builder
from zkrollup.snark.modes import ProofMode

LONGEST = 160


@pytest.fixture(scope="module")
def devnet():
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def things(devnet):
    """One of each, by kind, after a deposit, a transfer and two withdrawals."""
    with devnet.anchor():
        rollup, alice, bob = devnet.rollup, devnet.user("alice"), devnet.user("bob")
        rollup.deposit(ETH, 1009, sender=alice)
        rollup.deposit(ETH, 1013, sender=bob)
        transfer = rollup.transfer(ETH, 2**127 // 10**36, sender=alice, to=bob)
        sealed = rollup.operator.state.sealed[-1]
        handle = rollup.withdraw(ETH, 103, sender=bob)
        proven = rollup.operator.prove(sealed)
        settled = rollup.settle()
        forced = rollup.force_withdraw(ETH, 107, sender=alice)
        circuit = Zk(devnet.l1).circuit(squares())
        yield {
            "alice": alice,
            "bob": bob,
            "lock": rollup.lock,
            "token": rollup.token,
            "transfer": transfer,
            "sealed": sealed,
            "proven": proven,
            "settled": settled,
            "exit": handle,
            "burn": handle.withdrawal,
            "forced": forced,
            "claim": handle.prove(),
            "circuit": circuit,
            "key": circuit.verification_key,
            "chain": devnet.l1,
            "devnet": devnet,
            "rollup": rollup,
            "target": rollup.target,
            "operator": rollup.operator,
            "bridge": rollup.operator.bridge,
            "mirror": rollup.operator.mirror,
            "prover": rollup.operator.prover,
            "batch circuit": rollup.operator.prover.batch,
            "sequencer": rollup.operator.sequencer,
            "grounds": devnet.grounds,
            "zk": Zk(devnet.l1),
        }


def squares():
    builder = Builder("squares")
    square = builder.public("square")
    root = builder.private("root")
    builder.enforce_equal(builder.multiply(root, root, "product"), square, "output")
    return builder.build()


def test_everything_is_one_short_line(things):
    for name, thing in things.items():
        text = repr(thing)
        assert len(text) <= LONGEST, f"{name}: {text}"
        assert "\n" not in text
        assert "object at 0x" not in text


def test_nothing_shows_a_key_or_a_signature(devnet, things):
    secrets = []
    for user in (things["alice"], things["bob"]):
        private = user.account.key.hex().removeprefix("0x")
        secrets += [str(user.key.scalar), f"{user.key.scalar:x}", private, str(int(private, 16))]
    signature = things["burn"].signature
    secrets += [str(signature.s), str(signature.r8[0])]
    for thing in [*things.values(), *(user.key for user in (things["alice"], things["bob"]))]:
        assert not [secret for secret in secrets if secret in repr(thing)]


def test_contracts_and_users_show_name_and_address(devnet, things):
    lock, alice = things["lock"], things["alice"]
    assert repr(lock) == f"<Lock {lock.address} on chain 31337>"
    assert repr(things["token"]).startswith("<TestToken 0x")
    assert repr(alice) == f"<User alice {alice.address}>"


def test_a_contract_without_a_name_shows_its_address(devnet):
    nameless = devnet.l1.contract([], "0x" + "11" * 20)
    assert repr(nameless) == f"<Contract {nameless.address} on chain 31337>"


def test_batches_show_their_number_and_roots(things):
    sealed, settled = things["sealed"], things["settled"]
    before, after = (f"{root:064x}" for root in (settled.root_before, settled.root_after))
    roots = f"root 0x{before[:4]}…{before[-4:]} to 0x{after[:4]}…{after[-4:]}"
    assert repr(settled) == f"<SettledBatch {settled.number}: {roots}, proof mocked>"
    assert repr(sealed).startswith("<SealedBatch 1: 3 of 3 slots, root 0x")
    assert repr(things["proven"]).startswith("<ProvenBatch 1: root 0x")


def test_exits_show_what_is_paid_to_whom(things):
    exit_, forced = things["exit"], things["forced"]
    assert "amount=103" in repr(exit_)
    assert things["bob"].address in repr(exit_)
    assert "amount=107" in repr(forced)
    assert things["alice"].address in repr(forced)


def test_a_circuit_shows_its_name_and_kind_of_key(things):
    assert repr(things["circuit"]) == "<ZkCircuit squares with a TEST key, on chain 31337>"
    assert repr(things["key"]) == "<ZkVerificationKey for 1 public input on chain 31337>"


def test_ether_shows_as_eth_and_is_the_number_that_it_was():
    assert repr(ETH) == repr([ETH])[1:-1] == "ETH"
    assert ETH == 0 == hash(ETH)
    assert isinstance(ETH, int)
    assert not ETH
    assert (f"{ETH}", f"{ETH:#042x}", json.dumps(ETH)) == ("0", "0x" + "00" * 20, "0")
    assert repr(pickle.loads(pickle.dumps(ETH))) == "ETH"
    assert DEVNETS_ETH is ETH
