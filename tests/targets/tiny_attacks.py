"""The attempts on TinyRollup, past its sequencer."""

from functools import partial

from tests.targets.tiny_ledger import DEPOSIT, TRANSFER, WITHDRAW, TinyBatch, pack

from zkrollup import Attempts, Target, aliased_calls, allowed
from zkrollup.crypto.field import P, R


class TinyAttacks(Target):
    def deposit_short(self, token, amount, *, sender, to):
        with allowed(self.l1, token, self.contract, amount - 1, sender=sender):
            return self._request(to, to.key.public, amount, sender=sender)

    def deposit_long(self, token, amount, *, sender, to):
        with allowed(self.l1, token, self.contract, amount, sender=sender):
            data = self.contract.encode("requestDeposit", to.address, *to.key.public, amount)
            return self.l1.transact(to=self.contract, data=data, sender=sender, value=1)

    def odd_deposits(self, token, *, sender) -> Attempts:
        x, y = sender.key.public
        nobody = "0x" + "00" * 20
        odd = {
            "of nothing": (sender, (x, y), 0),
            "for nobody": (nobody, (x, y), 3),
            "for the key (0, 0)": (sender, (0, 0), 3),
            "for a key off the curve": (sender, (1, 2), 3),
            "for a key with x + r": (sender, (x + R, y), 3),
            "for a key with y + r": (sender, (x, y + R), 3),
            "of more than fits": (sender, (x, y), 1 << 64),
        }
        return {name: partial(self._allow_and_request, *of, sender=sender) for name, of in odd.items()}

    def overspend(self, token, amount, *, sender, recipient):
        payer = self._index(sender)
        if isinstance(recipient, str):
            word = pack(WITHDRAW, amount, payer=payer, recipient=int(recipient, 16))
        else:
            word = pack(TRANSFER, amount, payer=payer, payee=self._index(recipient))
        taken = (self._signed(sender, word),)
        number = len(self.state.batches) + 1
        batch = TinyBatch.seal(number, self.state.sealed, taken, self.domain, trusting=True)
        proof = self.circuit.prove(batch.inputs())
        self.commit(batch)
        return self._send(batch, proof)

    def prove_early(self, batch):
        return self.prove(batch)

    def usurp(self, batch, *, sender):
        return self.commit(batch, sender=sender)

    def claim_early(self, exit_, *, sender):
        return self.claim(exit_, sender=sender)

    def claim_altered(self, exit_, *, token, amount, recipient, sender):
        number, slot, _, _, sibling = self._claim(exit_.operation)
        return self.contract.finalizeWithdrawal(number, slot, recipient, amount, sibling, sender=sender)

    def claim_aliases(self, exit_, *, sender) -> Attempts:
        arguments = self._claim(exit_.operation)
        return aliased_calls(
            self.contract, "finalizeWithdrawal", *arguments, sender=sender, added=(R, P, 1 << 64, 1 << 160)
        )

    def claim_transfer(self, transfer, *, sender):
        number, slot, _, amount, sibling = self._claim(transfer)
        return self.contract.finalizeWithdrawal(number, slot, sender.address, amount, sibling, sender=sender)

    def claim_deposit(self, token, amount, *, sender):
        made = (each for batch in self.state.batches for each in batch.operations)
        deposit = next(each for each in made if each.op == DEPOSIT and each.amount == amount)
        number, slot, _, _, sibling = self._claim(deposit)
        return self.contract.finalizeWithdrawal(number, slot, sender.address, amount, sibling, sender=sender)

    # Inside

    def _request(self, owner, key, amount, *, sender):
        return self.contract.requestDeposit(owner, *key, amount, sender=sender)

    def _allow_and_request(self, owner, key, amount, *, sender):
        with allowed(self.l1, self.tokens[0], self.contract, amount, sender=sender):
            return self._request(owner, key, amount, sender=sender)
