"""How much Python does, counted in calls: a measure that no other process and no clock disturbs."""

import gc
import sys
from collections.abc import Callable


def calls_of(act: Callable[[], object]) -> int:
    """How many functions Python and its C code call meanwhile, in this thread.

    The collector rests: finalizers that it calls belong to what was done before.
    """
    calls = 0

    def count(frame, event, argument) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    other, collects = sys.getprofile(), gc.isenabled()
    gc.disable()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(other)
        if collects:
            gc.enable()
    return calls
