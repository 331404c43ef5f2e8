"""Processes that compile: what they cannot do is done by the caller."""

import sys
import warnings

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
    with warnings.catch_warnings():
        warnings.simplefilter("error", workers.CompilerProcessWarning)
        answers = dict(workers.compiled(found, jit.fingerprint()))
    assert set(answers) == set(found)
    for kernel, code in answers.items():
        assert code
        kernel.use(code)
        assert kernel.ready


def test_a_process_with_other_sources_compiles_nothing(found):
    with pytest.warns(
        workers.CompilerProcessWarning, match="its sources or versions are not those"
    ) as caught:
        assert dict(workers.compiled(found, "another fingerprint")) == dict.fromkeys(found)
    assert len(caught) == 1


def test_kernels_that_cannot_be_imported_are_left_to_the_caller(fresh):
    assert dict(workers.compiled(fresh, jit.fingerprint())) == dict.fromkeys(fresh)


@pytest.fixture
def site(monkeypatch, tmp_path):
    """Takes a program that each interpreter runs as it starts."""

    def write(program):
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sitecustomize.py").write_text(program)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    monkeypatch.setenv("ZK_CACHE_DIR", str(tmp_path / "cache"))
    return write


@pytest.mark.parametrize(
    "program",
    [
        "print('welcome', flush=True)",  # read as a length, that is more than there is memory
        "import os; os.write(1, bytes(4000))",
        "import sys; sys.stdout.write('unfinished')",
    ],
)
def test_what_an_interpreter_prints_as_it_starts_is_no_answer(site, found, program):
    site(program)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answers = dict(workers.compiled(found, jit.fingerprint()))
    assert set(answers) == set(found)
    assert all(answers.values())


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.write(2, b'first\\nno licence\\n\\n'); os._exit(7)", "longer: no licence$"),
        ("import os; os._exit(7)", "longer: it ended with exit code 7$"),
    ],
)
def test_where_interpreters_die_as_they_start_this_process_compiles_and_says_why(
    site, found, program, reason
):
    site(program)
    with pytest.warns(workers.CompilerProcessWarning, match=reason) as caught:
        jit.prepare(found)
    assert len(caught) == 1
    assert [each.ready for each in found] == [True, True]


def test_a_process_that_dies_of_one_kernel_leaves_that_one_to_the_caller(site, found, monkeypatch):
    site("from zkrollup.kernels import jit\njit.Kernel.compile = lambda self: int('nonsense')")
    monkeypatch.setattr(workers, "compilers", lambda: 1)
    with pytest.warns(workers.CompilerProcessWarning, match="ValueError: invalid literal.*'nonsense'"):
        jit.prepare(found)
    assert [each.ready for each in found] == [True, True]


@pytest.mark.parametrize("size", [workers.MOST_BYTES + 1, 2**62])
def test_an_answer_of_an_impossible_length_is_refused_and_its_process_ended(site, found, size):
    site(
        "from zkrollup.kernels import jit\n"
        "class Large(bytes):\n"
        f"    def __len__(self): return {size}\n"
        "jit.Kernel.compile = lambda self: Large(b'x')\n"
    )
    with pytest.warns(
        workers.CompilerProcessWarning, match=r"it answers with \d+ bytes, of at most 67108864"
    ):
        assert dict(workers.compiled(found, jit.fingerprint())) == dict.fromkeys(found)


def test_a_path_object_on_the_path_disturbs_no_process(found, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", [*sys.path, tmp_path])
    assert all(dict(workers.compiled(found, jit.fingerprint())).values())


@pytest.mark.filterwarnings("ignore::zkrollup.kernels.workers.CompilerProcessWarning")
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
    assert all(process.has_ended for process in started)
