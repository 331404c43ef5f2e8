"""Users: an Ethereum account with the L2 key derived from it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkrollup.crypto.eddsa import PrivateKey

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from zkrollup.devnet.rollup import Rollup
    from zkrollup.devnet.tokens import Token


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with funds on L1 and a key on L2.

    Attributes:
        name: What reports call the user.
        account: The Ethereum account; it can be a web3.py sender.
        key: The L2 key, derived from a signature by ``account`` for this rollup.
    """

    name: str
    account: "LocalAccount"
    key: PrivateKey = field(repr=False)
    _rollup: "Rollup" = field(repr=False)

    def __repr__(self) -> str:
        return f"<User {self.name} {self.address}>"

    @property
    def address(self) -> str:
        """The L1 address, checksummed."""
        return str(self.account.address)

    def l1_balance(self, token: "Token") -> int:
        """What the user holds on L1, in the token's smallest unit."""
        return self._rollup.l1_balance(token, self)

    def l2_balance(self, token: "Token") -> int:
        """What the user holds on L2, in the token's smallest unit, sealed or not."""
        return self._rollup.balance(token, self)
