"""What Rollup's constructor refuses, how it reads a verifier's answer, and what nobody can change."""

import pytest
from eth_utils import keccak
from tests.contracts.support import ETH, Exit, create_address, deploy, ship, transfer

from zkrollup import artifacts
from zkrollup.crypto.field import R
from zkrollup.evm import Chain


@pytest.fixture
def empty_chain():
    return Chain()


@pytest.mark.parametrize("which", ["batch_hash", "claim_hash"])
def test_a_verifier_of_other_code_is_refused(empty_chain, reverts, which):
    expected = keccak(b"other code")
    with reverts("VerifierCodeMismatch", expected=expected):
        deploy(empty_chain, **{which: expected})


@pytest.mark.parametrize("which", ["batch_verifier", "claim_verifier"])
def test_the_other_verifier_is_refused(empty_chain, reverts, which):
    system = deploy(empty_chain)
    other = {"batch_verifier": system.claim_verifier, "claim_verifier": system.batch_verifier}[which]
    with reverts("VerifierCodeMismatch", verifier=other):
        deploy(empty_chain, **{which: other})


@pytest.mark.parametrize("code_hash", [bytes(32), keccak(b"")])
def test_a_verifier_without_code_is_refused_whatever_hash_is_expected(empty_chain, reverts, code_hash):
    # An account with a balance has the hash of no code; one that does not exist has zero.
    account = empty_chain.accounts[6].address if code_hash != bytes(32) else "0x" + "77" * 20
    with reverts("VerifierCodeMismatch", verifier=empty_chain.w3.to_checksum_address(account)):
        deploy(empty_chain, batch_verifier=account, batch_hash=code_hash)


def test_a_lock_of_another_rollup_is_refused(empty_chain, reverts):
    first = deploy(empty_chain)
    with reverts("LockMismatch", lock=first.lock.address, itsRollup=first.rollup.address):
        deploy(empty_chain, lock=first.lock.address)


def test_lock_and_rollup_name_each_other(system):
    assert system.lock.rollup() == system.rollup.address
    assert system.rollup.lock() == system.lock.address
    assert system.rollup.operator() == system.operator.address
    assert (system.rollup.batchVerifier(), system.rollup.claimVerifier()) == (
        system.batch_verifier,
        system.claim_verifier,
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("levels", {"levels": 0}),
        ("levels", {"levels": 17}),
        ("slotCount", {"slots": 0}),
        ("slotCount", {"slots": 257}),
    ],
)
def test_sizes_that_words_have_no_room_for_are_refused(empty_chain, reverts, name, change):
    (value,) = change.values()
    with reverts("BadParameter", name=name, value=value):
        deploy(empty_chain, **change)


@pytest.mark.parametrize(("levels", "slots"), [(1, 1), (16, 256)])
def test_sizes_at_the_limits_are_accepted(empty_chain, levels, slots):
    system = deploy(empty_chain, levels=levels, slots=slots)
    assert (system.rollup.accountCapacity(), system.rollup.slotCount()) == (4**levels, slots)


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
    "Rollup": {"enqueueDeposit", "commitBatch", "proveBatch", "submitBatch", "revertBatches", "claim"},
    "Mint": {"mint", "burn", "move"},
}


@pytest.mark.parametrize("name", WRITES)
def test_nothing_else_changes_state(name):
    functions = [item for item in artifacts.load(name).abi if item["type"] == "function"]
    assert {f["name"] for f in functions if f["stateMutability"] in ("nonpayable", "payable")} == WRITES[name]


ANSWERS = {
    "nothing": b"",
    "false": bytes(32),
    "two": (2).to_bytes(32, "big"),
    "all bits": b"\xff" * 32,
    "31 bytes": (1).to_bytes(31, "big"),
    "33 bytes": (1).to_bytes(32, "big") + b"\x00",
    "true twice": (1).to_bytes(32, "big") * 2,
}


@pytest.fixture
def answered(compiled):
    """A rollup whose verifiers answer with given bytes."""

    def build(answer: bytes):
        chain = Chain()
        odd = compiled["AnsweringVerifier"]
        address = chain.deploy(odd.abi, odd.bytecode, answer).address
        code_hash = keccak(chain.code(address))
        return deploy(
            chain, batch_verifier=address, claim_verifier=address, batch_hash=code_hash, claim_hash=code_hash
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
def test_one_word_that_is_1_proves_batch_and_claim(answered):
    system = answered((1).to_bytes(32, "big"))
    system.settle(system.batch(entries=(system.deposit(501),)))
    system.claim(Exit(system.chain.accounts[5].address, ETH, 207), 5_000_077)
    assert system.lock.locked(ETH) == 501 - 207
