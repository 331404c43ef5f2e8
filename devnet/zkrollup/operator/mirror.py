"""Layer 2's chain: one Mint a token, the ERC-20 face of the proven ledger.

Owns the Mints and keeps them in step, batch by confirmed batch. A balance there is the sum over the accounts
that an L1 address owns.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from zkrollup import artifacts
from zkrollup.circuits.encoding import Op
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract
from zkrollup.ledger.transition import BatchTrace, SlotTrace
from zkrollup.operator.bridge import to_address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

TokenMetadata = tuple[str, str, int]
"""Name, symbol, decimals."""


class NoMint(ZkRollupError):
    """A token has no Mint on layer 2 yet."""

    def __init__(self, token: int) -> None:
        """``token`` is its L1 address, 0 for ETH."""
        self.token = token
        super().__init__(
            f"token {to_address(token)} has no Mint on layer 2: none of it is in a proven batch yet; "
            "deposit some and settle"
        )


class Mirror:
    """The Mints on layer 2's chain."""

    def __init__(self, l2: Chain, operator: "LocalAccount", describe: Callable[[int], TokenMetadata]) -> None:
        """``describe`` tells a token's name, symbol and decimals on L1."""
        self.l2 = l2
        self._operator = operator
        self._describe = describe
        self._mints: dict[int, Contract] = {}

    def mint(self, token: int) -> Contract:
        """The Mint of a token.

        Raises:
            NoMint: Nothing of it was proven on layer 2 yet.
        """
        if token not in self._mints:
            raise NoMint(token)
        return self._mints[token]

    def apply(self, trace: BatchTrace) -> None:
        """Takes over a batch that L1 has accepted."""
        for slot in trace.slots:
            self._apply_slot(slot)

    def snapshot(self) -> dict[int, Contract]:
        """Which Mints exist; their contents are the chain's matter."""
        return dict(self._mints)

    def restore(self, mints: dict[int, Contract]) -> None:
        """Forgets the Mints that are not in ``mints``."""
        self._mints = dict(mints)

    def _apply_slot(self, slot: SlotTrace) -> None:
        inputs = slot.inputs
        payer = to_address(inputs.debit.account.owner)
        match inputs.op:
            case Op.DEPOSIT:
                owner = to_address(inputs.address)
                self._ensure(inputs.token).mint(owner, inputs.amount, sender=self._operator)
            case Op.TRANSFER:
                receiver = to_address(inputs.credit.account.owner)
                mint = self._mints[inputs.debit.account.token]
                mint.move(payer, receiver, inputs.amount, sender=self._operator)
            case Op.WITHDRAW:
                mint = self._mints[inputs.debit.account.token]
                mint.burn(payer, inputs.amount, sender=self._operator)
            case _:
                pass  # a noop moves nothing

    def _ensure(self, token: int) -> Contract:
        if token not in self._mints:
            name, symbol, decimals = self._describe(token)
            artifact = artifacts.load("Mint")
            self._mints[token] = self.l2.deploy(
                artifact.abi,
                artifact.bytecode,
                self._operator.address,
                to_address(token),
                f"L2 {name}",
                symbol,
                decimals,
                sender=self._operator,
            )
        return self._mints[token]
