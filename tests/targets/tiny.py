"""TinyRollup as a target: its own contract, circuit and sequencer, and nothing of the reference's."""

from dataclasses import dataclass, replace

from eth_utils import keccak
from tests.targets.tiny_attacks import TinyAttacks
from tests.targets.tiny_circuit import SLOTS, tiny_circuit
from tests.targets.tiny_ledger import (
    DEPOSIT,
    GENESIS,
    TRANSFER,
    WITHDRAW,
    Ledger,
    Operation,
    TinyBatch,
    TinyRefusal,
    pack,
)

from zkrollup import Capability, Exit, artifacts
from zkrollup.crypto.poseidon import poseidon
from zkrollup.devnet.allowances import allowed
from zkrollup.snark.verifier_contract import solidity_proof


@dataclass(frozen=True, slots=True)
class TinyExit(Exit):
    operation: Operation


@dataclass(frozen=True, slots=True)
class TinyState:
    sealed: Ledger = GENESIS
    pending: Ledger = GENESIS
    pool: tuple[Operation, ...] = ()
    requests: int = 0
    batches: tuple[TinyBatch, ...] = ()


class TinyTarget(TinyAttacks):
    """A commit / prove / execute rollup for one ERC-20."""

    capabilities = frozenset(Capability) - {
        Capability.FEES,
        Capability.FORCE,
        Capability.FREEZE,
        Capability.ESCAPE,
        Capability.REFUND,
        Capability.POST,
        Capability.CLAIM_FABRICATED,  # a claim names a batch, and L1 has its root
    }

    def __init__(self, contract, usd, circuit):
        super().__init__(contract.chain, address=contract.address, tokens=[usd], state=TinyState())
        self.contract, self.usd, self.circuit = contract, usd, circuit
        self.domain = contract.domain()
        self.sequencer = contract.sequencer()

    @classmethod
    def deploy(cls, chain, zk, compiled, description=None):
        circuit, sequencer = zk.circuit(description or tiny_circuit()), chain.accounts[-1]
        token, rollup = artifacts.load("TestToken"), compiled["TinyRollup"]
        usd = chain.deploy(token.abi, token.bytecode, "Tiny Dollar", "USDT", 6, sender=sequencer)
        if description is None:
            exported = compiled["TinyVerifier"]
            checks = chain.deploy(exported.abi, exported.bytecode, sender=sequencer)
        else:
            checks = circuit.verifier()
        contract = chain.deploy(rollup.abi, rollup.bytecode, usd, checks, GENESIS.root, sender=sequencer)
        return cls(contract, usd, circuit)

    def fund(self, account):
        self.usd.mint(account, 10**9, sender=self.sequencer)

    # Operations

    def deposit(self, token, amount, *, sender, to):
        with allowed(self.l1, token, self.contract, amount, sender=sender):
            receipt = self.contract.requestDeposit(to.address, *to.key.public, amount, sender=sender)
        self._sync()
        return receipt

    def balance(self, token, user):
        self._sync()
        index = self._find(user)
        return 0 if index is None else self.state.pending.accounts[index].balance

    def transfer(self, token, amount, *, sender, to):
        if self._find(to) is None:
            self.deposit(token, 0, sender=to, to=to)
        return self._submit(sender, pack(TRANSFER, amount, payer=self._index(sender), payee=self._index(to)))

    def withdraw(self, token, amount, *, sender, recipient):
        word = pack(WITHDRAW, amount, payer=self._index(sender), recipient=int(recipient, 16))
        return TinyExit(self, token, amount, recipient, self._submit(sender, word))

    # Batches

    @property
    def waiting(self):
        self._sync()
        return len(self.state.pool)

    def seal(self):
        if not self.waiting:
            raise TinyRefusal("nothing waits for a batch")
        state = self.state
        taken, left = state.pool[:SLOTS], state.pool[SLOTS:]
        batch = TinyBatch.seal(len(state.batches) + 1, state.sealed, taken, self.domain)
        self.state = replace(state, sealed=batch.after, pool=left, batches=(*state.batches, batch))
        return batch

    @property
    def sealed_root(self):
        return self.state.sealed.root

    def commit(self, batch, *, sender=None):
        words = [DEPOSIT if each.op == DEPOSIT else each.word for each in batch.operations]
        return self.contract.commitBatches(batch.root_after, words, sender=sender or self.sequencer)

    @property
    def committed_root(self):
        return self.contract.lastCommittedRoot()

    def prove(self, batch):
        self._send(batch, self.circuit.prove(batch.inputs()))
        return batch

    def prove_wrongly(self, batch):
        return self._send(batch, self.circuit.prove(batch.inputs()).spoiled)

    @property
    def proven_root(self):
        return self.contract.provedRoot()

    @property
    def settled(self):
        return self.contract.proved()

    def execute(self, batch):
        return self.contract.executeBatches(batch.info, sender=self.sequencer)

    # Exits

    def claim(self, exit_, *, sender):
        number, slot, _, _, sibling = self._claim(exit_.operation)
        return self.contract.finalizeWithdrawal(
            number, slot, exit_.recipient, exit_.amount, sibling, sender=sender
        )

    def is_claimed(self, exit_):
        batch, slot = self._place(exit_.operation)
        return self.contract.isFinalized(batch.number, slot)

    # Books

    def custody(self, token):
        return self.usd.balanceOf(self.contract)

    @property
    def custodians(self):
        return (self.contract.address,)

    def owed(self, token):
        proved = self.state.batches[: self.contract.proved()]
        done = [(batch.number, slot, op) for batch in proved for slot, op in enumerate(batch.operations)]
        requested = sum(event.args["amount"] for event in self.contract.events("DepositRequested"))
        return {
            "ledger": proved[-1].after.supply if proved else 0,
            "exits": sum(
                op.amount
                for number, slot, op in done
                if op.op == WITHDRAW and not self.contract.isFinalized(number, slot)
            ),
            "queued": requested - sum(op.amount for _, _, op in done if op.op == DEPOSIT),
        }

    # Inside

    def _sync(self):
        """Takes in the requests that have arrived on L1."""
        for event in self.contract.events("DepositRequested")[self.state.requests :]:
            account, amount = event.args["account"], event.args["amount"]
            key = (self.contract.keys(account, 0), self.contract.keys(account, 1))
            self._take(Operation(pack(DEPOSIT, amount, payee=account), key))
            self.state = replace(self.state, requests=self.state.requests + 1)

    def _take(self, operation):
        state = self.state
        pending = state.pending.applied(operation, self.domain)
        self.state = replace(state, pending=pending, pool=(*state.pool, operation))

    def _submit(self, user, word):
        operation = self._signed(user, word)
        self._take(operation)
        return operation

    def _signed(self, user, word):
        nonce = self.state.pending.accounts[self._index(user)].nonce
        return Operation(word, signature=user.key.sign(poseidon([word, nonce, self.domain])))

    def _send(self, batch, proof):
        return self.contract.proveBatches(batch.info, *solidity_proof(proof.proof), sender=self.sequencer)

    def _claim(self, operation):
        """The arguments of the contract's ``finalizeWithdrawal``."""
        batch, slot = self._place(operation)
        other = batch.operations[1 - slot]
        sibling = bytes(32)
        if other.op == WITHDRAW:
            words = (batch.number, 1 - slot, other.recipient, other.amount)
            sibling = keccak(b"".join(word.to_bytes(32) for word in words))
        return batch.number, slot, f"{operation.recipient:#042x}", operation.amount, sibling

    def _find(self, user):
        words = (int(user.address, 16), *user.key.public)
        index = self.contract.accountOf(keccak(b"".join(word.to_bytes(32) for word in words)))
        return index - 1 if index else None

    def _index(self, user):
        self._sync()
        index = self._find(user)
        if index is None:
            raise TinyRefusal(f"{user.name} has no account; a deposit opens one")
        return index

    def _place(self, operation):
        for batch in self.state.batches:
            for slot, each in enumerate(batch.operations):
                if each == operation:
                    return batch, slot
        raise TinyRefusal("the withdrawal is in no batch yet")
