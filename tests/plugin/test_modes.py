"""Proof modes as a run asks for them: what it is told, what it counts, what it refuses."""

import pytest
from distributed import LocalCluster

from pytest_zkrollup import InvalidConfig, ProofMode, ZkConfig
from pytest_zkrollup.session import Tally
from zkrollup.snark.ceremony import KeyCheck
from zkrollup.snark.modes import Mock, MockKind, ProofOrigin
from zkrollup.stopwatch import Stopwatch

SMALL = ("--zk-slots=1", "--zk-levels=1")
SETTLES = """
import pytest
from pytest_zkrollup import ETH

@pytest.mark.parametrize("amount", [11, 13])
def test_settles(rollup, alice, amount):
    rollup.deposit(ETH, amount, sender=alice)
    assert rollup.settle().assurance == "ASSURANCE"
    assert rollup.prover.mode == "MODE"
"""


def settles(mode):
    return SETTLES.replace("MODE", mode).replace("ASSURANCE", "mock" if mode == "mock" else "validity")


def test_a_second_run_makes_no_proof_and_says_so(own_store):
    own_store(settles("real"), *SMALL).stdout.fnmatch_lines(
        ["zkrollup: 2 real proofs made (2 batch) in * s, 0 from the store, 2 batches settled on L1"]
    )
    warm = own_store(settles("real"), *SMALL)
    warm.assert_outcomes(passed=2)
    warm.stdout.fnmatch_lines(
        ["zkrollup: 0 real proofs made, 2 from the store (2 batch), 2 batches settled on L1"]
    )


def test_a_fresh_run_makes_each_proof_whatever_the_store_has(own_store):
    own_store(settles("real"), *SMALL)
    for _ in range(2):
        result = own_store(settles("fresh"), *SMALL, "--zk-proofs=fresh")
        result.assert_outcomes(passed=2)
        result.stdout.fnmatch_lines(
            [
                "zkrollup *: real Groth16 proofs, all made anew, batches of 1 slot*",
                "zkrollup: 2 real proofs made (2 batch) in * s, 0 from the store, 2 batches settled on L1",
            ]
        )


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_mock_run_says_so_in_header_and_summary(run, options):
    result = run(settles("mock"), *SMALL, "--zk-proofs=mock", *options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "zkrollup *: MOCK PROOFS, which attest nothing, batches of 1 slot*",
            "zkrollup: 2 MOCKED, attesting nothing (2 batch-1x1), 2 batches settled on L1",
        ]
    )


def test_the_ini_key_asks_for_a_mode_too_and_the_option_wins(run, pytester):
    pytester.makeini("[pytest]\nzk_proofs = mock\n")
    run(settles("mock"), *SMALL).assert_outcomes(passed=2)
    run(settles("fresh"), *SMALL, "--zk-proofs=fresh").assert_outcomes(passed=2)


MIXED = """
import pytest
from pytest_zkrollup import ETH, ProofMode, ZkConfig

class TestReal:
    def test_settles(self, rollup, alice):
        rollup.deposit(ETH, 11, sender=alice)
        assert rollup.settle().assurance == "validity"

class TestMock:
    @pytest.fixture(scope="class")
    def zk_config(self): return ZkConfig(slots=1, levels=1, proofs=ProofMode.MOCK)

    def test_settles(self, rollup, alice):
        rollup.deposit(ETH, 11, sender=alice)
        assert rollup.settle().assurance == "mock"

def test_goes_on(rollup): pass
"""


def test_modes_may_stand_side_by_side_on_devnets_of_their_own(run):
    result = run(MIXED, *SMALL, "--zk-proofs=fresh")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "zkrollup: 1 real proof made (1 batch) in * s, 0 from the store, "
            "1 MOCKED, attesting nothing (1 batch-1x1), 2 batches settled on L1"
        ]
    )


# Forbidden


@pytest.mark.parametrize(
    ("options", "ini"),
    [
        (("--zk-proofs=mock", "--zk-forbid-mock"), ""),
        (("--zk-forbid-mock",), "zk_proofs = mock"),
        (("--zk-proofs=mock",), "zk_forbid_mock = true"),
        ((), "zk_proofs = mock\nzk_forbid_mock = true"),
    ],
)
def test_a_run_that_forbids_mock_does_not_begin_with_it(run, pytester, options, ini):
    pytester.makeini(f"[pytest]\n{ini}\n")
    result = run(settles("mock"), *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*proofs = 'mock', but this run forbids mock proofs (--zk-forbid-mock*"])
    result.stdout.no_fnmatch_line("*passed*")


@pytest.mark.parametrize("options", [("--zk-forbid-mock",), ("--zk-forbid-mock", "-n1")])
def test_a_run_that_forbids_mock_fails_at_a_fixture_that_asks_for_it(run, options):
    result = run(MIXED.replace("def test_goes_on(rollup)", "def test_goes_on()"), *SMALL, *options)
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.stdout.fnmatch_lines(["*proofs = 'mock', but this run forbids mock proofs*"])
    result.stdout.no_fnmatch_line("*MOCKED*")


def test_an_expected_failure_does_not_hide_it(run):
    hidden = MIXED.replace("class TestMock", "@pytest.mark.xfail\nclass TestMock")
    result = run(hidden, *SMALL, "--zk-forbid-mock")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*this run forbids mock proofs*"])


OWN_DEVNET = """
import subprocess, sys
import pytest
from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet import Devnet
from zkrollup.snark.modes import ProofMode

START = "Devnet.start(BatchSize(1, 1), mode=ProofMode.%s)"
IMPORTS = '''%s'''

def test_here():
    %s

def test_goes_on(): pass
"""
IMPORTS = (
    "from zkrollup.circuits.batch import BatchSize; from zkrollup.devnet import Devnet; "
    "from zkrollup.snark.modes import ProofMode; "
)
PLACES = {
    "in the test": "eval(START)",
    "in a process of the test's": "subprocess.run([sys.executable, '-c', IMPORTS + START], check=True)",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_devnet_that_a_test_starts_itself_is_no_way_round(run, place):
    result = run(OWN_DEVNET % ("MOCK", IMPORTS, PLACES[place]), "--zk-forbid-mock")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*proofs = 'mock', but this run forbids mock proofs*"])


@pytest.mark.parametrize(("mode", "options"), [("REAL", ("--zk-forbid-mock",)), ("MOCK", ())])
def test_a_devnet_of_a_tests_own_is_as_it_asked_where_nobody_forbids_it(run, mode, options):
    run(OWN_DEVNET % (mode, IMPORTS, PLACES["in the test"]), *options).assert_outcomes(passed=2)


def test_an_expected_failure_hides_no_devnet_of_a_tests_own(run):
    text = OWN_DEVNET.replace("def test_here", "@pytest.mark.xfail\ndef test_here")
    result = run(text % ("MOCK", IMPORTS, "eval(START)"), "--zk-forbid-mock")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*this run forbids mock proofs*"])


def test_the_environment_forbids_mocks_too(run, monkeypatch):
    monkeypatch.setenv("ZK_FORBID_MOCK", "1")
    assert run(settles("mock"), "--zk-proofs=mock").ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.parametrize("mode", ["real", "fresh"])
def test_a_run_that_forbids_mock_takes_the_other_modes(run, mode):
    run(settles(mode), *SMALL, "--zk-forbid-mock", f"--zk-proofs={mode}").assert_outcomes(passed=2)


# The parts


def test_a_config_takes_a_mode_or_its_name():
    assert ZkConfig(proofs="mock") == ZkConfig(proofs=ProofMode.MOCK) != ZkConfig()
    assert ZkConfig(proofs="fresh").proofs is ProofMode.FRESH
    with pytest.raises(InvalidConfig, match="proofs = 'none' is not"):
        ZkConfig(proofs="none")
    with pytest.raises(InvalidConfig, match="proofs = None is not"):
        ZkConfig(proofs=None)


class Clock:
    now = 50.0

    def __call__(self):
        return self.now


def worked(*intervals):
    """A tally whose proofs were made in intervals of one clock, told as (begin, end)."""
    clock = Clock()
    tally = Tally(watch=Stopwatch(clock))
    moments = sorted(
        (moment, begins) for each in intervals for moment, begins in zip(each, (1, 0), strict=True)
    )
    running = []
    for clock.now, begins in moments:
        if begins:
            running.append(tally.watch.running())
            running[-1].__enter__()
        else:
            running.pop(0).__exit__(None, None, None)
    return tally


def test_seconds_of_proofs_that_are_made_side_by_side_count_once():
    tally = worked((1, 4), (2, 9), (20, 31))
    for circuit, seconds in (("batch", 3.0), ("claim", 7.0), ("batch", 11.0)):
        tally.add_proof(circuit, ProofOrigin.MADE, seconds)
    assert str(tally).startswith("3 real proofs made (2 batch, 1 claim) in 19.0 s, 0 from the store")


def test_tallies_of_workers_add_up_by_origin_and_circuit_and_say_so():
    controller, first, second, idle = Tally(), worked((3, 4.5)), worked((4, 6)), Tally()
    first.add_proof("batch", ProofOrigin.MADE, 1.5)
    second.add_proof("batch", ProofOrigin.MADE, 2.0)
    second.add_proof("claim", ProofOrigin.STORED, 7.0)
    second.add_proof("claim", ProofOrigin.MOCKED, 11.0)  # its maker has told of it
    second.mocks.heard(Mock(MockKind.PROOF, "claim"))
    second.settled = 1
    for worker in (first, second, idle):
        controller.merge(worker.dump())
    assert str(controller) == (
        "2 real proofs made (2 batch) in 3.5 s, summed over 2 workers, 1 from the store (1 claim), "
        "1 MOCKED, attesting nothing (1 claim), 1 batch settled on L1"
    )


def test_files_of_unverified_keys_are_told_from_verified_ones_over_all_workers():
    controller, first, second = Tally(), Tally(), Tally()
    first.add_key("one.zkey", KeyCheck.NOTHING)
    first.add_key("two.zkey", KeyCheck.DIGEST)
    second.add_key("three.zkey", KeyCheck.NOTHING)
    second.add_key("four.zkey", KeyCheck.POWERS)
    for worker in (first, second):
        controller.merge(worker.dump())
    assert controller.unverified == {"one.zkey", "three.zkey"}


def test_seconds_of_a_single_worker_are_not_called_a_sum():
    controller, worker = Tally(), worked((5, 8))
    worker.add_proof("batch", ProofOrigin.MADE, 3.0)
    controller.merge(worker.dump())
    assert "1 real proof made (1 batch) in 3.0 s, 0 from" in str(controller)


# Where proofs are computed


@pytest.mark.parametrize("place", ["dask", "dask://host", "elsewhere", ""])
def test_a_place_that_is_none_stops_the_run_and_is_named(run, place):
    result = run("def test_nothing(): pass", f"--zk-prover={place}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*zk_prover: prover = '{place}' is not 'threads' * or 'dask://HOST:PORT'*"])


def test_a_scheduler_that_does_not_answer_fails_what_needs_it_and_nothing_else(run, pytester):
    pytester.makeini("[pytest]\nzk_prover = dask://127.0.0.1:9\n")
    result = run("def test_plain(chain): pass\ndef test_rollup(rollup): pass")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "zkrollup *, TEST keys, dask://127.0.0.1:9",
            "E *UnreachableScheduler: cannot prove at tcp://127.0.0.1:9: no scheduler answers*",
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "xdist"])
def test_a_run_proves_on_a_scheduler_of_dask(run, options):
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        place = cluster.scheduler_address.replace("tcp://", "dask://")
        result = run(settles("fresh"), *SMALL, "--zk-proofs=fresh", f"--zk-prover={place}", *options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            f"zkrollup *, {place}",
            "zkrollup: 2 real proofs made (2 batch) in * s*, 0 from the store, 2 batches settled on L1",
        ]
    )
