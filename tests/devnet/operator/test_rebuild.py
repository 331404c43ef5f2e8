"""Layer 2 rebuilt by a second party: the same state, every root checked, lies of L1's data found."""

import json
from dataclasses import replace

import pytest
from tests.lifecycle.support import STRANGER, cast, shared_devnet

from pytest_zkrollup import reverts
from zkrollup.circuits.encoding import FEE_MANTISSA_BITS, SlotWords, batch_instance
from zkrollup.devnet import ETH, Devnet
from zkrollup.ledger.operations import Transfer
from zkrollup.operator.history import BrokenHistory
from zkrollup.operator.l1data import InvalidL1Data, L1Data, NotARollup
from zkrollup.operator.payouts import ForeignKey, NoSuchPayout, prepare_claim, prepare_escape
from zkrollup.operator.rebuild import Mismatch, rebuild
from zkrollup.snark.formats import zkey
from zkrollup.snark.formats.sections import InvalidFile
from zkrollup.snark.keys import KeyMismatch
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.trusted_setup import setup
from zkrollup.storage import ENVIRONMENT_VARIABLE


@pytest.fixture
def actors(mocked):
    with mocked.anchor():
        yield cast(mocked)


@pytest.fixture(scope="module")
def mocked():
    """Proofs are mocks here: what is rebuilt never looks at one."""
    return Devnet.start(mode=ProofMode.MOCK)


@pytest.fixture(scope="module")
def story():
    """Two tokens, payments with fees, exits, and forced withdrawals of which one does not apply."""
    return tell(cast(Devnet.start(mode=ProofMode.MOCK)))


@pytest.fixture
def busy(story):
    with story.devnet.anchor():
        yield story


def tell(actors):
    rollup, operator, alice, bob = actors.rollup, actors.operator, actors.alice, actors.bob
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.deposit(actors.token, 2003, sender=bob)
    rollup.open_account(ETH, bob)
    rollup.deposit(ETH, 5, sender=actors.carol)
    rollup.settle()
    taker = rollup.account_index(ETH, actors.carol)
    operator.state = replace(operator.state, sequencer=replace(operator.sequencer, fee_account=taker))
    pay(actors, alice, bob, 407, fee=20)
    rollup.transfer(ETH, 3, sender=bob, to=bob)
    rollup.withdraw(actors.token, 107, sender=bob, recipient=STRANGER)
    index = rollup.account_index(ETH, alice)
    operator.bridge.force_withdraw(index, 31, sender=bob)
    operator.bridge.force_withdraw(index, 37, sender=alice)
    rollup.withdraw(ETH, 103, sender=bob)
    rollup.settle()
    return actors


def pay(actors, sender, receiver, amount, *, fee=0):
    operator, rollup = actors.operator, actors.rollup
    source, target = (rollup.account_index(ETH, user) for user in (sender, receiver))
    state = operator.ledger
    transfer = Transfer(source, target, amount, state.account(source).nonce, fee=fee)
    operator.submit(transfer.signed(sender.key, state.account(target), operator.domain))


def read(actors, **options):
    return L1Data.read(actors.l1.w3, actors.rollup.contract.address, **options)


# What comes out


def test_keys_balances_nonces_and_exits_follow_from_l1_alone(busy):
    rebuilt = rebuild(read(busy))
    assert rebuilt.ledger.root == busy.rollup.contract.stateRoot()
    assert dict(rebuilt.ledger.accounts) == dict(busy.operator.ledger.accounts)
    settled = busy.operator.state.settled
    assert [record.exit for record in rebuilt.exits] == [e for batch in settled for e in batch.exits]
    assert sorted(record.exit.amount for record in rebuilt.exits) == [37, 103, 107]
    assert [batch.instance for batch in rebuilt.proven] == [batch.sealed.instance for batch in settled]
    assert (rebuilt.committed, rebuilt.flaw, rebuilt.waiting) == ((), None, ())


def test_an_earlier_block_gives_the_state_of_that_time(busy):
    block = busy.l1.block_number
    pay(busy, busy.alice, busy.bob, 11)
    busy.rollup.settle()
    then, now = (rebuild(read(busy, block=n)) for n in (block, None))
    assert len(now.proven) == len(then.proven) + 1
    assert now.ledger.balance_of(int(busy.bob.address, 16), ETH) == 11 + then.ledger.balance_of(
        int(busy.bob.address, 16), ETH
    )


def test_a_rollup_without_batches_is_empty(actors):
    rebuilt = rebuild(read(actors))
    assert rebuilt.ledger.root == actors.rollup.contract.genesisRoot()
    assert (rebuilt.proven, rebuilt.exits) == ((), ())


def test_queue_entries_that_no_proven_batch_takes_are_listed(busy):
    busy.rollup.deposit(ETH, 59, sender=busy.bob)
    busy.rollup.commit(busy.rollup.seal())
    rebuilt = rebuild(read(busy))
    assert [entry.operation.amount for entry in rebuilt.waiting] == [59]
    assert [batch.number for batch in rebuilt.committed] == [len(rebuilt.proven) + 1]


def test_a_paid_exit_is_marked_and_others_are_not(busy):
    operator = busy.operator
    burned = next(exit_ for batch in operator.state.settled for exit_ in batch.exits if exit_.amount == 103)
    operator.bridge.claim(operator.prove_claim(burned), sender=busy.carol)
    records = rebuild(read(busy)).exits
    assert [record.exit.amount for record in records if record.claimed] == [103]


def test_a_fee_written_in_another_form_than_ours_is_understood(busy):
    # Whoever signs may write 10 as 1 * 10^1; the rule of the smallest exponent is ours, not the circuit's.
    pay(busy, busy.alice, busy.bob, 13, fee=10)
    batch = busy.rollup.seal()
    slots = list(batch.trace.slots)
    code = 1 << FEE_MANTISSA_BITS | 1
    shift = 27 * 8 - 8 - 16
    word = slots[0].words.operation & ~(0xFFFF << shift) | code << shift
    slots[0] = replace(slots[0], words=SlotWords(word))
    instance = batch_instance(batch.header, [slot.words for slot in slots])
    other = replace(batch, trace=replace(batch.trace, slots=tuple(slots)), instance=instance)
    assert other.data != batch.data
    busy.operator.bridge.commit(other)
    rebuilt = rebuild(read(busy))
    assert rebuilt.flaw is None
    assert [each.data for each in rebuilt.committed] == [other.data]


# How batches reach L1


def test_a_batch_that_was_committed_and_dropped_leaves_nothing(busy):
    before = rebuild(read(busy))
    pay(busy, busy.alice, busy.bob, 17)
    busy.rollup.commit(busy.rollup.seal())
    assert len(rebuild(read(busy)).committed) == 1
    busy.operator.bridge.revert()
    after = rebuild(read(busy))
    assert (after.committed, after.ledger.root) == ((), before.ledger.root)
    busy.rollup.settle()
    assert rebuild(read(busy)).ledger.root == busy.rollup.contract.stateRoot() != before.ledger.root


def test_a_batch_that_another_contract_committed_is_found_in_the_trace(busy):
    pay(busy, busy.alice, busy.bob, 19)
    batch = busy.rollup.seal()
    target = busy.rollup.contract.address
    # calldatacopy(0, 0, calldatasize()); call(gas(), rollup, 0, 0, calldatasize(), 0, 0)
    forwarder = bytes.fromhex("365f5f375f5f365f5f73" + target[2:] + "5af100")
    operator = busy.operator_account
    recorded = []
    with pytest.MonkeyPatch.context() as patch:
        commit = type(busy.rollup.contract["commitBatch"])
        patch.setattr(commit, "transact", lambda self, *args, **_: recorded.append(self.encode(*args)))
        busy.operator.bridge.commit(batch)
    busy.l1.engine.set_code(bytes.fromhex(operator.address[2:]), forwarder)
    busy.l1.transact(to=operator.address, data=recorded[0], sender=busy.carol)
    assert busy.operator.bridge.committed == batch.number
    rebuilt = rebuild(read(busy))
    assert [each.instance for each in rebuilt.committed] == [batch.instance]


def test_a_committed_batch_with_a_wrong_root_is_named_and_takes_nothing_from_the_proven_ones(busy):
    pay(busy, busy.alice, busy.bob, 17)
    batch = busy.rollup.seal()
    busy.operator.post_wrong_root(batch, root=12345)
    rebuilt = rebuild(read(busy))
    assert (rebuilt.flaw.batch, rebuilt.flaw.what) == (batch.number, "root")
    assert (rebuilt.flaw.posted, rebuilt.flaw.rebuilt) == (12345, batch.root_after)
    assert rebuilt.committed == ()
    assert rebuilt.ledger.root == busy.rollup.contract.stateRoot()


def test_a_committed_batch_whose_data_was_withheld_is_named(busy):
    pay(busy, busy.alice, busy.bob, 17)
    batch = busy.rollup.seal()
    busy.operator.withhold_data(batch)
    assert rebuild(read(busy)).flaw.batch == batch.number


def test_a_freeze_leaves_no_committed_batch(busy):
    busy.rollup.deposit(ETH, 59, sender=busy.bob)
    busy.rollup.commit(busy.rollup.seal())
    before = rebuild(read(busy))
    busy.l1.travel(busy.rollup.contract.lastExpiry() + 1 - busy.l1.timestamp)
    busy.operator.bridge.freeze(sender=busy.bob)
    after = rebuild(read(busy))
    assert (len(before.committed), before.history.frozen) == (1, False)
    assert (len(after.committed), after.history.frozen) == (0, True)
    assert [entry.operation.amount for entry in after.waiting] == [59]


# Data that is not what L1 has


def changed_call(data, number, change):
    """The data with the bytes of one batch's commit changed."""
    commits = list(data.calls)
    key = commits[number - 1]
    return replace(data, calls={**data.calls, key: (change(data.calls[key][0]),)})


def batch_with(busy, op):
    settled = busy.operator.state.settled
    return next(b for b in settled if any(s.words.op == op for s in b.sealed.trace.slots)).sealed


def flip(needle, *, at):
    def change(call):
        position = call.index(needle) + at
        return call[:position] + bytes([call[position] ^ 1]) + call[position + 1 :]

    return change


@pytest.mark.parametrize(
    ("byte", "what"),
    [(26, "root"), (10, None), (6, None), (2, "root"), (-1, "exit root")],
    ids=["amount", "receiver", "payer", "fee", "recipient"],
)
def test_a_changed_byte_of_a_batch_is_found(busy, byte, what):
    data = read(busy)
    batch = batch_with(busy, 2 if byte > 0 else 3)
    if byte < 0:
        assert batch.trace.slots[-1].words.op == 3  # its recipient ends the data
        byte += len(batch.data)
    with pytest.raises(Mismatch) as refusal:
        rebuild(changed_call(data, batch.number, flip(batch.data, at=byte)))
    assert refusal.value.batch == batch.number
    if what:
        assert refusal.value.what == what


def test_an_operation_that_cannot_apply_is_named_with_its_slot(busy):
    data = read(busy)
    batch = batch_with(busy, 2)
    slot = next(i for i, each in enumerate(batch.trace.slots) if each.words.op == 2)
    with pytest.raises(Mismatch, match=f"batch {batch.number}, slot {slot}") as refusal:
        rebuild(changed_call(data, batch.number, flip(batch.data, at=11)))  # an amount of 2^120 and more
    assert "holds" in str(refusal.value)


def test_changed_public_inputs_are_found(busy):
    data = read(busy)
    for position, what in ((14, "commitment"), (15, "challenge"), (16, "evaluation")):
        logs = list(data.logs)
        at = next(i for i, log in enumerate(logs) if len(log.data) == 17 * 32)
        body = bytearray(logs[at].data)
        body[position * 32 + 31] ^= 1
        logs[at] = replace(logs[at], data=bytes(body))
        with pytest.raises(Mismatch) as refusal:
            rebuild(replace(data, logs=tuple(logs)))
        assert (refusal.value.batch, refusal.value.what) == (1, what)


def test_no_log_that_matters_can_be_left_out(busy):
    data = read(busy)
    assert len(data.logs) > 10
    for i in range(len(data.logs) - 1):  # without the last one it is an earlier time
        with pytest.raises((BrokenHistory, Mismatch)):
            rebuild(replace(data, logs=(*data.logs[:i], *data.logs[i + 1 :])))


def test_a_commit_without_its_call_is_named(busy):
    data = read(busy)
    first = next(iter(data.calls))
    for calls in ((), (b"\x01\x02\x03\x04",), (data.calls[first][0][:40],)):
        with pytest.raises(BrokenHistory, match="the call that committed batch 1"):
            rebuild(replace(data, calls={**data.calls, first: calls}))


def test_a_contract_that_is_no_rollup_is_refused(actors):
    for address, why in (
        (actors.token.address, "accountCapacity"),
        (STRANGER, "accountCapacity"),
        ("0x12", "40 hex digits"),
        ("0x00000000000000000000000000000000deADBeef", "right checksum"),
    ):
        with pytest.raises(NotARollup, match=why) as refusal:
            L1Data.read(actors.l1.w3, address)
        assert refusal.value.address == address


# The file


def test_a_file_brings_back_what_was_written(busy, tmp_path):
    data = read(busy)
    file = tmp_path / "l1.json"
    data.write(file)
    assert L1Data.loads(file.read_text()) == data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "zkrollup L1 data 2"),
        ("rollup", "0x1234"),
        ("rollup", None),
        ("levels", 17),
        ("levels", True),
        ("chainId", -1),
        ("block", "7"),
        ("blockHash", "0x12"),
        ("logs", {}),
        ("logs", [{"topics": ["0xzz"]}]),
        ("logs", [5]),
        ("calls", []),
        ("calls", {"0x12": []}),
        ("verifiers", {"claim": "no hex"}),
    ],
)
def test_a_file_that_is_no_l1_data_is_refused_by_field(actors, field, value):
    document = json.loads(read(actors).dumps())
    with pytest.raises(InvalidL1Data) as refusal:
        L1Data.loads(json.dumps({**document, field: value}))
    assert refusal.value.field.startswith(field)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "[" * 100_000], ids=["nothing", "half", "list", "7", "deep"]
)
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(InvalidL1Data):
        L1Data.loads(text)


# Payouts


@pytest.fixture
def real():
    devnet = shared_devnet()
    with devnet.anchor():
        yield cast(devnet)


def test_a_second_party_makes_claims_and_after_a_freeze_escapes_that_l1_pays(real):
    rollup, l1, alice, bob = real.rollup, real.l1, real.alice, real.bob
    rollup.deposit(ETH, 1009, sender=alice)
    exit_ = rollup.withdraw(ETH, 103, sender=alice, recipient=STRANGER)
    rollup.settle()
    rollup.deposit(ETH, 41, sender=bob)
    data = read(real)
    rebuilt = rebuild(data)

    claim = prepare_claim(data, rebuilt, exit_.id)
    l1.transact(to=claim.contract, data=claim.calldata, sender=real.carol)
    assert l1.balance(STRANGER) == 103

    escape = prepare_escape(data, rebuilt, 0)
    with reverts("NotFrozen"):
        l1.transact(to=escape.contract, data=escape.calldata, sender=real.carol)
    l1.travel(rollup.contract.lastExpiry() + 1 - l1.timestamp)
    real.operator.bridge.freeze(sender=bob)
    before = alice.l1_balance(ETH)
    l1.transact(to=escape.contract, data=escape.calldata, sender=real.carol)
    assert alice.l1_balance(ETH) == before + 906
    with reverts("AlreadyClaimed"):
        l1.transact(to=escape.contract, data=escape.calldata, sender=real.carol)

    after = rebuild(read(real))
    assert after.history.frozen
    assert [record.claimed for record in after.exits] == [True]
    assert after.has_escaped(0)
    assert not rebuilt.has_escaped(0)
    assert [entry.operation.amount for entry in after.waiting] == [41]


def written(keyed, folder):
    path = folder / f"{keyed.circuit.name}.zkey"
    with path.open("wb") as file:
        zkey.write(keyed.key, keyed.circuit.r1cs, file)
    return path


def test_who_has_the_published_key_proves_an_escape_on_another_machine(real, tmp_path, monkeypatch):
    rollup, alice = real.rollup, real.alice
    rollup.deposit(ETH, 1009, sender=alice)
    rollup.settle()
    rollup.deposit(ETH, 41, sender=real.bob)
    data = read(real)
    rebuilt = rebuild(data)
    key = written(real.operator.prover.escape, tmp_path)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "of another machine"))

    with pytest.raises(ForeignKey, match="zkrollup keys export"):
        prepare_escape(data, rebuilt, 0)
    escape = prepare_escape(data, rebuilt, 0, key=key)
    real.l1.travel(rollup.contract.lastExpiry() + 1 - real.l1.timestamp)
    real.operator.bridge.freeze(sender=real.bob)
    before = alice.l1_balance(ETH)
    real.l1.transact(to=escape.contract, data=escape.calldata, sender=real.carol)
    assert alice.l1_balance(ETH) == before + 1009


def test_a_claim_takes_a_published_key_too(real, tmp_path):
    exit_ = deposited_and_burned(real)
    data = read(real)
    claim = prepare_claim(data, rebuild(data), exit_.id, key=written(real.operator.prover.claim, tmp_path))
    real.l1.transact(to=claim.contract, data=claim.calldata, sender=real.carol)
    assert real.l1.balance(STRANGER) == 103


def deposited_and_burned(actors):
    actors.rollup.deposit(ETH, 1009, sender=actors.alice)
    exit_ = actors.rollup.withdraw(ETH, 103, sender=actors.alice, recipient=STRANGER)
    actors.rollup.settle()
    return exit_


def test_a_key_file_that_does_not_serve_is_refused_before_anything_is_proved(real, tmp_path):
    exit_ = deposited_and_burned(real)
    data = read(real)
    rebuilt = rebuild(data)
    prover = real.operator.prover
    with pytest.raises(KeyMismatch):
        prepare_claim(data, rebuilt, exit_.id, key=written(prover.escape, tmp_path))
    another = replace(prover.claim, key=setup(prover.claim.circuit.r1cs))
    with pytest.raises(ForeignKey):
        prepare_claim(data, rebuilt, exit_.id, key=written(another, tmp_path))
    text = tmp_path / "no.zkey"
    text.write_text("this is no key")
    with pytest.raises(InvalidFile):
        prepare_claim(data, rebuilt, exit_.id, key=text)


def test_what_does_not_exist_cannot_be_paid(busy):
    data = read(busy)
    rebuilt = rebuild(data)
    for prepare, kind, number in ((prepare_escape, "account", 200), (prepare_claim, "exit", 65536)):
        with pytest.raises(NoSuchPayout) as refusal:
            prepare(data, rebuilt, number)
        assert (refusal.value.kind, refusal.value.number) == (kind, number)


def test_a_verifier_of_another_key_is_named_before_anything_is_proved(busy):
    data = read(busy)
    rebuilt = rebuild(data)
    other = replace(data, verifiers={"claim": b"\x03" * 32, "escape": b"\x05" * 32})
    with pytest.raises(ForeignKey, match="ZK_CACHE_DIR") as refusal:
        prepare_escape(other, rebuilt, 0)
    assert refusal.value.verifier == b"\x05" * 32
    with pytest.raises(ForeignKey):
        prepare_claim(other, rebuilt, rebuilt.exits[0].exit.id)


def test_where_verifiers_are_mocks_so_is_what_they_are_sent(busy):
    data = read(busy)
    payout = prepare_escape(data, rebuild(data), 0)
    assert payout.assurance == "mock"
