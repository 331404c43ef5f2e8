"""Processes that compile: what they cannot do is done by the caller."""

import sys

import pytest

from zkrollup.kernels import jit, vectors, workers


@pytest.fixture
def fresh():
    """Two kernels of this package that this process has not compiled."""
    return [jit.Kernel(each._function, each.signature) for each in (vectors.multiply, vectors._fill_powers)]


@pytest.fixture
def found(monkeypatch, fresh):
    """They stand where other processes find the same."""
    for each in fresh:
        monkeypatch.setattr(vectors, each.function, each)
    return fresh


def test_a_process_answers_with_code_that_runs_here(found):
    answers = dict(workers.compiled(found, jit.fingerprint()))
    assert set(answers) == set(found)
    for kernel, code in answers.items():
        assert code
        kernel.use(code)
        assert kernel.ready


def test_a_process_with_other_sources_compiles_nothing(found):
    assert dict(workers.compiled(found, "another fingerprint")) == dict.fromkeys(found)


def test_kernels_that_cannot_be_imported_are_left_to_the_caller(fresh):
    assert dict(workers.compiled(fresh, jit.fingerprint())) == dict.fromkeys(fresh)


@pytest.mark.parametrize("interpreter", ["", "/nonexistent/python", "false"])
def test_without_an_interpreter_to_start_this_process_compiles(monkeypatch, tmp_path, found, interpreter):
    monkeypatch.setattr(sys, "executable", interpreter)
    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path))
    jit.prepare(found)
    assert [each.ready for each in found] == [True, True]
    assert len(list(tmp_path.rglob("*.code"))) == 2


def test_whoever_stops_listening_ends_the_processes(monkeypatch, found):
    started = []
    monkeypatch.setattr(
        workers, "_started", lambda *given, real=workers._started: started.extend(real(*given)) or started
    )
    answers = workers.compiled(found, jit.fingerprint())
    next(answers)
    answers.close()
    assert started
    assert all(process.poll() is not None for process in started)
