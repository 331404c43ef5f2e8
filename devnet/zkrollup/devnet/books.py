"""What a target of anybody's holds on L1, against what it owes.

Owns which tokens are looked at and who is believed: L1 for what is held, the target for what is owed. The
reference's books are ``operator.solvency``'s, which looks closer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from eth_utils import keccak, to_canonical_address, to_checksum_address

from zkrollup.devnet.capabilities import Capability
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Impersonated
from zkrollup.operator.solvency import Insolvent

if TYPE_CHECKING:
    from zkrollup.devnet.target import Target

_TRANSFER: Final = keccak(text="Transfer(address,address,uint256)")
_RULE: Final = (
    "What its contracts hold on L1 must cover what it owes; somebody was paid twice or too much, a deposit "
    "was credited that did not come in, or the test changed L1's storage. Of a token that takes back what it "
    "gave, say rollup.allow_rebasing(token)"
)


def check(target: "Target") -> None:
    """Passes if a target holds what it owes; one that keeps no books passes.

    Of each of its ``tokens``, and of each other one that has come to its custodians, if it knows what it
    holds and owes of that.

    Raises:
        Insolvent: It does not hold as much, or not as much as it says.
    """
    if not target.can(Capability.BOOKS):
        return
    for token in target.tokens:
        if token not in target.rebasing:
            _check(target, token, target.custody(token), target.owed(token))
    for token in _arrived(target) - {*target.tokens, *target.rebasing}:
        try:
            said, owed = target.custody(token), target.owed(token)
        except (ZkRollupError, LookupError):  # it knows its own tokens alone
            continue
        if said == _held(target, token):  # else it speaks of its own token, whatever it is asked
            _check(target, token, said, owed)


def _check(target: "Target", token: str, said: int, owed: Mapping[str, int]) -> None:
    held = _held(target, token)
    if held is not None and said > held:
        listed = ", ".join(target.custodians)
        flaw = f"{target.name} says that it holds {said:,}, and its custodians, {listed}, hold {held:,}"
        raise Insolvent(f"token {token}: {flaw}", _RULE)
    if said < sum(owed.values()):
        raise Insolvent(f"token {token}: {target.name} holds {said:,} and owes {dict(owed)}", _RULE)


def _held(target: "Target", token: str) -> int | None:
    """What its custodians hold by the token's own word; None where it names none."""
    custodians = dict.fromkeys(target.custodians)
    if not custodians:
        return None
    return sum(target.l1_balance(token, Impersonated(each)) for each in custodians)


def _arrived(target: "Target") -> set[str]:
    """Tokens of which a custodian was sent something, by ERC-20's event."""
    custodians = [bytes(12) + to_canonical_address(each) for each in target.custodians]
    if not custodians:
        return set()
    logs = target.l1.engine.logs(0, "latest", (), [[_TRANSFER], [], custodians])
    return {to_checksum_address(log.address) for log in logs}
