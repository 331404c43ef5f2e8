"""Describes a circuit: inputs, constraints with labels, and how each wire's value is found.

Owns the one description from which both the constraints and the witness come. Values that are not
constrained where they are made say so in the name of the method that makes them.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from zkrollup.crypto.field import R
from zkrollup.errors import ZkRollupError
from zkrollup.snark.circuit import Circuit
from zkrollup.snark.compile import compile_circuit
from zkrollup.snark.expression import ONE_WIRE, Expression, Term, as_expression, weighted_sum
from zkrollup.snark.satisfaction import Origin
from zkrollup.snark.tape import Rule

ONE = Expression.wire(ONE_WIRE)


class CircuitDescriptionError(ZkRollupError):
    """A circuit was described in a way that no witness could ever make sense of."""


class Builder:
    """Collects one circuit; ``build`` returns it.

    Public inputs come first, in the order in which a verifier takes them.
    """

    def __init__(self, name: str) -> None:
        """Starts an empty circuit called ``name``, as keys, errors and progress bars will call it."""
        self.name = name
        self.inputs: dict[str, int] = {}
        self.n_public = 0
        self.n_wires = 1
        self.a: list[Mapping[int, int]] = []
        self.b: list[Mapping[int, int]] = []
        self.c: list[Mapping[int, int]] = []
        self.labels: list[str] = []
        self.origins: list[Origin] = []
        self.steps: list[tuple[Rule, int, int, int]] = []
        self.hints: list[Mapping[int, int]] = []
        self.lowers: list[int] = []
        self._scopes: list[str] = []

    # Inputs

    def public(self, name: str) -> Expression:
        """A public input.

        Raises:
            CircuitDescriptionError: After the first private input or constraint, or for a name in use.
        """
        if self.n_wires != 1 + self.n_public:
            raise CircuitDescriptionError(
                f"public input {name!r} of {self.name!r} comes after private wires; "
                "declare public inputs first"
            )
        self.n_public += 1
        return self._input(name)

    def private(self, name: str) -> Expression:
        """A private input, named within the current scope. It is not constrained to any range."""
        return self._input(self._label(name))

    def privates(self, name: str, count: int) -> list[Expression]:
        """``count`` private inputs, ``name[0]`` to ``name[count - 1]``."""
        return [self.private(f"{name}[{i}]") for i in range(count)]

    # Scopes

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Prefixes the names of inputs and the labels of constraints made inside, as in ``slot[3].nonce``."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    # Constraints

    def multiply(self, x: Term, y: Term, label: str, *, plus: Term = 0) -> Expression:
        """``x * y + plus``: one constraint and one wire, or none where a factor is constant.

        ``plus`` goes into the wire, so that long chains of sums stay short combinations.
        """
        left, right, offset = as_expression(x), as_expression(y), as_expression(plus)
        if (factor := left.constant_value) is not None:
            return right * factor + offset
        if (factor := right.constant_value) is not None:
            return left * factor + offset
        wire = self._wire()
        self.steps.append((Rule.PRODUCT, wire, len(self.a), 0))
        result = Expression.wire(wire)
        self._constrain(left, right, result - offset, label)
        return result

    def enforce(self, x: Term, y: Term, z: Term, label: str) -> None:
        """Constrains ``x * y = z``."""
        self._constrain(as_expression(x), as_expression(y), as_expression(z), label)

    def enforce_equal(self, x: Term, y: Term, label: str) -> None:
        """Constrains ``x = y``.

        Raises:
            CircuitDescriptionError: Both are constants and differ.
        """
        difference = as_expression(x) - y
        constant = difference.constant_value
        if constant == 0:
            return
        if constant is not None:
            raise CircuitDescriptionError(
                f"{self._label(label)}: the constants {x} and {y} differ in every witness"
            )
        self._constrain(difference, ONE, Expression({}), label)

    def enforce_zero(self, x: Term, label: str) -> None:
        """Constrains ``x = 0``."""
        self.enforce_equal(x, 0, label)

    # Hints

    def unconstrained_quotient(self, numerator: Term, denominator: Term) -> Expression:
        """A new wire that an honest prover sets to the quotient, or to 0 where the denominator is 0."""
        wire = self._wire()
        self.steps.append((Rule.QUOTIENT, wire, self._hint(numerator), 0))
        self._hint(denominator)
        return Expression.wire(wire)

    def unconstrained_bits(self, x: Term, count: int, *, start: int = 0, lower: int = 0) -> list[Expression]:
        """New wires that an honest prover sets to the ``count`` bits of ``x`` from bit ``start`` on.

        ``x`` is read as the integer in [lower, lower + r); the lowest bit comes first. The wires are not even
        constrained to be bits.

        Raises:
            CircuitDescriptionError: Bits outside a 256-bit integer, or ``lower`` outside [0, r).
        """
        if count <= 0 or start < 0 or start + count > 256:
            raise CircuitDescriptionError(
                f"bits {start} to {start + count - 1} asked of {self._label('bits')}; a value has 0 to 255"
            )
        if not 0 <= lower < R:
            raise CircuitDescriptionError(f"{self._label('bits')} start at {lower}, outside [0, r)")
        if lower not in self.lowers:
            self.lowers.append(lower)
        first = self.n_wires
        self.n_wires += count
        extra = count | start << 16 | self.lowers.index(lower) << 32
        self.steps.append((Rule.BITS, first, self._hint(x), extra))
        return [Expression.wire(first + i) for i in range(count)]

    # Sums

    @staticmethod
    def binary_sum(bits: list[Expression]) -> Expression:
        """``sum of bits[i] * 2^i``."""
        return weighted_sum(bits, [1 << i for i in range(len(bits))])

    def build(self) -> Circuit:
        """The finished circuit."""
        return compile_circuit(self)

    # Inside

    def _wire(self) -> int:
        self.n_wires += 1
        return self.n_wires - 1

    def _input(self, name: str) -> Expression:
        if name in self.inputs:
            raise CircuitDescriptionError(
                f"input {name!r} of {self.name!r} is declared twice; names are unique"
            )
        wire = self._wire()
        self.inputs[name] = wire
        return Expression.wire(wire)

    def _hint(self, x: Term) -> int:
        self.hints.append(as_expression(x).terms)
        return len(self.hints) - 1

    def _label(self, label: str) -> str:
        return ".".join([*self._scopes, label])

    def _constrain(self, x: Expression, y: Expression, z: Expression, label: str) -> None:
        self.a.append(x.terms)
        self.b.append(y.terms)
        self.c.append(z.terms)
        self.labels.append(self._label(label))
        self.origins.append(_origin())


def _origin() -> Origin:
    """Where the description that is being run stands: the first frame outside this file."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Origin(frame.f_code.co_filename, frame.f_lineno)
