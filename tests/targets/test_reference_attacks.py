"""What the attempts on the reference break: the one rule that they are about."""

import pytest

from zkrollup import ETH
from zkrollup.snark.satisfaction import UnsatisfiedConstraint

STRANGER = "0x" + "c3" * 20


@pytest.mark.parametrize("paid", ["on layer 2", "on layer 1"])
def test_overspending_breaks_the_rule_of_balances_alone(rollup, alice, bob, paid):
    rollup.deposit(ETH, 1213, sender=alice)
    rollup.deposit(ETH, 89, sender=bob)
    rollup.settle()
    recipient = bob if paid == "on layer 2" else STRANGER
    with pytest.raises(UnsatisfiedConstraint) as broken:
        rollup.target.overspend(rollup.tokens[0], 1214, sender=alice, recipient=recipient)
    assert (broken.value.label, len(broken.value.rows)) == ("slot[0].debit.covers", 1)
