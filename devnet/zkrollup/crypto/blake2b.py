"""BLAKE2b's compression function F (RFC 7693). Owns constants and the order of steps, not the rounds."""

from collections.abc import Sequence
from typing import Final

import numpy as np

_IV: Final = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)
_SCHEDULE: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)


def compress(
    rounds: int, state: Sequence[int], message: Sequence[int], offset: Sequence[int], *, last: bool
) -> tuple[int, ...]:
    """Return the state after a block.

    Args:
        rounds: 12 in BLAKE2b itself; 0 to 2^32 - 1.
        state: 8 words of 64 bits.
        message: block, 16 words.
        offset: how many bytes were hashed with this block, 2 words, the lower first.
        last: whether it is the last block.
    """
    from zkrollup.kernels.blake2b import mix_rounds

    low, high = offset
    mixed = [_IV[4] ^ low, _IV[5] ^ high, _IV[6] ^ (2**64 - 1 if last else 0), _IV[7]]
    v = np.array([[*state, *_IV[:4], *mixed]], np.uint64)
    mix_rounds(v, np.array([message], np.uint64), np.array(_SCHEDULE, np.uint64), rounds)
    return tuple(word ^ int(v[0, i]) ^ int(v[0, i + 8]) for i, word in enumerate(state))
