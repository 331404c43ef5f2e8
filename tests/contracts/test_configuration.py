"""What Rollup's constructor refuses, how it reads a verifier's answer, and what nobody can change."""

import pytest
from eth_utils import keccak
from tests.contracts.support import (
    ETH,
    GENESIS_ROOT,
    INTERVAL,
    Escape,
    Exit,
    create_address,
    deploy,
    ship,
    transfer,
)

from zkrollup import artifacts
from zkrollup.crypto.field import R
from zkrollup.evm import Chain

TEN_YEARS = 3650 * 24 * 3600


@pytest.fixture
def empty_chain():
    return Chain()


@pytest.mark.parametrize("which", ["batch_hash", "claim_hash", "escape_hash"])
def test_a_verifier_of_other_code_is_refused(empty_chain, reverts, which):
    expected = keccak(b"other code")
    with reverts("VerifierCodeMismatch", expected=expected):
        deploy(empty_chain, **{which: expected})


@pytest.mark.parametrize(
    ("which", "instead"),
    [("batch", "claim"), ("claim", "batch"), ("claim", "escape"), ("escape", "claim"), ("escape", "batch")],
)
def test_another_verifier_is_refused(empty_chain, reverts, which, instead):
    other = getattr(deploy(empty_chain), f"{instead}_verifier")
    with reverts("VerifierCodeMismatch", verifier=other):
        deploy(empty_chain, **{f"{which}_verifier": other})


@pytest.mark.parametrize("which", ["batch", "claim", "escape"])
@pytest.mark.parametrize("code_hash", [bytes(32), keccak(b"")])
def test_a_verifier_without_code_is_refused_whatever_hash_is_expected(empty_chain, reverts, which, code_hash):
    # An account with a balance has the hash of no code; one that does not exist has zero.
    account = empty_chain.accounts[6].address if code_hash != bytes(32) else "0x" + "77" * 20
    with reverts("VerifierCodeMismatch", verifier=empty_chain.w3.to_checksum_address(account)):
        deploy(empty_chain, **{f"{which}_verifier": account, f"{which}_hash": code_hash})


def test_a_lock_of_another_rollup_is_refused(empty_chain, reverts):
    first = deploy(empty_chain)
    with reverts("LockMismatch", lock=first.lock.address, itsRollup=first.rollup.address):
        deploy(empty_chain, lock=first.lock.address)


def test_lock_and_rollup_name_each_other(system):
    assert system.lock.rollup() == system.rollup.address
    assert system.rollup.lock() == system.lock.address
    assert system.rollup.operator() == system.operator.address
    rollup = system.rollup
    assert (rollup.batchVerifier(), rollup.claimVerifier(), rollup.escapeVerifier()) == (
        system.batch_verifier,
        system.claim_verifier,
        system.escape_verifier,
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("levels", {"levels": 0}),
        ("levels", {"levels": 17}),
        ("slotCount", {"slots": 0}),
        ("slotCount", {"slots": 257}),
        ("queueInterval", {"queue_interval": 0}),
        ("queueInterval", {"queue_interval": TEN_YEARS + 1}),
        ("queuePeriod", {"queue_period": INTERVAL - 1}),
        ("queuePeriod", {"queue_period": TEN_YEARS + 1}),
        ("forcedFee", {"forced_fee": 2**128}),
    ],
)
def test_a_parameter_outside_its_range_is_refused(empty_chain, reverts, name, change):
    (value,) = change.values()
    with reverts("BadParameter", name=name, value=value):
        deploy(empty_chain, **change)


@pytest.mark.parametrize(("levels", "slots"), [(1, 1), (16, 256)])
def test_sizes_at_the_limits_are_accepted(empty_chain, levels, slots):
    system = deploy(empty_chain, levels=levels, slots=slots)
    assert (system.rollup.accountCapacity(), system.rollup.slotCount()) == (4**levels, slots)


@pytest.mark.parametrize(
    ("period", "interval", "fee"), [(1, 1, 0), (TEN_YEARS, TEN_YEARS, 2**128 - 1), (INTERVAL, INTERVAL, 7)]
)
def test_queue_terms_at_the_limits_are_accepted(empty_chain, period, interval, fee):
    rollup = deploy(empty_chain, queue_period=period, queue_interval=interval, forced_fee=fee).rollup
    assert (rollup.queuePeriod(), rollup.queueInterval(), rollup.forcedFee()) == (period, interval, fee)


@pytest.mark.parametrize("which", ["genesis_root", "empty_exit_root"])
def test_a_root_outside_the_field_is_refused(empty_chain, reverts, which):
    with reverts("NotInField", value=R):
        deploy(empty_chain, **{which: R})


def test_a_deposit_before_its_rollup_exists_is_refused(empty_chain, reverts):
    deployer = empty_chain.accounts[0]
    lock = ship(empty_chain, "Lock", create_address(deployer.address, 7), sender=deployer)
    with reverts(""):
        lock.depositETH(deployer.address, 3, 7, value=501)
    assert empty_chain.balance(lock) == 0


def test_two_rollups_have_two_domains(empty_chain):
    first, second, elsewhere = deploy(empty_chain), deploy(empty_chain), deploy(Chain(chain_id=31338))
    assert first.rollup.address == elsewhere.rollup.address
    assert len({first.domain, second.domain, elsewhere.domain}) == 3
    assert first.domain < 2**248


WRITES = {
    "Lock": {"depositETH", "depositERC20", "release", "withdrawCredit"},
    "Rollup": {
        *("enqueueDeposit", "requestForcedWithdrawal", "collectForcedFees"),
        *("commitBatch", "proveBatch", "submitBatch", "revertBatches"),
        *("claim", "freeze", "escape", "refund"),
    },
    "Mint": {"mint", "burn", "move"},
}


@pytest.mark.parametrize("name", WRITES)
def test_nothing_else_changes_state(name):
    functions = [item for item in artifacts.load(name).abi if item["type"] == "function"]
    assert {f["name"] for f in functions if f["stateMutability"] in ("nonpayable", "payable")} == WRITES[name]


PAYABLE = {"Lock": {"depositETH", "receive"}, "Rollup": {"requestForcedWithdrawal"}, "Mint": set()}


@pytest.mark.parametrize("name", PAYABLE)
def test_nothing_else_takes_ether(name):
    abi = artifacts.load(name).abi
    assert {
        item.get("name", item["type"]) for item in abi if item.get("stateMutability") == "payable"
    } == PAYABLE[name]


ANSWERS = {
    "nothing": b"",
    "false": bytes(32),
    "two": (2).to_bytes(32, "big"),
    "all bits": b"\xff" * 32,
    "31 bytes": (1).to_bytes(31, "big"),
    "33 bytes": (1).to_bytes(32, "big") + b"\x00",
    "true twice": (1).to_bytes(32, "big") * 2,
    "true, reverting": None,
}


@pytest.fixture
def answered(compiled):
    """A rollup whose verifiers answer with given bytes; None reverts with what would be a yes."""

    def build(answer: bytes | None):
        chain = Chain()
        odd = compiled["RevertingVerifier" if answer is None else "AnsweringVerifier"]
        address = chain.deploy(odd.abi, odd.bytecode, *([] if answer is None else [answer])).address
        code_hash = keccak(chain.code(address))
        names = ("batch", "claim", "escape")
        return deploy(
            chain,
            **{f"{name}_verifier": address for name in names},
            **{f"{name}_hash": code_hash for name in names},
        )

    return build


@pytest.mark.node
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_any_answer_but_one_word_that_is_1_refuses_a_batch(answered, reverts, answer):
    system = answered(answer)
    batch = system.batch(transfer(3, 7, 501))
    system.commit(batch)
    with reverts("InvalidProof"):
        system.prove(batch)


@pytest.mark.node
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_any_answer_but_one_word_that_is_1_refuses_an_escape(answered, reverts, answer):
    system = answered(answer)
    system.freeze(system.deposit(501))
    with reverts("InvalidProof"):
        system.escape(Escape(system.chain.accounts[5].address, ETH, 207), GENESIS_ROOT)
    assert system.lock.locked(ETH) == 501


@pytest.mark.node
def test_one_word_that_is_1_proves_batch_claim_and_escape(answered):
    system = answered((1).to_bytes(32, "big"))
    batch = system.batch(entries=(system.deposit(501),))
    system.settle(batch)
    system.claim(Exit(system.chain.accounts[5].address, ETH, 207), batch.exit_root)
    system.freeze(system.request(0, 103))
    system.escape(Escape(system.chain.accounts[5].address, ETH, 67), batch.new_root)
    assert system.lock.locked(ETH) == 501 - 207 - 67
