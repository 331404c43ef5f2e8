"""Numbers to limbs and back, outside kernels. Plain numpy: importing this pulls in no Numba."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Limbs: TypeAlias = NDArray[np.uint64]


def from_ints(numbers: Iterable[int]) -> Limbs:
    """Rows of four little-endian limbs, shape (n, 4), for numbers in [0, 2^256).

    Raises:
        OverflowError: a number is outside that range.
    """
    data = b"".join(number.to_bytes(32, "little") for number in numbers)
    return np.frombuffer(data, dtype="<u8").astype(np.uint64).reshape(-1, 4)


def to_ints(limbs: Limbs) -> list[int]:
    """The numbers in an array whose words are limbs, four a number, whatever its shape."""
    data = np.ascontiguousarray(limbs).astype("<u8").tobytes()
    return [int.from_bytes(data[start : start + 32], "little") for start in range(0, len(data), 32)]


def montgomery(numbers: Sequence[int], modulus: int) -> Limbs:
    """Rows of Montgomery forms, < modulus. For constants: kernels convert many values faster."""
    return from_ints(number * 2**256 % modulus for number in numbers)


def from_montgomery(limbs: Limbs, modulus: int) -> list[int]:
    """The reverse of :func:`montgomery`, for loose forms too."""
    inverse = pow(2**256, -1, modulus)
    return [number * inverse % modulus for number in to_ints(limbs)]
