"""Ctrl-C and worse while kernels compile: the process ends at once, alone, and the cache stays whole."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from tests.devnet import faults

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")

# The first is compiled in no time, the second takes LLVM seconds.
COMPILE = """
import sys
from zkrollup.kernels import jit, msm, vectors
def told(label, fraction):
    print(label, fraction, flush=True)
jit.prepare([vectors.multiply, msm._g2_combine], progress=told)
"""

LOAD = """
from zkrollup.kernels import jit, vectors
jit.prepare([vectors.multiply], progress=lambda label, fraction: print(label))
"""


@pytest.fixture
def compiling(tmp_path):
    """A process with one kernel compiled and one at work, and the mark that its children inherit."""
    mark = f"zkrollup-{os.getpid()}-{time.monotonic_ns()}"
    process = faults.start_interruptible("-c", COMPILE, ZK_CACHE_DIR=str(tmp_path), MARK=mark)
    assert process.stdout.readline() == "compile kernels 0.0\n"
    assert process.stdout.readline() == "compile kernels 0.5\n"
    yield process, mark
    process.kill()
    process.communicate()


def codes(cache: Path) -> list[str]:
    return [path.name.partition("-")[0] for path in cache.rglob("*.code")]


def processes_of(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:  # it has ended, or is not ours
            continue
        if mark.encode() in environment:
            found.append(int(folder.name))
    return found


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="there is no /proc to look at"
)


@needs_proc
def test_ctrl_c_ends_the_process_and_its_compilers_at_once(compiling, tmp_path):
    process, mark = compiling
    assert len(processes_of(mark)) > 1
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert processes_of(mark) == []
    assert codes(tmp_path) == ["vectors.multiply"]  # the other one was not waited for


def test_after_ctrl_c_what_was_compiled_is_used(compiling, tmp_path):
    process, _ = compiling
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    done = faults.run(LOAD, tmp_path)
    assert (done.stderr, set(done.stdout.splitlines())) == ("", {"load kernels"})


@needs_proc
def test_no_compiler_outlives_a_process_that_was_killed(compiling):
    process, mark = compiling
    process.kill()
    process.wait()
    deadline = time.monotonic() + 60
    while processes_of(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(mark) == []
