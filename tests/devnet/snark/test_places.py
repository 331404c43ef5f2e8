"""Where proofs are computed, as options say it."""

import socket
import sys

import pytest

from zkrollup.snark.engine import IN_PROCESS
from zkrollup.snark.places import InvalidPlace, MissingDask, engine_at, scheduler_address


def test_threads_are_this_process():
    assert scheduler_address("threads") is None
    with engine_at("threads") as engine:
        assert engine is IN_PROCESS


@pytest.mark.parametrize("authority", ["prover.example:8786", "10.0.0.7:1", "[::1]:8786"])
def test_a_scheduler_is_named_by_host_and_port(authority):
    assert scheduler_address(f"dask://{authority}") == f"tcp://{authority}"


@pytest.mark.parametrize(
    "place",
    [
        "",
        "Threads",
        "dask",
        "dask://",
        "dask://host",
        "dask://:8786",
        "dask://host:port",
        "dask://host:99999",
        "dask://host:0",
        "dask://host:8786/path",
        "dask://host:8786?query",
        "dask://user@host:8786",
        "dask://[::1:8786",
        "tcp://host:8786",
        "host:8786",
    ],
)
def test_other_text_is_refused_with_value_and_rule(place):
    with pytest.raises(InvalidPlace, match=r"is not 'threads' .* or 'dask://HOST:PORT'") as refusal:
        scheduler_address(place)
    assert refusal.value.value == place


def test_without_dask_its_absence_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "zkrollup.snark.cluster", raising=False)
    with pytest.raises(MissingDask, match=r"pytest-zkrollup\[dask\]"), engine_at("dask://host:8786"):
        pytest.fail("there is no engine")


def test_a_scheduler_that_does_not_answer_is_named_with_its_address():
    from zkrollup.snark.cluster import UnreachableScheduler

    with socket.socket() as taken:  # bound and not listening: nothing answers here
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            pytest.raises(UnreachableScheduler) as refusal,
            engine_at(f"dask://127.0.0.1:{port}"),
        ):
            pytest.fail("there is no engine")
    assert refusal.value.address == f"tcp://127.0.0.1:{port}"
    assert f"tcp://127.0.0.1:{port}: no scheduler answers" in str(refusal.value)
