"""Allowances of ERC-20s as a careful wallet sets them: only where there is too little, and undone on failure.

Owns how an allowance is changed for tokens that mind. What is spent with it is the caller's matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from zkrollup.devnet.tokens import erc20
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract, Reverted, Sender
from zkrollup.evm.parties import HasAddress


@contextmanager
def allowed(l1: Chain, token: str, spender: HasAddress, amount: int, *, sender: Sender) -> Iterator[None]:
    """Inside, ``spender`` may take ``amount`` of ``sender``'s tokens.

    Nothing is sent where it may already. If the block is refused, the allowance is put back.

    Args:
        l1: The chain of the token.
        token: The token's address.
        spender: Who will take the tokens.
        amount: In the token's smallest unit.
        sender: Whose tokens they are.

    Raises:
        Reverted: The token refuses.
    """
    contract = erc20(l1, token)
    before = _allowance(contract, spender, sender)
    if before >= amount:
        yield
        return
    _force(contract, spender, amount, current=before, sender=sender)
    try:
        yield
    except ZkRollupError:
        with suppress(ZkRollupError):  # the error that is under way says more
            _force(contract, spender, before, current=amount, sender=sender)
        raise


def _force(token: Contract, spender: HasAddress, amount: int, *, current: int, sender: Sender) -> None:
    """Sets an allowance as OpenZeppelin's forceApprove does: with 0 first where a token wants that."""
    if current and amount and not _would_approve(token, spender, amount, sender):
        token.approve(spender, 0, sender=sender)
    token.approve(spender, amount, sender=sender)


def _would_approve(token: Contract, spender: HasAddress, amount: int, sender: Sender) -> bool:
    """Whether approve would succeed. Some tokens return nothing if they succeed, or false if not."""
    data = token.encode("approve", spender, amount)
    try:
        answer = token.chain.call(to=token, data=data, sender=sender)
    except Reverted:
        return False
    return not answer or bool(int.from_bytes(answer[:32], "big"))


def _allowance(token: Contract, spender: HasAddress, owner: Sender) -> int:
    """What a token says; 0 where it does not say."""
    try:
        answer = token.chain.call(to=token, data=token.encode("allowance", owner, spender))
    except Reverted:
        return 0
    return int.from_bytes(answer[:32], "big")
