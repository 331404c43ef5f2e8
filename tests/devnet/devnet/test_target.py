"""Targets: what a class declares it has, what it has it declares, and what it lacks is said."""

import pytest

from zkrollup import Capability, Exit, Target
from zkrollup.devnet import (
    ETH,
    OPERATIONS,
    Grounds,
    IncompleteTarget,
    ReferenceTarget,
    Testbed,
    Unsupported,
)
from zkrollup.devnet.capabilities import require_complete
from zkrollup.devnet.rollup import ForeignPart
from zkrollup.devnet.testbed import TargetElsewhere
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain
from zkrollup.operator.solvency import Insolvent

ADDRESS = "0x" + "ad" * 20


@pytest.fixture(scope="module")
def grounds():
    return Grounds.fresh(accounts=3)


def made(kind, grounds):
    return kind(grounds.l1, address=ADDRESS, tokens=[grounds.token, ETH])


class Bank(Target):
    """A rollup that takes deposits and pays them out, all in Python."""

    capabilities = frozenset({Capability.DEPOSIT, Capability.BALANCE})

    def deposit(self, token, amount, *, sender, to):
        self.state = {**(self.state or {}), to.address: amount}

    def balance(self, token, user):
        return (self.state or {}).get(user.address, 0)


def test_a_class_that_has_what_it_declares_is_taken(grounds):
    target = made(Bank, grounds)
    require_complete(target)
    assert target.can(Capability.DEPOSIT, Capability.BALANCE)
    assert not target.can(Capability.DEPOSIT, Capability.ESCAPE)
    assert target.tokens == (grounds.token.address, "0x" + "00" * 20)


def test_what_is_declared_and_missing_is_named_with_its_signature(grounds):
    class Frozen(Bank):
        capabilities = Bank.capabilities | {Capability.ESCAPE}

    with pytest.raises(IncompleteTarget) as refusal:
        require_complete(made(Frozen, grounds))
    assert str(refusal.value) == (
        "Frozen declares Capability.ESCAPE but has no escape(self, token: str, *, sender: User) -> Receipt"
    )
    assert refusal.value.operation == "escape"


def test_a_missing_property_is_named_with_its_type(grounds):
    class Rooted(Bank):
        capabilities = Bank.capabilities | {Capability.COMMIT}

        def commit(self, batch):
            return batch

    with pytest.raises(IncompleteTarget, match=r"but has no property committed_root -> int"):
        require_complete(made(Rooted, grounds))


def test_what_is_there_and_not_declared_would_be_skipped_so_it_is_refused(grounds):
    class Shy(Bank):
        def freeze(self, *, sender):
            return sender

    with pytest.raises(IncompleteTarget, match=r"Shy has freeze but does not declare Capability\.FREEZE"):
        require_complete(made(Shy, grounds))


SIGNATURES = {
    "an argument too few": (lambda self, token, *, sender: None, False),
    "an argument by position only": (lambda self, token, amount, sender, /, to: None, False),
    "an argument of another name": (lambda self, token, amount, *, sender, receiver: None, False),
    "another one that is needed": (lambda self, token, amount, *, sender, to, memo: None, False),
    "no function": (7, False),
    "another one that is not": (lambda self, token, amount, *, sender, to, memo="": None, True),
    "all of them": (lambda self, token, amount, sender, to: None, True),
    "any": (lambda self, *args, **named: None, True),
}


@pytest.mark.parametrize(("function", "fits"), SIGNATURES.values(), ids=SIGNATURES)
def test_an_operation_takes_what_it_will_be_given(grounds, function, fits):
    target = made(type("Odd", (Bank,), {"deposit": function}), grounds)
    if fits:
        require_complete(target)
        return
    with pytest.raises(IncompleteTarget, match=r"Odd has .*deposit.*, which cannot be called as") as refusal:
        require_complete(target)
    assert refusal.value.signature == (
        "deposit(self, token: str, amount: int, *, sender: User, to: User) -> Receipt"
    )


def test_every_capability_has_operations_that_the_base_refuses_by_name(grounds):
    assert OPERATIONS.keys() == set(Capability)
    bare = made(Target, grounds)
    require_complete(bare)
    calls = {
        "deposit": lambda: bare.deposit("", 1, sender=None, to=None),
        "balance": lambda: bare.balance("", None),
        "transfer": lambda: bare.transfer("", 1, sender=None, to=None),
        "withdraw": lambda: bare.withdraw("", 1, sender=None, recipient=""),
        "commit": lambda: bare.commit(None),
        "prove": lambda: bare.prove(None),
        "prove_wrongly": lambda: bare.prove_wrongly(None),
        "post": lambda: bare.post(None),
        "execute": lambda: bare.execute(None),
        "claim": lambda: bare.claim(None, sender=None),
        "is_claimed": lambda: bare.is_claimed(None),
        "force_withdraw": lambda: bare.force_withdraw("", 1, sender=None),
        "freeze": lambda: bare.freeze(sender=None),
        "escape": lambda: bare.escape("", sender=None),
        "refund": lambda: bare.refund(sender=None),
        "custody": lambda: bare.custody(""),
        "owed": lambda: bare.owed(""),
        "seal": bare.seal,
        "deposit_short": lambda: bare.deposit_short("", 1, sender=None, to=None),
        "deposit_long": lambda: bare.deposit_long("", 1, sender=None, to=None),
        "odd_deposits": lambda: bare.odd_deposits("", sender=None),
        "overspend": lambda: bare.overspend("", 1, sender=None, recipient=""),
        "prove_early": lambda: bare.prove_early(None),
        "claim_early": lambda: bare.claim_early(None, sender=None),
        "claim_altered": lambda: bare.claim_altered(None, token="", amount=1, recipient="", sender=None),
        "claim_fabricated": lambda: bare.claim_fabricated("", 1, recipient="", sender=None),
        "claim_aliases": lambda: bare.claim_aliases(None, sender=None),
        "claim_transfer": lambda: bare.claim_transfer(None, sender=None),
        "claim_deposit": lambda: bare.claim_deposit("", 1, sender=None),
        "usurp": lambda: bare.usurp(None, sender=None),
    }
    for capability, names in OPERATIONS.items():
        for name in names:
            if name == "settled":  # nothing was settled that cannot be
                continue
            with pytest.raises(Unsupported) as refusal:
                calls.get(name, lambda name=name: getattr(bare, name))()
            assert (refusal.value.operation, refusal.value.capability) == (name, capability)


def test_what_is_unsupported_says_what_there_is_and_what_would_be_needed(grounds):
    with pytest.raises(Unsupported) as refusal:
        made(Bank, grounds).escape(ADDRESS, sender=None)
    assert str(refusal.value) == (
        "Bank has no escape: its capabilities are BALANCE, DEPOSIT. A target that has it names "
        "Capability.ESCAPE among them and defines escape(self, token: str, *, sender: User) -> Receipt"
    )


def test_the_reference_is_complete_and_has_no_step_after_the_proof(actors):
    target = actors.rollup.target
    assert isinstance(target, ReferenceTarget)
    require_complete(target)
    assert frozenset(Capability) - target.capabilities == {Capability.POST, Capability.EXECUTE}
    actors.rollup.open_account(actors.token, actors.alice)
    with pytest.raises(Unsupported, match="ReferenceTarget has no execute"):
        actors.rollup.execute(actors.rollup.seal())


def test_a_fee_to_a_target_without_fees_is_refused_before_anything_is_asked_of_it(grounds):
    testbed = Testbed(grounds, made(Bank, grounds))
    with testbed.anchor():
        user = testbed.user("erin")
        with pytest.raises(Unsupported, match="fee_token"):
            testbed.rollup.transfer(testbed.token, 5, sender=user, to=user, fee=1)


def test_a_testbed_gives_a_target_users_and_puts_it_back(grounds):
    testbed = Testbed(grounds, made(Bank, grounds))
    with testbed.anchor():
        dave = testbed.user("dave")
        testbed.rollup.deposit(testbed.token, 503, sender=dave)
        assert dave.l2_balance(testbed.token) == 503
    assert testbed.target.state is None
    with testbed.anchor():
        again = testbed.user("dave")
        assert again.address == dave.address
        assert again.l2_balance(testbed.token) == 0


def test_users_keys_are_for_the_targets_address(grounds):
    class Elsewhere(Bank):
        def __init__(self, l1, **others):
            super().__init__(l1, **{**others, "address": "0x" + "ae" * 20})

    account = grounds.l1.accounts[0]
    keys = [Testbed(grounds, made(kind, grounds)).user_of(account, "eve").key for kind in (Bank, Elsewhere)]
    assert keys[0] != keys[1]


def test_a_target_on_another_chain_is_refused(grounds):
    target = Bank(Chain(31_341, accounts=3), address=ADDRESS, tokens=[])
    with pytest.raises(TargetElsewhere, match="deploy it on the fixture chain"):
        Testbed(grounds, target)


@pytest.mark.parametrize("part", ["operator", "lock", "contract", "verifier", "sequencer", "prover"])
def test_the_references_parts_are_not_another_targets(grounds, part):
    rollup = Testbed(grounds, made(Bank, grounds)).rollup
    with pytest.raises(ForeignPart, match=f"rollup.{part} is a part of the reference .* this one is Bank"):
        getattr(rollup, part)
    assert not hasattr(rollup, part)


def test_neither_are_its_mints_and_accounts(grounds):
    testbed = Testbed(grounds, made(Bank, grounds))
    user = testbed.user_of(grounds.l1.accounts[0], "eve")
    for call in (
        lambda: testbed.rollup.mint(ETH),
        lambda: testbed.rollup.account_index(ETH, user),
    ):
        with pytest.raises(ForeignPart):
            call()


STEPS = {
    "all three": ({Capability.COMMIT, Capability.PROVE, Capability.EXECUTE}, "scpescpe"),
    "commit and prove": ({Capability.COMMIT, Capability.PROVE}, "scpscp"),
    "prove alone": ({Capability.PROVE}, "spsp"),
}


@pytest.mark.parametrize(("steps", "taken"), STEPS.values(), ids=STEPS)
def test_settling_takes_the_steps_that_there_are_until_nothing_waits(grounds, steps, taken):
    class Stepped(Target):
        capabilities = frozenset({Capability.BATCH, *steps})
        waiting = property(lambda self: self.state)
        log = ""

        def seal(self):
            if not self.state:
                raise ZkRollupError("nothing waits")
            self.state -= 1
            return self._step("s")

        def _step(self, letter):
            self.log += letter
            return 7 - self.state

        commit = lambda self, batch: self._step("c")  # noqa: E731
        prove = lambda self, batch: self._step("p")  # noqa: E731
        execute = lambda self, batch: self._step("e")  # noqa: E731

    target = Stepped(grounds.l1, address=ADDRESS, tokens=[], state=2)
    assert target.settle() == 7
    assert target.log == taken
    with pytest.raises(ZkRollupError, match="nothing waits"):
        target.settle()


CAROL = "0x" + "c4" * 20


def test_an_exit_asks_its_target(grounds):
    class Paying(Target):
        def claim(self, exit_, *, sender):
            self.state = (exit_.amount, sender)

        def is_claimed(self, exit_):
            return self.state is not None

    exit_ = Exit(made(Paying, grounds), ADDRESS, 17, ADDRESS)
    assert not exit_.is_claimed
    exit_.claim(sender=CAROL)
    assert exit_.is_claimed
    assert exit_.target.state == (17, CAROL)


def test_a_target_that_owes_more_than_it_holds_is_insolvent(grounds):
    class Short(Bank):
        capabilities = Bank.capabilities | {Capability.BOOKS}

        def custody(self, token):
            return 502

        @property
        def custodians(self):
            return ()

        def owed(self, token):
            return {"ledger": 499, "exits": self.exits}

        exits = 3

    target = made(Short, grounds)
    target.check_solvency()
    target.exits = 4
    with pytest.raises(Insolvent, match="Short holds 502 and owes"):
        target.check_solvency()


def test_a_target_that_keeps_no_books_is_not_asked(grounds):
    made(Bank, grounds).check_solvency()
