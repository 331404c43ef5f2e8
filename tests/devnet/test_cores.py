"""How many cores there are to use."""

import os
import sys

import pytest
from tests.devnet import faults

from zkrollup import cores


def test_a_process_that_may_use_some_cores_counts_those(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5, 8}, raising=False)
    assert cores.cores() == 3
    assert cores.compilers() == 3


@pytest.mark.parametrize(("counted", "found"), [(7, 7), (None, 1)])
def test_where_nobody_limits_a_process_the_machine_counts(monkeypatch, counted, found):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert cores.cores() == found
    assert cores.compilers() == min(found, cores.MOST_PROCESSES)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process to some cores")
def test_kernels_run_on_as_many_threads_as_a_process_has_cores(tmp_path):
    program = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from zkrollup.kernels import threads
print(threads._shared()._max_workers)
"""
    assert faults.run(program, tmp_path).stdout == "1\n"
