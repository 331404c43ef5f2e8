"""Several threads at once, and what they raised."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 60
"""Seconds after which a thread that should have ended hangs."""


def together(*tasks):
    """Run functions at once, each on a thread of its own; their results, in their order."""
    start = threading.Barrier(len(tasks))

    def run(task):
        start.wait(PATIENCE)
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(run, task) for task in tasks]
        return [future.result(PATIENCE) for future in futures]


def repeated(count, task):
    """A task that calls another with 0, 1, 2 ..., and gives all results."""
    return lambda: [task(i) for i in range(count)]


def transactions_of(chain):
    """Where each mined transaction is: its block's number by its hash."""
    blocks = [chain.engine.block(number) for number in range(chain.block_number + 1)]
    return {mined.hash: block.number for block in blocks for mined in block.transactions}


def hangs_together(chain):
    """Whether each block names the one before as its parent."""
    hashes = [chain.engine.block(number) for number in range(chain.block_number + 1)]
    return all(after.header.parent_hash == before.hash for before, after in itertools.pairwise(hashes))
