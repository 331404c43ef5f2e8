"""The two prime fields of BN254 as plain integers: orders, range checks, inverses, square roots.

Owns the constants R and P and nothing that depends on a curve. Elements are ints in [0, order);
arithmetic is written out with `%` where it is used.
"""

from zkrollup.errors import ZkRollupError

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of BN254's groups: the field that circuits compute in."""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""The field of BN254's coordinates."""


class FieldRangeError(ZkRollupError):
    """A value is not a canonical element of the field it was given for."""

    def __init__(self, name: str, value: object, order: int) -> None:
        self.name = name
        self.value = value
        self.order = order
        super().__init__(
            f"{name} = {value!r} is not a field element: an int in [0, {order}) is needed. "
            "Reduce it first if that is meant, or check where it comes from."
        )


class NotInvertible(ZkRollupError):
    """Zero has no inverse."""

    def __init__(self, value: int, order: int) -> None:
        self.value = value
        self.order = order
        super().__init__(f"{value} is zero modulo {order} and has no inverse. Handle zero before dividing.")


class NotASquare(ZkRollupError):
    """A value has no square root in the field."""

    def __init__(self, value: int, order: int) -> None:
        self.value = value
        self.order = order
        super().__init__(f"{value} has no square root modulo {order}: it is not the square of an element.")


def is_integer(value: object) -> bool:
    """Tell whether it is an int: a subclass's too, as ``ETH`` and an IntEnum's members are, but no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def require_field(name: str, value: int, *, order: int = R) -> int:
    """Return `value` if it is an int in [0, order), so that checks can stand inside expressions.

    One of a subclass is returned as the plain int that it is: a subclass may calculate otherwise, or not at
    all.

    Raises:
        FieldRangeError: it is anything else; `name` says in the message which value it was.
    """
    if not is_integer(value) or not 0 <= value < order:
        raise FieldRangeError(name, value, order)
    return value if type(value) is int else int(value)


def inverse(value: int, *, order: int = R) -> int:
    """Return the inverse of `value` modulo `order`, in [1, order).

    Raises:
        NotInvertible: `value` is zero modulo `order`.
    """
    try:
        return pow(value, -1, order)
    except ValueError:
        raise NotInvertible(value, order) from None


def square_root(value: int, *, order: int = R) -> int:
    """Return the smaller of the two square roots of `value` modulo the prime `order` (Tonelli and Shanks).

    Raises:
        NotASquare: there is none.
    """
    value %= order
    if value == 0:
        return 0
    half = (order - 1) // 2
    if pow(value, half, order) != 1:
        raise NotASquare(value, order)
    twos = ((order - 1) & (1 - order)).bit_length() - 1
    odd = (order - 1) >> twos
    non_square = next(n for n in range(2, order) if pow(n, half, order) != 1)
    generator, remainder, root = (
        pow(non_square, odd, order),
        pow(value, odd, order),
        pow(value, (odd + 1) // 2, order),
    )
    while remainder != 1:
        # The least k with remainder^(2^k) = 1 falls in every pass, so the loop ends.
        k, power = 0, remainder
        while power != 1:
            power = power * power % order
            k += 1
        factor = pow(generator, 1 << (twos - k - 1), order)
        generator, twos = factor * factor % order, k
        remainder, root = remainder * generator % order, root * factor % order
    return min(root, order - root)
