"""How many cores this process may use, which may be fewer than the machine has."""

import os
from typing import Final

MOST_PROCESSES: Final = 4
"""That compile kernels at a time: each takes about 300 MB."""


def cores() -> int:
    """Those that the scheduler gives this process, as ``taskset`` or a container has it; at least one."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def compilers() -> int:
    """How many processes compile kernels where there is enough to compile."""
    return min(MOST_PROCESSES, cores())
