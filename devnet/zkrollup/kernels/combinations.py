"""Where the linear combinations of an .r1cs file begin, each of which says only how long it is.

Owns the walk. What stands in a combination is ``snark.formats.r1cs``'s.
"""

from typing import Any

from zkrollup.kernels.jit import kernel


@kernel("int64(uint32[::1], int64, int64[::1])")
def find_starts(words: Any, width: int, starts: Any) -> int:
    """Fills ``starts`` with the places of counts, each followed by that many entries of ``width`` words.

    Returns the place after the last combination, or -1 - i if combination i goes on past the end.
    """
    at = 0
    for i in range(starts.shape[0]):
        if at >= words.shape[0]:
            return -1 - i
        starts[i] = at
        at += 1 + width * int(words[at])
        if at > words.shape[0]:
            return -1 - i
    return at
