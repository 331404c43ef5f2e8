"""How much room kept proofs may take, as the environment says it. Imports nothing heavy."""

import os
from typing import Final

from zkrollup.errors import ZkRollupError

ENVIRONMENT_VARIABLE: Final = "ZK_PROOF_STORE_BYTES"
DEFAULT_BYTES: Final = 64 * 2**20


class InvalidStoreSize(ZkRollupError):
    """The environment variable for the store's size holds no size."""

    def __init__(self, value: str) -> None:
        self.value = value
        super().__init__(
            f"{ENVIRONMENT_VARIABLE} = {value!r} is not a whole number of bytes; "
            "give one, or 0 to keep no proofs"
        )


def limit() -> int:
    """How many bytes the store may take, counted in blocks of 4 KiB; 0 keeps nothing.

    Raises:
        InvalidStoreSize: The environment variable ZK_PROOF_STORE_BYTES holds something else.
    """
    text = os.environ.get(ENVIRONMENT_VARIABLE)
    if text is None:
        return DEFAULT_BYTES
    if not (text.isascii() and text.isdigit()):
        raise InvalidStoreSize(text)
    return int(text)
