"""States, operations and inputs that the circuits' tests share. All values differ, so that a swap shows."""

from dataclasses import replace
from functools import cache

from zkrollup.circuits.batch import BatchSize, batch_circuit
from zkrollup.circuits.claim import claim_circuit
from zkrollup.circuits.encoding import BatchHeader, batch_instance, claim_nullifier, escape_nullifier
from zkrollup.circuits.escape import escape_circuit
from zkrollup.circuits.inputs import Account, BatchInputs, ClaimInputs, EscapeInputs
from zkrollup.crypto.eddsa import PrivateKey
from zkrollup.kernels.limbs import from_ints
from zkrollup.ledger.operations import Deposit, ForcedWithdrawal, Transfer, Withdrawal
from zkrollup.ledger.state import LedgerState
from zkrollup.ledger.transition import apply_batch
from zkrollup.snark.satisfaction import row_value

DOMAIN = 0xD0_3A11
NUMBER = 41
TOKEN = 0xA0B86991C6218B36C1D19D4A2E9EB0CE3606EB48
ALICE, BOB, CAROL, DAVE, ERIN = (PrivateKey(7**k) for k in (50, 51, 52, 53, 54))
OWNERS = {ALICE: 0xA11CE, BOB: 0xB0B, CAROL: 0xCA401, DAVE: 0xDA7E, ERIN: 0xE410}
FULL = (1 << 128) - 1

# Indices; FREE is empty, and fees go to ERIN_ETH where they go anywhere.
ALICE_ETH, BOB_ETH, CAROL_TOKEN, BOB_TOKEN, ERIN_ETH, FREE = 3, 5, 6, 10, 12, 9


def account(key, token, balance, nonce):
    return Account(*key.public, OWNERS[key], token, balance, nonce)


def populated(levels, **changes):
    """Alice, Bob and Erin hold ETH, Carol and Bob the token; ``changes`` are fields of Alice's account."""
    state = LedgerState.genesis(levels)
    accounts = {
        ALICE_ETH: replace(account(ALICE, 0, 1009, 7), **changes),
        BOB_ETH: account(BOB, 0, 601, 2),
        CAROL_TOKEN: account(CAROL, TOKEN, 409, 11),
        BOB_TOKEN: account(BOB, TOKEN, 17, 5),
        ERIN_ETH: account(ERIN, 0, 211, 3),
    }
    for index, content in accounts.items():
        state = state.replaced(index, content)
    return state


def transfer(state, sender, receiver, amount, *, key, fee=0, domain=DOMAIN, nonce=None, bound=None):
    nonce = state.account(sender).nonce if nonce is None else nonce
    plain = Transfer(sender, receiver, amount, nonce, fee=fee)
    return plain.signed(key, bound or state.account(receiver), domain)


def withdrawal(state, sender, recipient, amount, *, key, fee=0, domain=DOMAIN, nonce=None):
    nonce = state.account(sender).nonce if nonce is None else nonce
    return Withdrawal(sender, recipient, amount, nonce, fee=fee).signed(key, domain)


def deposit(key, index, token, amount):
    return Deposit(index, OWNERS[key], token, amount, key.public)


def forced(key, index, amount):
    return ForcedWithdrawal(index, OWNERS[key], amount)


def header_of(trace, *, domain=DOMAIN, queue_start=0):
    return BatchHeader(
        old_root=trace.before.root,
        new_root=trace.after.root,
        exit_root=trace.exit_tree.root,
        number=trace.number,
        domain=domain,
        queue_start=queue_start,
        queue_count=sum(slot.words.op in (1, 4) for slot in trace.slots),
        fee_account=trace.fees.index,
        slots=len(trace.slots),
    )


def inputs_of(trace, *, domain=DOMAIN, queue_start=0, header=None, words=None):
    """The honest prover's inputs; ``header`` and ``words`` are what the contract holds, if anything else."""
    header = header or header_of(trace, domain=domain, queue_start=queue_start)
    instance = batch_instance(header, words or [slot.words for slot in trace.slots])
    return BatchInputs(
        *instance.as_tuple(),
        old_root=trace.before.root,
        number=trace.number,
        domain=domain,
        queue_start=queue_start,
        queue_count=header.queue_count,
        fees=trace.fees,
        slots=tuple(slot.inputs for slot in trace.slots),
    )


def run(state, *operations, slots, number=NUMBER, domain=DOMAIN, queue_start=0, fee_account=ERIN_ETH):
    """Named inputs of a batch that the ledger has accepted, and its trace."""
    _, trace = apply_batch(
        state, operations, number=number, slots=slots, domain=domain, fee_account=fee_account
    )
    return inputs_of(trace, domain=domain, queue_start=queue_start).named(), trace


def self_consistent(circuit, inputs):
    """``inputs`` with the C and y that the circuit itself computes: a prover who commits to its own lies.

    What still breaks is then a rule of the slot, not the binding of words.
    """
    guess = {**inputs, "commitment": 0, "evaluation": 0}
    witness = circuit.witness(guess)
    for name in ("commitment", "evaluation"):
        guess[name] = row_value(circuit.r1cs.a, circuit.labels.index(name), witness)
        witness[circuit.inputs[name]] = from_ints([guess[name]])[0]
    return guess


def claim_of(trace, *, slot, domain=DOMAIN):
    """The claim of the exit that ``slot`` burned."""
    burned = next(e for e in trace.exits if e.slot == slot)
    return ClaimInputs(
        exit_root=trace.exit_tree.root,
        nullifier=claim_nullifier(burned.id, domain),
        recipient=burned.recipient,
        token=burned.token,
        amount=burned.amount,
        domain=domain,
        exit_id=burned.id,
        slot=burned.slot,
        path=trace.exit_tree.path(burned.slot),
    )


def accepts(circuit, inputs):
    """That a batch's inputs satisfy its circuit, with the public inputs that they name."""
    witness = circuit.witness(inputs)
    circuit.check(witness)
    public = tuple(inputs[name] for name in ("commitment", "challenge", "evaluation"))
    assert circuit.public_values(witness) == public


def escape_of(state, index, *, domain=DOMAIN):
    """The escape of the account at ``index``."""
    lane = state.lane(index)
    return EscapeInputs(
        state_root=state.root,
        nullifier=escape_nullifier(index, domain),
        owner=lane.account.owner,
        token=lane.account.token,
        amount=lane.account.balance,
        domain=domain,
        lane=lane,
    )


@cache
def batch(slots, levels):
    """A batch circuit, described once a process."""
    return batch_circuit(BatchSize(slots, levels))


@cache
def claim():
    """The claim circuit, described once a process."""
    return claim_circuit()


@cache
def escape(levels):
    """An escape circuit, described once a process."""
    return escape_circuit(levels)
