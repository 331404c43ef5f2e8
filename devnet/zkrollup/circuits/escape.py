"""The escape circuit: an account stands in the last proven state, and all that it holds is its owner's.

For a rollup that is frozen. It needs no key of layer 2 and no help of the operator: the leaf names the owner,
and whoever knows the state, which L1's data gives, can prove it.
"""

from zkrollup.circuits.account import AccountWires, account_leaf
from zkrollup.circuits.encoding import ADDRESS_BITS, AMOUNT_BITS, ESCAPE_TAG
from zkrollup.circuits.gadgets.bits import enforce_range, to_bits
from zkrollup.circuits.gadgets.poseidon import poseidon
from zkrollup.circuits.gadgets.quadpath import quad_roots
from zkrollup.snark.builder import Builder
from zkrollup.snark.circuit import Circuit

PUBLIC_INPUTS = ("state_root", "nullifier", "owner", "token", "amount", "domain")


def escape_circuit(levels: int) -> Circuit:
    """The circuit for account trees of ``levels`` levels; its inputs are ``inputs.EscapeInputs``.

    An empty leaf is 0 and no hash of six fields is, so that only an open account can escape. The nullifier
    holds the index, which the path proves: one for each account.
    """
    b = Builder(f"escape-{levels}")
    state_root, nullifier, owner, token, amount, domain = (b.public(name) for name in PUBLIC_INPUTS)
    index = b.private("account.index")
    key_x, key_y, nonce = (b.private(f"account.{name}") for name in ("key_x", "key_y", "nonce"))
    siblings = [b.privates(f"account.siblings[{level}]", 3) for level in range(levels)]

    enforce_range(b, owner, ADDRESS_BITS, "owner")
    enforce_range(b, amount, AMOUNT_BITS, "amount")
    leaf = account_leaf(b, AccountWires(key_x, key_y, owner, token, amount, nonce), "leaf")
    bits = to_bits(b, index, 2 * levels, "index")
    (root,) = quad_roots(b, [leaf], bits, siblings, "path")
    b.enforce_equal(root, state_root, "state_root")
    b.enforce_equal(poseidon(b, [ESCAPE_TAG, index, domain], "nullifier"), nullifier, "nullifier")
    return b.build()
