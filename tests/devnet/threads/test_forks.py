"""A forked child: it proves, with threads of its own, and what it cannot have is refused by name."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="this platform does not fork; run it on Linux or macOS"
)

PATIENCE = 240
"""Seconds after which a process hangs. No kernel is compiled within: this process has loaded them."""
ROOT = Path(__file__).parents[3]

PREAMBLE = """
    import os, sys, threading, warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks

    def forked(task):
        '''Run a task in a forked child; what it prints, once it has ended.'''
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.write(theirs, str(task()).encode())
                os._exit(0)
            except BaseException as error:
                os.write(theirs, f"{type(error).__name__}: {error}".encode())
                os._exit(1)
        os.close(theirs)
        with open(ours) as told:
            said = told.read()
        os.waitpid(pid, 0)
        return said

    def held(lock):
        '''Have another thread hold a lock; what lets it go.'''
        taken, release = threading.Event(), threading.Event()
        def hold():
            with lock:
                taken.set()
                release.wait(60)
        threading.Thread(target=hold, daemon=True).start()
        taken.wait(60)
        return release.set
"""


def said_by(program, *arguments):
    """What a fresh process prints, line by line; it is killed when it hangs."""
    code = textwrap.dedent(PREAMBLE) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


TINY = """
    from zkrollup.kernels import limbs
    from zkrollup.snark import groth16
    from zkrollup.snark.builder import Builder

    builder = Builder("tiny")
    product = builder.public("product")
    builder.enforce(builder.private("x"), builder.private("y"), product, "product")
    circuit = builder.build()
    key = groth16.setup(circuit.r1cs)

    def prove(y=13):
        proof = groth16.prove(key, circuit.r1cs, limbs.from_ints([1, 11 * y, 11, y]))
        return groth16.verify(key.vk, [11 * y], proof)
"""


def test_child_and_parent_prove_after_the_parent_has():
    program = f"""{TINY}
    print(prove(13), forked(lambda: prove(17)), prove(19))
    """
    assert said_by(program) == ["True True True"]


def test_a_child_proves_whose_parent_was_proving_on_another_thread():
    program = f"""{TINY}
    stop = threading.Event()
    def others():
        while not stop.is_set():
            prove(13)
    threads = [threading.Thread(target=others) for _ in range(2)]
    for thread in threads: thread.start()
    print([forked(lambda: prove(17)) for _ in range(5)])
    stop.set()
    for thread in threads: thread.join()
    print(prove(19))
    """
    assert said_by(program) == [str(["True"] * 5), "True"]


def test_the_childs_operator_makes_the_proof_that_was_under_way_in_the_parent():
    program = """
    from zkrollup.circuits.batch import BatchSize
    from zkrollup.devnet import ETH, Devnet
    from zkrollup.snark.modes import ProofMode

    devnet = Devnet.start(mode=ProofMode.MOCK)
    rollup, operator = devnet.rollup, devnet.rollup.operator
    alice = devnet.user("alice")
    make, release = type(operator.prover).make_batch, threading.Event()
    def slow(self, batch, **options):
        release.wait(60)
        return make(self, batch, **options)
    type(operator.prover).make_batch = slow
    rollup.deposit(ETH, 1009, sender=alice)
    operator.pool.start(rollup.seal())

    def child():
        type(operator.prover).make_batch = make
        return rollup.settle().number, rollup.mint(ETH).balanceOf(alice)

    print(forked(child))
    release.set()
    rollup.deposit(ETH, 503, sender=alice)
    print(rollup.settle().number, rollup.mint(ETH).balanceOf(alice))
    """
    assert said_by(program) == ["(1, 1009)", "2 1512"]


CHAIN = """
    from zkrollup.evm import Chain
    chain = Chain()
    pay = lambda: chain.transact(to=chain.accounts[1], value=7).block_number
"""


def test_a_childs_chain_goes_its_own_way():
    program = f"""{CHAIN}
    print(pay(), forked(lambda: (pay(), pay())), chain.block_number)
    """
    assert said_by(program) == ["1 (2, 3) 1"]


def test_a_chain_that_another_thread_was_using_is_refused_in_the_child():
    program = f"""{CHAIN}
    release = held(chain.exclusive)
    print(forked(pay))
    print(forked(lambda: Chain().block_number))
    release()
    print(pay())
    """
    refusal, fresh, parent = said_by(program)
    assert refusal.startswith("ForkedInUse: this process was forked while another thread used the chain")
    assert (fresh, parent) == ("0", "1")


def test_a_thread_that_holds_a_chain_itself_goes_on_in_the_child():
    program = f"""{CHAIN}
    with chain.exclusive:
        print(forked(pay), pay())
    print(pay())
    """
    assert said_by(program) == ["1 1", "2"]


def test_every_thread_of_a_child_may_use_its_chain():
    program = f"""{CHAIN}
    def by_another():
        mined = []
        other = threading.Thread(target=lambda: mined.append(pay()), daemon=True)
        other.start()
        other.join(30)
        return mined
    print(forked(by_another), pay())
    """
    assert said_by(program) == ["[1] 1"]


def test_a_child_is_not_forked_while_kernels_are_loaded():
    program = """
    from zkrollup.kernels import jit
    release = held(jit._COMPILING)
    threading.Timer(0.3, release).start()
    print(forked(lambda: jit._COMPILING.acquire(timeout=30)))
    """
    assert said_by(program) == ["True"]


def test_a_child_asks_no_engine_how_many_proofs_it_makes_at_once():
    """A cluster's answer comes over a connection that the child does not have."""
    program = """
    from zkrollup.operator.pool import ProverPool

    class Prover:
        asked = []
        @property
        def width(self):
            self.asked.append(os.getpid())
            return 2
    prover = Prover()
    pool = ProverPool(prover)
    print(forked(lambda: prover.asked.count(os.getpid())), prover.asked.count(os.getpid()))
    """
    assert said_by(program) == ["0 1"]


def test_what_cannot_be_renewed_in_a_child_keeps_nothing_else_from_it():
    program = """
    from zkrollup import forks

    class Part:
        def __init__(self, fails):
            self.fails, self.renewed = fails, False
            forks.renew_in_children(self)
        def after_fork(self):
            self.renewed = True
            if self.fails:
                raise OSError("gone")
    parts = [Part(fails=i % 3 == 0) for i in range(9)]
    print(forked(lambda: all(part.renewed for part in parts)))
    print(any(part.renewed for part in parts))
    """
    assert said_by(program) == ["True", "False"]


def test_a_stopwatch_of_the_parents_runs_in_the_child():
    program = """
    from zkrollup.stopwatch import Stopwatch
    watch = Stopwatch()
    release = held(watch._lock)
    def child():
        with watch.running():
            pass
        return watch.seconds < 60
    print(forked(child))
    release()
    """
    assert said_by(program) == ["True"]


def test_a_store_is_the_parents_and_the_child_leaves_it_whole(tmp_path):
    program = """
    import gc, sqlite3
    from zkrollup.devnet import ETH, Devnet
    from zkrollup.operator.operator import Operator
    from zkrollup.operator.store import OperatorStore, StoreInUse
    from zkrollup.snark.modes import ProofMode

    devnet = Devnet.start(mode=ProofMode.MOCK)
    rollup, first = devnet.rollup, devnet.rollup.operator
    alice = devnet.user("alice")
    store = OperatorStore(sys.argv[1])
    target = rollup.target
    target.operator = Operator(first.bridge, first.mirror, first.prover, store=store)
    rollup.deposit(ETH, 1009, sender=alice)
    batch = rollup.seal()

    def commit():
        before = devnet.l1.block_number
        try:
            rollup.commit(batch)
        except Exception as error:
            return f"{type(error).__name__} after {devnet.l1.block_number - before} blocks"

    def forget():
        global store
        store.close()
        target.operator = store = None
        gc.collect()
        try:
            OperatorStore(sys.argv[1])
        except StoreInUse as error:
            return type(error).__name__

    print(forked(commit))
    print(forked(forget))
    rollup.settle()
    store.close()
    kept = OperatorStore(sys.argv[1]).load(first.state)
    print(len(kept.settled), kept.settled[0].sealed.instance == batch.instance)
    """
    assert said_by(program, tmp_path / "operator.sqlite") == [
        "InheritedStore after 0 blocks",
        "StoreInUse",
        "1 True",
    ]
