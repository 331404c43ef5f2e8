"""Programs in processes of their own do the same, however these tests were started."""

import signal
import sys

import pytest
from tests.devnet import faults

WAIT = """
import threading
print("waiting", flush=True)
threading.Event().wait(60)
"""


@pytest.fixture
def _ignored_by_this_process():
    """As in a shell's background job, whose children inherit it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")
@pytest.mark.usefixtures("_ignored_by_this_process")
def test_ctrl_c_reaches_a_program_of_a_background_job():
    process = faults.start_interruptible("-c", WAIT)
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=100)
    assert process.returncode == -signal.SIGINT
    assert error.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("name", ["ZK_CACHE_SHARED", "ZK_KERNELS", "ZK_PAIRING"])
def test_what_somebody_has_chosen_for_himself_does_not_reach_a_program(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    program = f"import os; print(os.environ.get({name!r}))"
    assert faults.run(program, tmp_path).stdout == "None\n"
    assert faults.run(program, tmp_path, **{name: "0"}).stdout == "0\n"
