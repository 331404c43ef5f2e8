"""The claim circuit: an exit exists in a proven batch's exit tree, and this is its nullifier.

Who owned the money was proved inside the batch; who is paid is bound here, so anybody may send the claim.
"""

from zkrollup.circuits.encoding import ADDRESS_BITS, AMOUNT_BITS, EXIT_LEVELS, NULLIFIER_TAG
from zkrollup.circuits.gadgets.bits import enforce_range, to_bits
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit

PUBLIC_INPUTS = ("exit_root", "nullifier", "recipient", "token", "amount", "domain")


def claim_circuit() -> Circuit:
    """One circuit, and so one key, for the exits of every ledger and batch size.

    Its inputs are ``inputs.ClaimInputs``.
    The exit's position in the tree is not tied to its id here: the batch circuit forces each id to its place.
    """
    b = Builder("claim")
    exit_root, nullifier, recipient, token, amount, domain = (b.public(name) for name in PUBLIC_INPUTS)
    exit_id, slot = b.private("exit_id"), b.private("slot")
    siblings = [b.privates(f"siblings[{level}]", 3) for level in range(EXIT_LEVELS)]

    enforce_range(b, recipient, ADDRESS_BITS, "recipient")
    enforce_range(b, amount, AMOUNT_BITS, "amount")
    leaf = poseidon(b, [exit_id, recipient, token, amount], "leaf")
    bits = to_bits(b, slot, 2 * EXIT_LEVELS, "slot")
    (root,) = quad_roots(b, [leaf], bits, siblings, "path")
    b.enforce_equal(root, exit_root, "exit_root")
    b.enforce_equal(poseidon(b, [NULLIFIER_TAG, exit_id, domain], "nullifier"), nullifier, "nullifier")
    return b.build()
