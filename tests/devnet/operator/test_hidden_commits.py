"""Commits that L1 accepts and that a reader might fail to read: whatever L1 has proved can be rebuilt."""

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from tests.lifecycle.support import cast

from zkrollup import artifacts
from zkrollup.devnet import ETH, Devnet
from zkrollup.evm.abi import signatures
from zkrollup.operator.bridge import commit_args
from zkrollup.operator.commits import UnreadableCommit, commits, data_of
from zkrollup.operator.history import BrokenHistory
from zkrollup.operator.l1data import L1Data
from zkrollup.operator.rebuild import rebuild
from zkrollup.snark.modes import ProofMode

HEAD_WORDS = 6
"""Arguments of commitBatch."""


@pytest.fixture(scope="module")
def shared():
    """Proofs are mocks here: what is rebuilt never looks at one."""
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture
def actors(shared):
    with shared.anchor():
        yield cast(shared)


@pytest.fixture
def batch(actors):
    """A sealed batch of one transfer, on top of a settled one."""
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    actors.rollup.open_account(ETH, actors.bob)
    actors.rollup.settle()
    return sealed(actors)


def sealed(actors):
    actors.rollup.transfer(ETH, 7, sender=actors.alice, to=actors.bob)
    return actors.rollup.seal()


def read(actors):
    return rebuild(L1Data.read(actors.l1.w3, actors.rollup.contract.address))


def calldata(batch):
    (function,) = (f for f in signatures(artifacts.load("Rollup").abi, "function") if f.name == "commitBatch")
    return function.selector + function.encode(commit_args(batch))


def words(*values):
    return b"".join(value.to_bytes(32, "big") for value in values)


def assert_readable_once_proven(actors, batch):
    """L1 has committed the batch; it proves it too, and its data are found."""
    assert actors.operator.bridge.committed == batch.number
    actors.operator.finalize(actors.operator.prove(batch))
    rebuilt = read(actors)
    assert actors.rollup.contract.stateRoot() == batch.root_after == rebuilt.ledger.root
    assert rebuilt.proven[-1].data == batch.data


# Encodings that solc's decoder takes and the ABI's canonical form is not


def dirty_padding(batch):
    call = bytearray(calldata(batch))
    assert call[-1] == 0
    call[-1] = 1
    return bytes(call)


def no_padding(batch):
    return calldata(batch)[: -(-len(batch.data) % 32)]


def more_behind(batch):
    return calldata(batch) + b"\x07" * 45


def no_entries_inside_the_head(batch):
    """The list of entries, which is empty, at the word of the fee account, which is 0."""
    assert (batch.queued, batch.header.fee_account) == ((), 0)
    return rearranged(batch, entries=3 * 32, data=HEAD_WORDS * 32, tail=words(len(batch.data)) + batch.data)


def data_before_entries(batch):
    data = words(len(batch.data)) + batch.data
    return rearranged(batch, entries=HEAD_WORDS * 32 + len(data), data=HEAD_WORDS * 32, tail=data + words(0))


def a_gap_of_odd_length(batch):
    place = HEAD_WORDS * 32 + 32 + 13
    tail = words(0) + b"\x0b" * 13 + words(len(batch.data)) + batch.data
    return rearranged(batch, entries=HEAD_WORDS * 32, data=place, tail=tail)


def rearranged(batch, *, entries, data, tail):
    header = batch.header
    head = words(header.new_root, header.exit_root, batch.instance.commitment, 0, entries, data)
    return calldata(batch)[:4] + head + tail


@pytest.mark.parametrize(
    "encode",
    [
        dirty_padding,
        no_padding,
        more_behind,
        no_entries_inside_the_head,
        data_before_entries,
        a_gap_of_odd_length,
    ],
)
def test_a_commit_that_l1_accepts_can_be_read_however_it_is_encoded(actors, batch, encode):
    call = encode(batch)
    assert call != calldata(batch)
    actors.l1.transact(sender=actors.operator_account, to=actors.rollup.contract.address, data=call)
    assert_readable_once_proven(actors, batch)


# Commits inside transactions that call something else

STEP_BYTES = 39
"""Code of one call of ``forwarder``."""


def forwarder(rollup, *payloads):
    """Code that calls the rollup with each payload in turn. Calls that fail are ignored."""
    places = list(accumulate(map(len, payloads), initial=len(payloads) * STEP_BYTES + 1))
    # codecopy(0, at, size); pop(call(gas(), rollup, 0, 0, size, 0, 0))
    code = "".join(
        f"61{end - at:04x}61{at:04x}5f395f5f61{end - at:04x}5f5f73{rollup[2:]}5af150"
        for at, end in pairwise(places)
    )
    return bytes.fromhex(code + "00") + b"".join(payloads)


def test_a_commit_inside_a_payment_of_the_rollup_itself_is_found(actors, batch):
    bridge = actors.operator.bridge
    bridge.force_withdraw(actors.rollup.account_index(ETH, actors.alice), 1, sender=actors.alice)
    actors.rollup.settle()  # the fee of a forced withdrawal is earned
    batch = sealed(actors)
    code = forwarder(actors.rollup.contract.address, calldata(batch))
    actors.l1.set_code(bridge.operator.address, code)
    bridge.collect_forced_fees(sender=actors.bob)  # anybody may; the rollup pays, and is called back
    actors.l1.set_code(bridge.operator.address, b"")
    assert_readable_once_proven(actors, batch)


def test_a_commit_by_an_account_that_delegates_to_code_is_found(actors, batch):
    """EIP-7702: any plain account may have code; no cheat is needed."""
    operator, l1 = actors.operator_account, actors.l1
    code = forwarder(actors.rollup.contract.address, calldata(batch))
    creation = bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code
    delegate = l1.transact(sender=actors.bob, data=creation)
    delegated(actors, delegate.contract_address)
    l1.transact(to=operator.address, sender=actors.bob)
    delegated(actors, "0x" + "00" * 20)
    assert_readable_once_proven(actors, batch)


def delegated(actors, to):
    operator, w3 = actors.operator_account, actors.l1.w3
    nonce, chain = w3.eth.get_transaction_count(operator.address), w3.eth.chain_id
    grant = operator.sign_authorization({"chainId": chain, "address": to, "nonce": nonce + 1})
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9}
    transaction = {
        "type": 4,
        "chainId": chain,
        "nonce": nonce,
        "to": actors.alice.address,
        "value": 0,
        "gas": 500_000,
    }
    signed = operator.sign_transaction({**transaction, **fees, "data": b"", "authorizationList": [grant]})
    w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))


def test_of_several_calls_the_one_that_l1_computed_from_is_taken(actors, batch):
    """A decoy before the commit, of other data and refused by L1, is no commit."""
    decoy = bytearray(calldata(batch))
    decoy[4:36] = b"\xff" * 32  # no field element
    decoy[-1] = 3
    operator = actors.operator_account
    code = forwarder(actors.rollup.contract.address, bytes(decoy), calldata(batch))
    actors.l1.set_code(operator.address, code)
    actors.l1.transact(to=operator.address, sender=actors.carol)
    actors.l1.set_code(operator.address, b"")
    assert_readable_once_proven(actors, batch)


def test_a_commit_that_was_sent_to_another_contract_is_none(actors, batch):
    decoy = bytearray(calldata(batch))
    decoy[-33] ^= 1  # of other data
    operator = actors.operator_account
    actors.l1.set_code(operator.address, forwarder(actors.rollup.contract.address, calldata(batch)))
    actors.l1.transact(to=operator.address, data=bytes(decoy), sender=actors.carol)
    actors.l1.set_code(operator.address, b"")
    assert_readable_once_proven(actors, batch)


def test_two_commits_in_one_transaction_are_told_apart(actors, batch):
    following = sealed(actors)
    operator = actors.operator_account
    code = forwarder(actors.rollup.contract.address, calldata(batch), calldata(following))
    actors.l1.set_code(operator.address, code)
    actors.l1.transact(to=operator.address, sender=actors.carol)
    actors.l1.set_code(operator.address, b"")
    assert [each.data for each in read(actors).committed] == [batch.data, following.data]


# What nobody can read


def without_calls(data, number):
    """As from a node that serves no traces."""
    key = list(data.calls)[number - 1]
    return replace(data, calls={**data.calls, key: ()})


def test_an_unproven_commit_that_cannot_be_read_stops_nobody(actors, batch):
    actors.rollup.commit(batch)
    data = without_calls(L1Data.read(actors.l1.w3, actors.rollup.contract.address), batch.number)
    rebuilt = rebuild(data)
    assert rebuilt.ledger.root == actors.rollup.contract.stateRoot()
    assert isinstance(rebuilt.flaw, BrokenHistory)
    assert f"batch {batch.number}" in str(rebuilt.flaw)
    assert rebuilt.committed == ()


def test_a_proven_batch_without_its_call_is_an_error(actors, batch):
    actors.rollup.settle()
    data = without_calls(L1Data.read(actors.l1.w3, actors.rollup.contract.address), batch.number)
    with pytest.raises(BrokenHistory, match=f"committed batch {batch.number} is missing"):
        rebuild(data)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda call: b"\x01" + call[1:], "commitBatch or submitBatch"),
        (lambda call: call[:3], "commitBatch or submitBatch"),
        (lambda call: call[: 4 + 5 * 32], "no word at byte 160"),
        (lambda call: call[: 4 + 5 * 32] + words(2**64) + call[4 + 6 * 32 :], "no word at byte"),
        (lambda call: call[:-6], "its data ends at byte"),
    ],
    ids=["selector", "too short", "no head", "offset", "length"],
)
def test_calldata_that_l1_would_refuse_is_no_commit(batch, change, rule):
    call = calldata(batch)
    assert commits(call)
    assert data_of(call) == batch.data
    assert len(batch.data) == 27  # and 5 bytes of padding
    with pytest.raises(UnreadableCommit, match=rule) as refusal:
        data_of(change(call))
    assert refusal.value.call == change(call)
