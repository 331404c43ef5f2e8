"""The cache of described circuits: used when it can be, never when it is stale or broken."""

import pytest

from zkrollup.circuits import cache
from zkrollup.circuits.cache import DamagedCircuitWarning, cached_circuit
from zkrollup.snark.builder import Builder


def describe(factor):
    b = Builder("scaled")
    b.enforce_equal(b.private("x") * factor, b.private("y"), "scaled")
    return b.build()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    return tmp_path


def never():
    raise AssertionError("described again")


def test_a_kept_circuit_is_not_described_again():
    first = cached_circuit("scaled", lambda: describe(5))
    assert cached_circuit("scaled", never).digest == first.digest


def test_another_name_is_another_circuit():
    first = cached_circuit("scaled-5", lambda: describe(5))
    assert cached_circuit("scaled-7", lambda: describe(7)).digest != first.digest


def test_changed_sources_describe_anew(monkeypatch):
    cached_circuit("scaled", lambda: describe(5))
    monkeypatch.setattr(cache, "sources_fingerprint", lambda: "changed")
    assert cached_circuit("scaled", lambda: describe(7)).digest == describe(7).digest


def test_a_damaged_circuit_is_described_again_with_a_warning(own_cache):
    first = cached_circuit("scaled", lambda: describe(5))
    (file,) = own_cache.rglob("scaled.npz")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.warns(DamagedCircuitWarning, match="described again"):
        again = cached_circuit("scaled", lambda: describe(5))
    assert again.digest == first.digest
    assert cached_circuit("scaled", never).digest == first.digest


def test_without_a_writable_cache_the_circuit_is_described_each_time(monkeypatch):
    monkeypatch.setattr(cache.storage, "cache_dir", lambda *parts: None)
    calls = []
    for _ in range(2):
        cached_circuit("scaled", lambda: calls.append(1) or describe(5))
    assert len(calls) == 2
