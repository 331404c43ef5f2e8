"""The demo as data: what was done on which layer, what it cost, and who held what before and after."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from zkrollup.devnet import ETH, Devnet, User
from zkrollup.evm import Reverted
from zkrollup.operator.stages import SettledBatch

Balances = dict[str, dict[str, int]]
"""User to "L1 ETH", "L2 ETH", "L1 TEST", "L2 TEST", in the smallest unit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Attributes:
        title: In a sentence.
        details: Figures by name: gas, seconds, bytes, roots (as 0x text).
        before: Balances before it.
        after: Balances after it.
    """

    title: str
    details: dict[str, Any]
    before: Balances
    after: Balances


@dataclass(slots=True)
class Story:
    """A whole demo.

    Attributes:
        constraints: By circuit.
        addresses: Of contracts and users.
        steps: In order.
    """

    constraints: dict[str, int]
    addresses: dict[str, str]
    steps: list[Step] = field(default_factory=list)


def _say_nothing(step: Step) -> None:
    """For stories that are only read when they are over."""


def tell(devnet: Devnet, announce: Callable[[Step], None] = _say_nothing) -> Story:  # noqa: C901  # one list of steps
    """Runs the main job on a fresh devnet; ``announce`` is called with each step when it is done."""
    rollup, alice, bob = devnet.rollup, devnet.user("alice"), devnet.user("bob")
    users = (alice, bob)
    contracts = rollup.operator.bridge.contracts
    story = Story(
        constraints={
            k.circuit.name: k.circuit.n_constraints for k in (rollup.prover.batch, rollup.prover.claim)
        },
        addresses={
            "Lock (L1)": contracts.lock.address,
            "Rollup (L1)": contracts.rollup.address,
            "batch verifier (L1)": contracts.batch_verifier.address,
            "claim verifier (L1)": contracts.claim_verifier.address,
            "TestToken (L1)": devnet.token.address,
            **{user.name: user.address for user in users},
        },
    )

    def step(title: str, act: Callable[[], dict[str, Any]]) -> None:
        before = _balances(devnet, users)
        details = act()
        story.steps.append(Step(title, details, before, _balances(devnet, users)))
        announce(story.steps[-1])

    def roots() -> dict[str, Any]:
        return {"L1 root": hex(rollup.contract.stateRoot()), "L2 root": hex(rollup.state_root)}

    def lock() -> dict[str, Any]:
        ether = rollup.deposit(ETH, 501, sender=alice)
        tokens = rollup.deposit(devnet.token, 907, sender=alice)
        return {"gas depositETH": ether.gas_used, "gas depositERC20": tokens.gas_used, **roots()}

    def settle() -> dict[str, Any]:
        batch = rollup.settle()
        return {**_settled(batch), **roots()}

    def transfer() -> dict[str, Any]:
        rollup.transfer(ETH, 207, sender=alice, to=bob)
        rollup.transfer(devnet.token, 311, sender=alice, to=bob)
        return roots()

    step("Alice locks 501 wei and 907 TestToken units on L1", lock)
    step("A proof makes L1 accept the batch that credits them; L2 mints the same amounts", settle)
    step("Alice signs transfers to Bob on L2; L1 knows nothing of them", transfer)
    step("The transfers are committed as data, proved, and verified on L1", settle)
    exits = []

    def burn() -> dict[str, Any]:
        exits.append(rollup.withdraw(ETH, 103, sender=bob))
        exits.append(rollup.withdraw(devnet.token, 151, sender=bob))
        return {**settle(), "exit ids": [exit_.id for exit_ in exits]}

    def claim() -> dict[str, Any]:
        details: dict[str, Any] = {}
        for token, exit_ in zip(("ETH", "TEST"), exits, strict=True):
            proven = exit_.prove()
            receipt = rollup.operator.bridge.claim(proven, sender=alice)
            details |= {
                f"proof seconds {token}": round(proven.seconds, 3),
                f"gas claim {token}": receipt.gas_used,
            }
        return details

    def claim_again() -> dict[str, Any]:
        try:
            exits[0].claim(sender=alice)
        except Reverted as refusal:
            return {"refused with": str(refusal)}
        return {"refused with": "nothing: the second claim was paid, which must never happen"}

    step("Bob burns 103 wei and 151 TestToken units on L2; the burn is proved on L1", burn)
    step("Alice sends the claims' proofs; the Lock pays Bob", claim)
    step("A second claim of the same exit", claim_again)
    return story


def _settled(batch: SettledBatch) -> dict[str, Any]:
    return {
        "batch": batch.number,
        "posted bytes": len(batch.sealed.data),
        "proof seconds": round(batch.proof_seconds, 3),
        **{f"gas {function}": gas for function, gas in batch.gas.items()},
    }


def _balances(devnet: Devnet, users: tuple[User, ...]) -> Balances:
    tokens = (("ETH", ETH), ("TEST", devnet.token))
    return {
        user.name: {
            **{f"L1 {name}": user.l1_balance(token) for name, token in tokens},
            **{f"L2 {name}": user.l2_balance(token) for name, token in tokens},
        }
        for user in users
    }
