"""Every entry that L1's queue accepts can be proved in every state: random queues over random states.

What the contract accepts is told by a plain model of it; what must come out, by a plain model of layer 2.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from tests.devnet.circuits.scenarios import ALICE, BOB, CAROL, DOMAIN, FULL, TOKEN, batch, run
from tests.soundness.plain import LAST_NONCE, PlainAccounts, PlainQueue, Refused

from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.encoding import Op
from zkrollup.crypto.babyjubjub import BASE8, SUBORDER, Point, add, multiply
from zkrollup.crypto.eddsa import Signature
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Transfer, Withdrawal
from zkrollup.ledger.state import EMPTY, LedgerState
from zkrollup.ledger.transition import RefusedOperation, apply_operation
from zkrollup.operator.prover import Prover
from zkrollup.snark.modes import ProofMode

LEVELS, SLOTS = 1, 3
FEE_ACCOUNT = 0

ORDER_TWO = Point(0, R - 1)
# The contract takes a key with a component of small order, too, and anybody's key with any owner.
IDENTITIES = (
    (ALICE.public, 0xA11CE),
    (BOB.public, 0xB0B),
    (ALICE.public, 0xB0B),
    (add(CAROL.public, ORDER_TWO), 0xCA401),
    (CAROL.public, 0),
)
REQUESTERS = (0xA11CE, 0xB0B, 0xCA401, 0xDEAD, 1)

amounts = st.sampled_from(["none", "one", "some", "all", "more", "limit"])
indices = st.integers(0, 4**LEVELS - 1)
fees = st.sampled_from([0, 0, 1, 30, 2050])
entries_of_l1 = st.one_of(
    st.tuples(st.just("deposit"), st.sampled_from(IDENTITIES), st.sampled_from([0, TOKEN]), amounts),
    st.tuples(st.just("force"), indices, st.sampled_from([None, *REQUESTERS]), amounts),
)
signed_operations = st.one_of(
    st.tuples(st.just("transfer"), indices, indices, amounts, fees),
    st.tuples(st.just("withdraw"), indices, st.sampled_from([0, 0xBEEF, (1 << 160) - 1]), amounts, fees),
)
batches = st.lists(
    st.tuples(
        st.lists(entries_of_l1, max_size=SLOTS),
        st.lists(signed_operations, max_size=SLOTS),
        st.integers(0, SLOTS),
    ),
    min_size=1,
    max_size=3,
)


def signature_by(key, message):
    """A signature by any identity's key: a component of small order leaves 8 times the key as it is."""
    secret = next(k for k in (ALICE, BOB, CAROL) if key in (k.public, add(k.public, ORDER_TWO)))
    r8 = multiply(BASE8, message % SUBORDER)
    challenge = poseidon([*r8, *key, message])
    return Signature(r8, (message + 8 * challenge * secret.scalar) % SUBORDER)


@dataclass
class World:
    """Ledger and model side by side."""

    state: LedgerState
    queue: PlainQueue
    plain: PlainAccounts
    backlog: list = field(default_factory=list)
    number: int = 0

    @classmethod
    def genesis(cls, levels):
        """Nobody has anything."""
        return cls(LedgerState.genesis(levels), PlainQueue(4**levels), PlainAccounts(FEE_ACCOUNT))

    def amount(self, name, has, some):
        """A size by name, of one who has ``has``."""
        sizes = {"none": 0, "one": 1, "some": some, "all": has, "more": has + 1, "limit": FULL}
        return min(sizes[name], FULL)

    def balance(self, index):
        """What the account at an index holds."""
        return self.plain.accounts.get(index, {}).get("balance", 0)

    def expected(self, index):
        """What it will hold, and whose it will be, once what waits in the queue is executed."""
        deposits = [e.amount for e in self.backlog if isinstance(e, Deposit) and e.account == index]
        owners = {at: owner for (_, owner, _), at in self.queue.indices.items()}
        return self.balance(index) + sum(deposits), owners.get(index) or 0xDEAD

    def arrived(self, move):
        """Puts the entry that L1 makes of a move into the queue, if it does not refuse."""
        with suppress(Refused):
            self.backlog.append(self.queued(move))

    def queued(self, move):
        """The entry that L1 makes of a move."""
        kind, *rest = move
        if kind == "deposit":
            (key, owner), token, size = rest
            amount = self.amount(size, FULL - self.queue.locked.get(token, 0), 1009)
            return Deposit(self.queue.deposit(key, owner, token, amount), owner, token, amount, key)
        index, requester, size = rest
        balance, owner = self.expected(index)
        amount = self.amount(size, balance, balance // 3)
        self.queue.force(index, amount)
        return ForcedWithdrawal(index, requester or owner, amount)

    def signed(self, move):
        """The operation that a move asks for, signed by the payer's key where one can sign."""
        kind, sender, target, size, fee = move
        payer = self.state.account(sender)
        amount = self.amount(size, self.balance(sender), self.balance(sender) // 3)
        shape = Transfer if kind == "transfer" else Withdrawal
        plain = shape(sender, target, amount, payer.nonce, fee=fee)
        if payer.is_empty or payer.nonce >= LAST_NONCE:
            return plain
        bound = (self.state.account(target), DOMAIN) if shape is Transfer else (DOMAIN,)
        return replace(plain, signature=signature_by(payer.key, plain.message(*bound)))

    def model(self, operation):
        """What leaves by the plain model."""
        match operation:
            case Deposit(account, owner, token, amount, key):
                return self.plain.deposit(account, key, owner, token, amount)
            case ForcedWithdrawal(account, requester, amount):
                return self.plain.force(account, requester, amount)
            case Transfer(sender, receiver, amount, nonce, _, fee):
                return self.plain.transfer(sender, receiver, amount, nonce, fee)
            case Withdrawal(sender, recipient, amount, nonce, _, fee):
                return self.plain.withdraw(sender, recipient, amount, nonce, fee)

    def check(self):
        """Ledger and model hold the same, and L1 has locked as much, with what waits in the queue."""
        held = {index: asdict(account) for index, account in self.state.accounts.items()}
        for account in held.values():
            account["key"] = (account.pop("key_x"), account.pop("key_y"))
        assert held == self.plain.accounts
        waiting = [entry for entry in self.backlog if isinstance(entry, Deposit)]
        for token, locked in self.queue.locked.items():
            pending = sum(entry.amount for entry in waiting if entry.token == token)
            assert self.state.supply_of(token) + pending == locked


def step(world, entries, wanted, take=SLOTS):
    """One batch: ``entries`` arrive at L1, it takes so many that wait, then what of ``wanted`` applies.

    Returns its inputs and trace.
    """
    for move in entries:
        world.arrived(move)
    taken, world.backlog = world.backlog[:take], world.backlog[take:]
    before, done, exits = world.state, [], []

    def execute(operation):
        left = world.model(operation)
        world.state = applied(world, operation)
        if left is not None:
            exits.append((len(done), *left))
            world.queue.locked[left[1]] -= left[2]  # claimed at once: then L1 has most room for deposits
        done.append(operation)

    for entry in taken:
        execute(entry)
    for operation in map(world.signed, wanted):
        if len(done) == SLOTS:
            break
        try:
            execute(operation)
        except Refused:
            with pytest.raises(RefusedOperation):
                applied(world, operation)
    world.number += 1
    inputs, trace = run(before, *done, slots=SLOTS, number=world.number, fee_account=FEE_ACCOUNT)
    assert world.plain.end_batch() == trace.fee_total
    assert [(e.slot, e.recipient, e.token, e.amount) for e in trace.exits] == exits
    world.state = trace.after
    world.check()
    return inputs, trace


def applied(world, operation):
    after, _ = apply_operation(
        world.state, operation, domain=DOMAIN, batch=0, slot=0, fee_account=FEE_ACCOUNT
    )
    return after


def use_up_nonces(world):
    """Alice's first account as after 2^32 signatures."""
    if 0 in world.plain.accounts:
        world.plain.accounts[0]["nonce"] = LAST_NONCE
        world.state = world.state.replaced(0, replace(world.state.account(0), nonce=LAST_NONCE))


ALICES, BOBS = IDENTITIES[:2]
FUNDED = [
    ([("deposit", ALICES, 0, "some"), ("deposit", BOBS, 0, "some"), ("deposit", BOBS, TOKEN, "some")], [])
]


@settings(max_examples=40, deadline=None)
@given(st.builds(list.__add__, st.sampled_from([FUNDED, FUNDED, []]), batches), st.booleans())
@example(
    [([("deposit", ALICES, 0, "all"), ("force", 0, None, "all"), ("deposit", BOBS, 0, "all")], [])], False
)
@example(
    [
        ([("deposit", ALICES, 0, "all")], []),
        ([("deposit", ALICES, 0, "none"), ("force", 0, None, "one")], [("withdraw", 0, 5, "one", 0)]),
    ],
    True,
)
@example(
    [
        ([("deposit", identity, 0, "some") for identity in IDENTITIES[:3]], []),
        ([("deposit", identity, TOKEN, "one") for identity in IDENTITIES[2:]], []),
    ],
    False,
)
@example([([("force", 3, 1, "limit"), ("force", 0, 0xB0B, "none"), ("deposit", BOBS, 0, "some")], [])], False)
@example(
    [
        ([("deposit", IDENTITIES[3], 0, "all")], [("withdraw", 0, 7, "one", 1)]),
        ([], [("transfer", 0, 0, "some", 2050), ("withdraw", 0, 5, "all", 0)]),
        ([("force", 0, None, "all")], []),
    ],
    False,
)
@example(
    # What waits in the queue comes when signed operations have taken the money.
    [
        *FUNDED,
        ([("force", 0, None, "all"), ("force", 1, None, "some")], [("transfer", 0, 1, "some", 30)], 0),
        ([("deposit", BOBS, 0, "all")], [("withdraw", 1, 5, "all", 0), ("transfer", 1, 0, "one", 1)], 1),
    ],
    False,
)
def test_every_entry_that_the_queue_accepts_is_provable_in_every_state(history, used_up):
    world, circuit = World.genesis(LEVELS), batch(SLOTS, LEVELS)
    batches = iter(history)
    while (step_of := next(batches, None)) or world.backlog:
        inputs, trace = step(world, *(step_of or ([], [])))
        circuit.check(circuit.witness(inputs))
        for slot in trace.slots:
            event(f"{Op(slot.words.op).name}{'' if slot.exit is None else ' with an exit'}")
        if used_up and world.number == 1:
            use_up_nonces(world)


def test_an_index_without_an_account_is_the_empty_one_to_the_queue():
    """So forced withdrawals of indices that nobody has are among the entries above."""
    world = World.genesis(LEVELS)
    entry = world.queued(("force", 3, 1, "limit"))
    assert entry == ForcedWithdrawal(3, 1, FULL)
    assert applied(world, entry).root == world.state.root
    assert world.state.account(3) == EMPTY
    with pytest.raises(Refused, match="NoSuchAccount"):
        world.queued(("force", 4, 1, "none"))


@pytest.mark.slow
def test_queues_that_ask_for_what_does_not_apply_have_real_proofs():
    """The same as above, to the end: proofs that are verified before they are returned."""
    prover = Prover.prepare(BatchSize(SLOTS, 4), mode=ProofMode.FRESH)
    world = World.genesis(4)
    history = [
        ([("deposit", IDENTITIES[3], 0, "some"), ("force", 0, None, "one"), ("force", 255, 1, "limit")], []),
        ([("force", 0, 0xDEAD, "one"), ("force", 0, None, "more")], [("transfer", 0, 0, "one", 1)]),
        ([("force", 0, None, "all"), ("force", 0, None, "one"), ("deposit", ALICES, 0, "all")], []),
    ]
    exits = []
    for entries, wanted in history:
        inputs, trace = step(world, entries, wanted)
        prover.batch.prove(inputs)
        exits.append([(e.slot, e.amount) for e in trace.exits])
    assert exits == [[(1, 1)], [], [(0, 1008)]]
