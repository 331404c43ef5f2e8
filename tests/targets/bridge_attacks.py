"""What a thief may send to the bridge, past the Python of its adapter."""

from dataclasses import replace
from functools import partial

from eth_utils import keccak
from tests.targets.bridge import DEPOSIT, DEPTH, EXIT, BridgeExit, BridgeTarget

from zkrollup import ETH_ADDRESS, Capability, aliased_calls, allowed
from zkrollup.crypto.field import R


class AttackedBridge(BridgeTarget):
    capabilities = BridgeTarget.capabilities | {
        *(Capability.DEPOSIT_SHORT, Capability.DEPOSIT_LONG, Capability.ODD_DEPOSITS, Capability.USURP),
        *(Capability.CLAIM_ALTERED, Capability.CLAIM_FABRICATED),
        *(Capability.CLAIM_ALIASES, Capability.CLAIM_TRANSFER, Capability.CLAIM_DEPOSIT),
    }

    def deposit_short(self, token, amount, *, sender, to):
        return self.deposit(token, amount, sender=sender, to=to, sent=amount - 1)

    def deposit_long(self, token, amount, *, sender, to):
        if token == ETH_ADDRESS:
            return self.deposit(token, amount, sender=sender, to=to, sent=amount + 1)
        with allowed(self.l1, token, self.contract, amount, sender=sender):
            return self.contract.deposit(token, amount, to, sender=sender, value=1)

    def odd_deposits(self, token, *, sender):
        odd = {
            "of nothing": (0, sender, 0),
            "for nobody": (3, ETH_ADDRESS, 3),
            "of 2^128 more than was sent": (3 + (1 << 128), sender, 3),
        }
        return {
            name: partial(self.deposit, token, amount, sender=sender, to=to, sent=sent)
            for name, (amount, to, sent) in odd.items()
        }

    def claim_altered(self, exit_, *, token, amount, recipient, sender):
        return self.claim(replace(exit_, token=token, amount=amount, recipient=recipient), sender=sender)

    def claim_fabricated(self, token, amount, *, recipient, sender):
        root, path = self.contract.leaf(EXIT, token, recipient, amount), [bytes(32)] * DEPTH
        for sibling in path:
            root = keccak(root + sibling)
        return self.contract.claim(0, root, token, recipient, amount, path, sender=sender)

    def claim_aliases(self, exit_, *, sender):
        added = (R, 1 << DEPTH, 1 << 160)
        return aliased_calls(self.contract, "claim", *self._claim(exit_), sender=sender, added=added)

    def claim_transfer(self, transfer, *, sender):
        moved = self.state.operations[transfer]
        return self.claim(BridgeExit(self, moved.token, moved.amount, moved.payee, transfer), sender=sender)

    def claim_deposit(self, token, amount, *, sender):
        made = [(each.kind, each.token, each.payee, each.amount) for each in self.state.operations]
        index = made.index((DEPOSIT, token, sender.address, amount))
        return self.claim(BridgeExit(self, token, amount, sender.address, index), sender=sender)

    def usurp(self, batch, *, sender):
        return self.post(batch, sender=sender)
