"""Whoever is paid in the middle of a call finds the books as they will be, and is paid once.

Each way out that sends ether or tokens with hooks stands in PAYMENTS, with more left to take than it pays.
"""

from dataclasses import dataclass

import pytest
from tests.contracts.support import ETH, FORCED_FEE, KEYS, Escape, Exit, System, deploy, queued

from zkrollup.evm import Contract

pytestmark = pytest.mark.node
STATE_ROOT, EXIT_ROOT = 5_000_011, 5_000_077


@dataclass(frozen=True)
class Payment:
    """A call that pays the receiver, its event, and the views of what it changes before it pays."""

    target: Contract
    name: str
    arguments: tuple
    event: str
    amount: int
    books: tuple[tuple[Contract, str, tuple], ...]
    token: Contract | None = None

    @property
    def data(self) -> bytes:
        return self.target.encode(self.name, *self.arguments)

    def send(self, sender):
        return getattr(self.target, self.name)(*self.arguments, sender=sender)

    def received(self, chain, receiver) -> int:
        return self.token.balanceOf(receiver.address) if self.token else chain.balance(receiver)


def lock_up(system: System, token: Contract | None, amount: int, **account):
    """A deposit of ether or of the token."""
    if token is None:
        return system.deposit(amount, **account)
    sender, (x, y) = system.chain.accounts[2], account.get("key", KEYS[0])
    owner = account.get("owner", sender.address)
    return queued(system.lock.depositERC20(token.address, amount, owner, x, y, sender=sender))


def serve(system: System, token: Contract | None) -> str:
    """501 in a proven batch; returns the token's address."""
    system.settle(system.batch(entries=(lock_up(system, token, 501),)))
    return token.address if token else ETH


def claim(system: System, receiver: Contract, token: Contract | None) -> Payment:
    exit_ = Exit(receiver.address, serve(system, token), 207)
    books = ((system.rollup, "isClaimed", (exit_.nullifier,)), (system.lock, "locked", (exit_.token,)))
    arguments = exit_.arguments(EXIT_ROOT, system.domain)
    return Payment(system.rollup, "claim", arguments, "Claimed", 207, books, token)


def escape(system: System, receiver: Contract, token: Contract | None) -> Payment:
    escaped = Escape(receiver.address, serve(system, token), 203)
    system.freeze(system.request(0, 103))
    books = ((system.rollup, "isClaimed", (escaped.nullifier,)), (system.lock, "locked", (escaped.token,)))
    arguments = escaped.arguments(STATE_ROOT, system.domain)
    return Payment(system.rollup, "escape", arguments, "Escaped", 203, books, token)


def refund(system: System, receiver: Contract, token: Contract | None) -> Payment:
    address = serve(system, token)
    entry = lock_up(system, token, 199, key=KEYS[1], owner=receiver.address)
    system.freeze(entry)
    books = ((system.rollup, "isRefunded", (1,)), (system.lock, "locked", (address,)))
    return Payment(system.rollup, "refund", (1, entry.struct), "Refunded", 199, books, token)


def refund_of_fee(system: System, receiver: Contract, _) -> Payment:
    system.chain.set_balance(receiver.address, FORCED_FEE)
    with system.chain.impersonate(receiver.address) as requester:
        entry = system.request(0, 103, sender=requester)
    system.request(0, 107)
    system.freeze(entry)
    books = ((system.rollup, "isRefunded", (0,)),)
    return Payment(system.rollup, "refund", (0, entry.struct), "Refunded", FORCED_FEE, books)


def credit(system: System, receiver: Contract, _) -> Payment:
    serve(system, None)
    receiver.setRefusing(True)
    for nullifier, amount in ((7_000_003, 107), (7_000_009, 89)):
        system.claim(Exit(receiver.address, ETH, amount, nullifier=nullifier), EXIT_ROOT)
    receiver.setRefusing(False)
    views = (("credits", (receiver.address,)), ("totalCredits", ()), ("locked", (ETH,)))
    books = tuple((system.lock, name, arguments) for name, arguments in views)
    return Payment(system.lock, "withdrawCredit", (receiver.address,), "CreditWithdrawn", 196, books)


def forced_fees(system: System, receiver: Contract, _) -> Payment:
    # A rollup whose operator is the receiver. One request is proven; the fee of the other is not its own.
    system = deploy(system.chain, operator=receiver.address)
    entry = system.request(0, 103)
    system.request(0, 107)
    with system.chain.impersonate(receiver.address) as operator:
        system.commit(system.batch(entries=(entry,)), sender=operator)
    system.prove(system.batch(entries=(entry,)))
    books = ((system.rollup, "forcedFeesCollected", ()),)
    return Payment(
        system.rollup, "collectForcedFees", (entry.struct,), "ForcedFeesCollected", FORCED_FEE, books
    )


PAYMENTS = {
    "claim": (claim, None),
    "claim of a token with hooks": (claim, "HookToken"),
    "escape": (escape, None),
    "escape of a token with hooks": (escape, "HookToken"),
    "refund": (refund, None),
    "refund of a token with hooks": (refund, "HookToken"),
    "refund of a fee": (refund_of_fee, None),
    "credit": (credit, None),
    "forced fees": (forced_fees, None),
}


@pytest.fixture
def receiver(deploy_compiled):
    return deploy_compiled("ReentrantReceiver")


@pytest.fixture(params=PAYMENTS)
def payment(request, system, chain, receiver, deploy_compiled):
    make, name = PAYMENTS[request.param]
    token = None
    if name:
        token = deploy_compiled(name)
        token.mint(chain.accounts[2].address, 10_007)
    return make(system, receiver, token)


def test_who_is_paid_finds_the_books_as_they_will_be(payment, chain, receiver):
    for contract, name, arguments in payment.books:
        with chain.anchor():
            before = int(getattr(contract, name)(*arguments))
            receiver.setCallback(contract.address, contract.encode(name, *arguments))
            payment.send(chain.accounts[8])
            after = int(getattr(contract, name)(*arguments))
            assert after != before, name
            assert int.from_bytes(receiver.answer(), "big") == after, name


def test_who_is_paid_is_paid_once_however_often_it_asks(payment, chain, receiver):
    before = payment.received(chain, receiver)
    receiver.setCallback(payment.target.address, payment.data)
    payment.send(chain.accounts[8])
    assert receiver.called()
    assert not receiver.succeeded()
    assert payment.received(chain, receiver) - before == payment.amount
    # There was more to take.
    holders = (payment.target.address, *{contract.address for contract, _, _ in payment.books})
    left = [payment.token.balanceOf(holder) if payment.token else chain.balance(holder) for holder in holders]
    assert max(left) >= payment.amount


def test_a_payment_is_told_of_before_what_it_brings_about(payment, chain, receiver):
    receiver.setCallback(payment.target.address, payment.data)
    names = [event.name for event in payment.send(chain.accounts[8]).events]
    assert names == [payment.event, "Paid"]


# Deposits of tokens that call the sender


@pytest.mark.parametrize("again", ["depositERC20", "depositETH", "withdrawCredit"])
def test_who_deposits_cannot_come_back_while_its_tokens_move(system, chain, receiver, deploy_compiled, again):
    # What moved in between would count for both deposits.
    token = deploy_compiled("HookToken")
    token.mint(receiver.address, 1_009)
    inner = {
        "depositERC20": (token.address, 307, receiver.address, *KEYS[1]),
        "depositETH": (receiver.address, *KEYS[1]),
        "withdrawCredit": (receiver.address,),
    }[again]
    receiver.setCallback(system.lock.address, system.lock.encode(again, *inner))
    with chain.impersonate(receiver.address) as depositor:
        chain.set_balance(receiver.address, 10**18)
        entry = queued(
            system.lock.depositERC20(token.address, 501, receiver.address, *KEYS[0], sender=depositor)
        )
    assert receiver.called()
    assert not receiver.succeeded()
    assert entry.amount == system.lock.locked(token.address) == token.balanceOf(system.lock.address) == 501
    assert system.rollup.queueLength() == 1
