"""What an attacker does to a witness, and what the constraints leave free: tools of the soundness tests.

Knows circuits in general and no rollup. Everything is plain Python over the constraints as integers, on
purpose: it shares no code with the kernels that it judges.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from zkrollup.crypto.field import R, inverse
from zkrollup.kernels.limbs import from_ints, from_montgomery, to_ints
from zkrollup.snark.satisfaction import UnsatisfiedConstraint
from zkrollup.snark.tape import Rule


def rows_of(matrix):
    """A sparse matrix as one dictionary of wire to coefficient a row."""
    table, back = np.unique(matrix.val, axis=0, return_inverse=True)
    coefficients = from_montgomery(table, R)
    columns, values, ptr = matrix.col.tolist(), back.ravel().tolist(), matrix.ptr.tolist()
    return [
        {columns[k]: coefficients[values[k]] for k in range(ptr[i], ptr[i + 1])} for i in range(len(ptr) - 1)
    ]


class Constraints:
    """A circuit's rows as dictionaries, read once."""

    def __init__(self, circuit):
        self.circuit = circuit
        self.a, self.b, self.c = (rows_of(m) for m in (circuit.r1cs.a, circuit.r1cs.b, circuit.r1cs.c))
        self.hints = rows_of(circuit.tape.hints)
        self.lowers = to_ints(circuit.tape.lowers)

    def gradient(self, row, w):
        """The row's derivative by each wire at w: A_i B + B_i A - C_i, zeros left out."""
        a, b, c = self.a[row], self.b[row], self.c[row]
        at_a, at_b = value(a, w), value(b, w)
        result = defaultdict(int)
        for wire, k in a.items():
            result[wire] += k * at_b
        for wire, k in b.items():
            result[wire] += k * at_a
        for wire, k in c.items():
            result[wire] -= k
        return {wire: k % R for wire, k in result.items() if k % R}

    def solve(self, inputs, forced=None):
        """The reference interpreter of tapes: slow, and able to force other values than honest ones on wires.

        Steps after a forced wire see the forced value, as a prover who lies consistently would have it.
        """
        forced = forced or {}
        circuit = self.circuit
        w = [0] * circuit.r1cs.n_wires
        w[0] = 1
        for name, wire in circuit.inputs.items():
            w[wire] = inputs[name]
        tape = circuit.tape
        steps = zip(*(x.tolist() for x in (tape.rules, tape.wires, tape.rows, tape.extras)), strict=True)
        for rule, wire, row, extra in steps:
            if rule == Rule.PRODUCT:
                w[wire] = (value(self.a[row], w) * value(self.b[row], w) - value(self.c[row], w)) % R
                count = 1
            elif rule == Rule.QUOTIENT:
                divisor = value(self.hints[row + 1], w)
                w[wire] = value(self.hints[row], w) * pow(divisor, R - 2, R) % R
                count = 1
            else:
                count, start, lower = extra & 0xFFFF, extra >> 16 & 0xFFFF, self.lowers[extra >> 32]
                number = value(self.hints[row], w)
                number += R if number < lower else 0
                for i in range(count):
                    w[wire + i] = number >> (start + i) & 1
            for written in range(wire, wire + count):
                w[written] = forced.get(written, w[written])
        return w

    def broken(self, w):
        """The rows that w does not satisfy."""
        return {
            i
            for i, (a, b, c) in enumerate(zip(self.a, self.b, self.c, strict=True))
            if (value(a, w) * value(b, w) - value(c, w)) % R
        }

    def bit_groups(self):
        """Each decomposition's hint wires: (first wire, first bit's number, count)."""
        tape = self.circuit.tape
        for rule, wire, extra in zip(tape.rules, tape.wires.tolist(), tape.extras.tolist(), strict=True):
            if rule == Rule.BITS:
                yield wire, extra >> 16 & 0xFFFF, extra & 0xFFFF


def made_by(constraints, label):
    """The wire that a labelled constraint makes: a product's, or else the one hint that it is about.

    With `` hint`` after the label it is the product's second factor.
    """
    label, _, hint = label.partition(" ")
    circuit = constraints.circuit
    row = circuit.labels.index(label)
    steps = zip(
        *(x.tolist() for x in (circuit.tape.rules, circuit.tape.wires, circuit.tape.rows)), strict=True
    )
    products = [wire for rule, wire, made in steps if rule == Rule.PRODUCT and made == row]
    (wire,) = constraints.b[row] if hint else products or constraints.a[row]
    return wire


def value(row, w):
    """A combination's value."""
    return sum(k * w[wire] for wire, k in row.items()) % R


# Overwriting wires


def overwritten(circuit, witness, changes):
    """An honest witness with some wires, by name or number, carrying other values."""
    changed = witness.copy()
    for wire, new in changes.items():
        changed[circuit.inputs[wire] if isinstance(wire, str) else wire] = from_ints([new])[0]
    return changed


def broken_labels(circuit, witness):
    """The labels of all constraints that a witness breaks; empty for one that passes."""
    try:
        circuit.check(witness)
    except UnsatisfiedConstraint as error:
        return [circuit.labels[row] for row in error.rows]
    return []


def labels_with(circuit, inputs):
    """What breaks when the tape is run on lying inputs."""
    return broken_labels(circuit, circuit.witness(inputs))


# What stays free


def movable_alone(constraints, w, wires, *, delta):
    """Those of ``wires`` that may change by ``delta``, all others fixed, without breaking a constraint.

    Changing wire i changes a row's A B - C by gradient_i delta + A_i B_i delta^2.
    """
    free = set(wires)
    for row in range(len(constraints.a)):
        a, b = constraints.a[row], constraints.b[row]
        gradient = constraints.gradient(row, w)
        for wire in set(a) | set(b) | set(constraints.c[row]):
            change = gradient.get(wire, 0) + a.get(wire, 0) * b.get(wire, 0) * delta
            if change % R:
                free.discard(wire)
    return free


def undetermined(constraints, w, *, ignored_rows=frozenset()):
    """Columns left without a pivot when the Jacobian by all non-input wires is reduced at w.

    Empty means nullity 0: with the inputs fixed, no hint can move, not even together with others.
    """
    inputs = {0, *constraints.circuit.inputs.values()}
    rows = []
    for row in range(len(constraints.a)):
        if row not in ignored_rows:
            rows.append({i: k for i, k in constraints.gradient(row, w).items() if i not in inputs})
    columns = set(range(constraints.circuit.r1cs.n_wires)) - inputs
    _peel_columns(rows, columns)
    core = [row for row in rows if row]
    pivots, _ = _eliminate(core)
    return columns - set(pivots)


def _peel_columns(rows, columns):
    """Takes a column away wherever a row has no other: that column is determined, without any arithmetic."""
    where = defaultdict(list)
    for number, row in enumerate(rows):
        for wire in row:
            where[wire].append(number)
    ready = [number for number, row in enumerate(rows) if len(row) == 1]
    while ready:
        row = rows[ready.pop()]
        if len(row) != 1:
            continue
        (wire,) = row
        columns.discard(wire)
        for number in where[wire]:
            rows[number].pop(wire, None)
            if len(rows[number]) == 1:
                ready.append(number)


@dataclass
class _Tracked:
    """A row being reduced, with the combination of original rows that it is."""

    entries: dict
    origin: dict


def _eliminate(rows):
    """Pivots of a list of sparse rows, and the combinations of rows that vanish."""
    pivots, vanishing = {}, []
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for number in order:
        row = _Tracked(dict(rows[number]), {number: 1})
        while hit := next((wire for wire in row.entries if wire in pivots), None):
            factor = row.entries[hit]
            _subtract(row.entries, pivots[hit].entries, factor)
            _subtract(row.origin, pivots[hit].origin, factor)
        if not row.entries:
            vanishing.append(row.origin)
            continue
        pivot = max(row.entries)
        scale = inverse(row.entries[pivot])
        pivots[pivot] = _Tracked(
            {i: k * scale % R for i, k in row.entries.items()},
            {i: k * scale % R for i, k in row.origin.items()},
        )
    return pivots, vanishing


def _subtract(target, other, factor):
    for key, k in other.items():
        total = (target.get(key, 0) - factor * k) % R
        if total:
            target[key] = total
        else:
            target.pop(key, None)


def dependent_rows(constraints, w):
    """Constraints that others imply, to first order at w; all other constraints are needed.

    A row that is independent in the Jacobian by ALL wires has a direction that breaks it and nothing else:
    without it, more witnesses would pass.
    """
    rows = {i: constraints.gradient(i, w) for i in range(len(constraints.a))}
    for row in rows.values():
        row.pop(0, None)
    where = defaultdict(set)
    for number, row in rows.items():
        for wire in row:
            where[wire].add(number)
    # A column that only one row reads shows that row to be independent of the others.
    ready = [wire for wire, numbers in where.items() if len(numbers) == 1]
    while ready:
        numbers = where[ready.pop()]
        if len(numbers) != 1:
            continue
        (number,) = numbers
        for wire in rows.pop(number):
            where[wire].discard(number)
            if len(where[wire]) == 1:
                ready.append(wire)
    keys = list(rows)
    _, vanishing = _eliminate([rows[key] for key in keys])
    return {keys[i] for origin in vanishing for i in origin}
