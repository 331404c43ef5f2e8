"""Circuits that a process has patched: used there, and never in place of the sound one in another process."""

from contextlib import contextmanager

import pytest
from tests.devnet import faults

import zkrollup.snark.qap
from zkrollup.circuits import cache, live, shipped
from zkrollup.circuits.batch import BatchSize
from zkrollup.circuits.cache import ChangedCircuitWarning, cached_circuit
from zkrollup.circuits.descriptions import claim_description, descriptions, escape_description
from zkrollup.snark import circuitfile
from zkrollup.snark.builder import Builder

PATCHES = {
    "a function of a module": """
import zkrollup.circuits.claim as claim, zkrollup.circuits.escape as escape
real = claim.enforce_range
def patched(b, x, bits, label):
    return None if label == "amount" else real(b, x, bits, label)
claim.enforce_range = escape.enforce_range = patched
""",
    "a method of a class": """
from zkrollup.snark.builder import Builder
real = Builder.enforce_equal
Builder.enforce_equal = lambda b, x, y, label: None if label == "nullifier" else real(b, x, y, label)
""",
    "a constant": """
import zkrollup.circuits.claim as claim, zkrollup.circuits.escape as escape
claim.AMOUNT_BITS = escape.AMOUNT_BITS = 253
""",
    "a context manager that wraps the real one": """
from contextlib import contextmanager
from functools import wraps
from zkrollup.snark.builder import Builder
real, constrain = Builder.scope, Builder._constrain
@contextmanager
@wraps(real)
def patched(b, name):
    with real(b, name):
        Builder._constrain = lambda b, x, y, z, label: constrain(b, x, x, z, label)
        try:
            yield
        finally:
            Builder._constrain = constrain
Builder.scope = patched
""",
}
DESCRIBE = """
from zkrollup.circuits.cache import cached_circuit
from zkrollup.circuits.descriptions import claim_description, escape_description
print(cached_circuit(*{description}).digest)
"""


def _called(function):
    """A function whose closure holds another."""

    def code():
        return function

    return code


def _marked(number):
    def code():
        return code

    code.number = number
    return code


KINDS = {"that ships": "claim_description()", "of another size": "escape_description(5)"}
SOUND = {"that ships": claim_description(), "of another size": escape_description(5)}


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def patched(kind, tmp_path_factory):
    """A cache folder, and what each process that was the first to describe there made of its patch."""
    folder = tmp_path_factory.mktemp("cache")
    describe = DESCRIBE.format(description=KINDS[kind])
    return folder, {name: faults.run(patch + describe, folder) for name, patch in PATCHES.items()}


@pytest.fixture(scope="module")
def after(kind, patched):
    """What a process without patches then reads or describes in the same cache folder."""
    return faults.run(DESCRIBE.format(description=KINDS[kind]), patched[0])


def test_each_patched_process_uses_the_circuit_that_it_patched(kind, patched):
    digests = [done.stdout.strip() for done in patched[1].values()]
    assert len({*digests, SOUND[kind][1]().digest}) == len(PATCHES) + 1


def test_a_later_process_has_the_sound_circuit(kind, after):
    assert after.stdout.strip() == SOUND[kind][1]().digest
    assert faults.warnings_of(after) == []


def test_a_patched_process_does_not_get_the_sound_circuit_from_the_cache(kind, patched, after):
    program = PATCHES["a constant"] + DESCRIBE.format(description=KINDS[kind])
    assert faults.run(program, patched[0]).stdout == patched[1]["a constant"].stdout != after.stdout


@pytest.mark.parametrize("kind", ["that ships"], indirect=True)
@pytest.mark.parametrize("patch", PATCHES)
def test_a_patched_circuit_that_ships_is_kept_nowhere_and_a_warning_says_so(kind, patched, patch):
    (warning,) = faults.warnings_of(patched[1][patch])
    assert "circuit claim has constraints of digest" in warning
    assert not [path for path in patched[0].rglob("claim-*") if circuitfile.read(path).digest in warning]


# In one process


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_what_a_patch_left_in_a_memory_does_not_get_into_the_sound_circuit(own_cache, monkeypatch):
    from zkrollup.circuits.gadgets import poseidon

    name, describe = escape_description(6)
    sound = describe().digest
    poseidon._template.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(poseidon, "weighted_sum", lambda terms, weights: terms[0])
        assert describe().digest != sound
    assert cached_circuit(name, describe).digest == sound


def test_a_circuit_that_ships_is_refused_under_its_name_with_other_constraints(own_cache):
    b = Builder("claim")
    b.enforce_equal(b.private("x"), b.private("y"), "equal")
    name, describe = claim_description()
    with cache.circuit_path(name, describe).open("wb") as file:
        circuitfile.write(b.build(), file, cache.circuit_path(name, describe).stem)
    with pytest.warns(cache.DamagedCircuitWarning, match="another circuit than the one that ships"):
        assert cached_circuit(name, describe).digest == shipped.digest_of("claim")


def test_what_no_contents_tell_is_described_each_time_and_never_kept(own_cache, monkeypatch):
    from zkrollup.circuits import escape

    name, describe = escape_description(5)
    monkeypatch.setattr(escape, "ESCAPE_TAG", _Wrapped(escape.ESCAPE_TAG, object()))
    assert live.fingerprint(describe) is None
    cached_circuit(name, describe)
    assert not list(own_cache.rglob("*.circuit"))


class _Wrapped(int):
    """A number that carries what has no contents."""

    def __new__(cls, value, opaque):
        made = super().__new__(cls, value)
        made.opaque = opaque
        return made


def test_the_live_code_of_all_circuits_has_the_same_fingerprint_before_and_after_it_ran():
    for _, describe in descriptions(BatchSize(1, 1)):
        before = live.fingerprint(describe)
        assert before is not None
        describe()
        assert live.fingerprint(describe) == before


def test_the_fingerprint_is_that_of_another_process(tmp_path):
    _, describe = claim_description()
    program = """
import zkrollup.devnet
from zkrollup.circuits import live
from zkrollup.circuits.descriptions import claim_description
print(live.fingerprint(claim_description()[1]))
"""
    done = faults.run(program, tmp_path, PYTHONHASHSEED="11")
    assert done.stdout.strip() == live.fingerprint(describe), done.stderr


@pytest.mark.parametrize(
    ("real", "patch"),
    [
        (_called([3, 5].append), _called([3, 7].append)),
        (_called(_marked(11)), _called(_marked(13))),
        (_called(contextmanager(lambda: iter((17,)))), _called(contextmanager(lambda: iter((19,))))),
    ],
    ids=["the object of a builtin method", "an attribute of a function", "a body inside a context manager"],
)
def test_the_fingerprint_notices(real, patch):
    assert None is not live.fingerprint(real) != live.fingerprint(patch) is not None


def test_the_fingerprint_notices_a_function_of_a_module_inside_a_module(monkeypatch):
    def code():
        return zkrollup.snark.qap.log_size

    before = live.fingerprint(code)
    monkeypatch.setattr(zkrollup.snark.qap, "log_size", lambda r1cs: 23)
    assert None is not before != live.fingerprint(code) is not None


# Digests


def test_the_small_circuits_that_ship_are_those_that_the_code_describes():
    small = dict([*descriptions(BatchSize(1, 2)), *descriptions(BatchSize(3, 4))])
    assert {name: describe().digest for name, describe in small.items()} == {
        name: shipped.digest_of(name) for name in small
    }


@pytest.mark.slow
def test_all_circuits_that_ship_are_those_that_the_code_describes():
    assert dict(shipped.described()) == shipped._shipped()


def test_a_size_that_does_not_ship_has_no_digest():
    assert shipped.digest_of("batch-7x5") is None


def test_an_edited_circuit_of_a_shipped_name_warns_what_to_run(own_cache):
    b = Builder("claim")
    b.enforce_equal(b.private("x"), b.private("y"), "equal")
    circuit = b.build()
    with pytest.warns(ChangedCircuitWarning, match="run make circuits"):
        assert cached_circuit("claim", lambda: circuit).digest == circuit.digest
