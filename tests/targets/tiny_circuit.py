"""The circuit of TinyRollup: two operations lead from one root to another, and this is what each did.

Public: old root, new root, domain; for each operation its word and the key that a deposit is for. A word is
op (2 bits), from (4), to (4), amount (64), recipient (160), lowest first; 0 does nothing.

It proves, for each operation: the words posted are what was done; a deposit adds its amount to the account
that the contract names and gives that account the contract's key; a transfer or withdrawal was signed by the
payer's key for this rollup and the payer's nonce, takes no more than the payer has, and a transfer gives it
to its receiver. Nothing else in the tree changes. It does not prove that a receiver's account is open, nor
that balances stay below 2^64 after a credit: that is the contract's cap on all deposits. Owners on L1 are not
in the tree, so nobody could escape.
"""

from functools import cache

from zkrollup.circuits.gadgets.babyjubjub import EdwardsPoint
from zkrollup.circuits.gadgets.bits import enforce_range, to_bits
from zkrollup.circuits.gadgets.eddsa import SignatureWires, verify_signature
from zkrollup.circuits.gadgets.logic import enforce_nonzero_if, select
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.expression import Expression

SLOTS = 2
LEVELS = 2
WORD_BITS = 234
AMOUNT_BITS = 64


@cache
def tiny_circuit(spending: str = "checked") -> Circuit:
    """``spending`` is "checked" always, or, as a flaw, in "transfers", "withdrawals" or "nothing" alone."""
    b = Builder("tiny-rollup" if spending == "checked" else f"tiny-rollup-{spending}")
    old_root, new_root, domain = (b.public(name) for name in ("old_root", "new_root", "domain"))
    posted = [[b.public(f"{name}[{i}]") for name in ("word", "key_x", "key_y")] for i in range(SLOTS)]
    root = old_root
    for i, (word, key_x, key_y) in enumerate(posted):
        with b.scope(f"slot[{i}]"):
            root = _apply(b, root, domain, word, (key_x, key_y), spending)
    b.enforce_equal(root, new_root, "new_root")
    return b.build()


def _apply(b, root: Expression, domain: Expression, word: Expression, key, spending: str) -> Expression:
    bits = to_bits(b, word, WORD_BITS, "word")
    signed = bits[1]  # transfers are 2 and withdrawals 3
    withdraw = b.multiply(bits[0], bits[1], "withdraw")
    deposit, transfer = bits[0] - withdraw, bits[1] - withdraw
    amount = Builder.binary_sum(bits[10 : 10 + AMOUNT_BITS])

    with b.scope("payer"):
        key_x, key_y, balance, nonce, siblings = _account(b)
        enforce_nonzero_if(b, signed, key_y, "open")
        left = balance - b.multiply(signed, amount, "paid")
        if spending != "nothing":
            covered = left
            if spending != "checked":
                covered = b.multiply(transfer if spending == "transfers" else withdraw, left, "covered")
            enforce_range(b, covered, AMOUNT_BITS, "balance")
        before, after = (key_x, key_y, balance, nonce), (key_x, key_y, left, nonce + signed)
        root = _replaced(b, root, bits[2:6], siblings, before, after)
        signature = SignatureWires(EdwardsPoint(b.private("r8_x"), b.private("r8_y")), b.private("s"))
        message = poseidon(b, [word, nonce, domain], "message")
        verify_signature(b, signed, EdwardsPoint(key_x, key_y), signature, message, "signature")

    with b.scope("payee"):
        key_x, key_y, balance, nonce, siblings = _account(b)
        new_x, new_y = (
            select(b, deposit, new, old, f"key[{i}]")
            for i, (new, old) in enumerate(zip(key, (key_x, key_y), strict=True))
        )
        credited = balance + b.multiply(deposit + transfer, amount, "received")
        before, after = (key_x, key_y, balance, nonce), (new_x, new_y, credited, nonce)
        return _replaced(b, root, bits[6:10], siblings, before, after)


def _account(b):
    fields = [b.private(name) for name in ("key_x", "key_y", "balance", "nonce")]
    return *fields, [b.privates(f"siblings[{level}]", 3) for level in range(LEVELS)]


def _replaced(b, root, index_bits, siblings, before, after) -> Expression:
    leaves = [poseidon(b, list(fields), name) for name, fields in (("before", before), ("after", after))]
    old, new = quad_roots(b, leaves, index_bits, siblings, "path")
    b.enforce_equal(old, root, "root")
    return new
