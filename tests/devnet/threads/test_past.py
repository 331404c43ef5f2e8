"""Several threads ask for the stored batches of one operator."""

import sys
from pathlib import Path
from types import SimpleNamespace

from tests.devnet.threads.support import together

from zkrollup.operator.store.past import Past


class Slow(Past):
    """Executes by counting, long enough for threads to change places within; a state is a batch's number."""

    def executed(self, number, state):
        for _ in range(100_000):
            pass
        return SimpleNamespace(trace=SimpleNamespace(number=number, before=state, after=number))


def test_threads_that_ask_for_batches_get_theirs_and_each_is_executed_once():
    past = Slow(Path("operator.sqlite"), SimpleNamespace(root=7), 11, [])
    past._genesis = 0
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        traces = together(*(lambda number=number: past._trace(number) for number in (2, 5, 8)))
    finally:
        sys.setswitchinterval(interval)
    assert [(trace.number, trace.before) for trace in traces] == [(2, 1), (5, 4), (8, 7)]
    assert [trace.number for trace in past._traces] == list(range(1, 9))
