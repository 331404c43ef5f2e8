"""The chain's funded accounts: those of the mnemonic that Hardhat, Foundry and anvil share.

Their keys are public. Owns derivation only; balances belong to the chain.
"""

from functools import cache
from typing import Final

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_account.signers.local import LocalAccount

from zkrollup.arguments import WrongArgumentValue, integer

MNEMONIC: Final = "test test test test test test test test test test test junk"
BALANCE: Final = 10_000 * 10**18
"""Wei of each account at genesis."""


def derive(accounts: int) -> tuple[LocalAccount, ...]:
    """Return the first accounts of the mnemonic, path m/44'/60'/0'/0/i.

    Raises:
        WrongArgument: it is no whole number of 1 or more.
    """
    rule = "pass how many funded accounts there are, 1 or more"
    count = integer(accounts, "accounts", rule)
    if count < 1:
        raise WrongArgumentValue("accounts", accounts, rule)
    return _derived(count)


@cache
def _derived(count: int) -> tuple[LocalAccount, ...]:
    seed = seed_from_mnemonic(MNEMONIC, "")
    accounts: list[LocalAccount] = [
        Account.from_key(key_from_seed(seed, f"m/44'/60'/0'/0/{i}")) for i in range(count)
    ]
    return tuple(accounts)
