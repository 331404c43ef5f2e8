"""Contracts in place of the reference's: what is taken and put together, what is said of the rest."""

import copy

import pytest

from pytest_zkrollup import reverts
from zkrollup import artifacts
from zkrollup.crypto.l2key import derive_for_account
from zkrollup.devnet import ETH, Testbed
from zkrollup.devnet.replacement import ForeignInterface, MisplacedContract, NoContract
from zkrollup.evm.addresses import contract_address


@pytest.fixture
def target(actors):
    return actors.rollup.target


def deploys(actors, name):
    artifact = artifacts.load(name)

    def deploy(*arguments, sender=None):
        return actors.l1.deploy(artifact.abi, artifact.bytecode, *arguments, sender=sender or actors.carol)

    return deploy


def with_abi(contract, change):
    """The same contract by another ABI."""
    abi = copy.deepcopy(list(contract.abi))
    return contract.chain.contract(change(abi), contract.address)


def test_a_replaced_rollup_is_a_new_one_that_works_beside_the_old(actors, target):
    lock = deploys(actors, "Lock")(target.next_rollup_address)
    other = target.replace(lock=lock)
    assert other.contracts.lock == lock
    assert other.address not in (target.address, lock.address)
    assert other.contracts.batch_verifier == target.contracts.batch_verifier

    testbed = Testbed(actors.devnet.grounds, other)
    alice = testbed.user_of(actors.alice.account, "alice")
    assert alice.key == derive_for_account(
        alice.account, chain_id=actors.l1.chain_id, rollup_address=other.address
    )
    testbed.rollup.deposit(ETH, 1117, sender=alice)
    exit_ = testbed.rollup.withdraw(ETH, 113, sender=alice, recipient="0x" + "c3" * 20)
    testbed.rollup.settle()
    exit_.claim(sender=actors.bob)
    assert actors.l1.balance("0x" + "c3" * 20) == 113
    assert (other.custody(other.tokens[0]), target.custody(target.tokens[0])) == (1004, 0)
    assert actors.rollup.contract.provenBatches() == 0


def test_the_next_address_stays_true_whatever_is_deployed_meanwhile(actors, target):
    promised = target.next_rollup_address
    for account in (actors.alice, actors.operator_account):
        actors.l1.deploy_raw("0x60016000f3", account)
    first = target.replace()
    assert first.address == promised
    assert target.next_rollup_address == first.next_rollup_address != promised
    assert first.replace(batch_verifier=first.contracts.batch_verifier).address not in (promised, first)


def test_a_function_that_deploys_is_called_with_the_arguments_of_ours(actors, target):
    seen = {}

    def deploy(name):
        def called(*arguments, sender):
            seen[name] = arguments
            return deploys(actors, name)(*arguments, sender=sender)

        return called

    other = target.replace(lock=deploy("Lock"), rollup=deploy("Rollup"))
    assert target.refusals
    assert not other.refusals  # a Rollup of a tester's has names of its own
    assert seen["Lock"] == (other.address,)
    (parameters,) = seen["Rollup"]
    assert parameters[:3] == (
        other.contracts.lock.address,
        actors.operator_account.address,
        target.contracts.batch_verifier.address,
    )
    assert other.contracts.rollup.slotCount() == target.operator.prover.size.slots


def test_a_rollup_that_is_there_brings_its_lock_with_it(actors, target):
    there = target.replace()
    other = target.replace(rollup=there.contracts.rollup)
    assert other.contracts.lock == there.contracts.lock
    mine = deploys(actors, "Lock")(there.address)
    with pytest.raises(MisplacedContract) as refusal:
        target.replace(rollup=there.contracts.rollup, lock=mine)
    assert (refusal.value.part, refusal.value.expected) == ("rollup", mine.address)


def test_a_verifier_of_ones_own_is_asked(actors, target):
    never = actors.l1.contract(
        target.contracts.batch_verifier.abi,
        # Runtime: return 32 bytes of zero.
        actors.l1.deploy_raw("0x6460206000f36000526005601bf3"),
    )
    other = target.replace(batch_verifier=never)
    rollup = Testbed(actors.devnet.grounds, other).rollup
    rollup.deposit(ETH, 5, sender=actors.alice)
    with reverts("InvalidProof"):
        rollup.settle()


def test_a_lock_of_another_rollup_is_refused_with_what_to_tell_it(actors, target):
    lock = deploys(actors, "Lock")(actors.alice.address)
    before = actors.l1.block_number
    with pytest.raises(MisplacedContract, match=r"tell it zk_target\.next_rollup_address") as refusal:
        target.replace(lock=lock)
    assert (refusal.value.part, refusal.value.named) == ("lock", actors.alice.address)
    assert refusal.value.expected == target.next_rollup_address
    assert actors.l1.block_number == before


def test_a_rollup_deployed_by_somebody_else_stands_elsewhere(actors, target):
    def deploy(*arguments, sender):
        own = deploys(actors, "Lock")(
            contract_address(actors.carol.address, actors.l1.nonce(actors.carol) + 1)
        )
        (parameters,) = arguments
        return deploys(actors, "Rollup")((own.address, *parameters[1:]), sender=actors.carol)

    with pytest.raises(MisplacedContract, match="must send as `sender`"):
        target.replace(rollup=deploy)


def without(name):
    return lambda abi: [entry for entry in abi if entry.get("name") != name]


def changed(name, **fields):
    return lambda abi: [{**entry, **fields} if entry.get("name") == name else entry for entry in abi]


UINT = {"name": "", "type": "uint256", "internalType": "uint256"}
FLAWS = {
    "lock without a function": (
        "lock",
        without("release"),
        "function release(address token, address recipient, uint256 amount) external",
        "it has nothing of that name",
    ),
    "lock with other arguments": (
        "lock",
        changed("depositETH", inputs=[UINT]),
        "function depositETH(address owner, uint256 keyX, uint256 keyY) external payable "
        "returns (uint32 account)",
        r"it has function depositETH\(uint256\) external payable returns \(uint32 account\)",
    ),
    "lock that takes no ether": (
        "lock",
        changed("depositETH", stateMutability="nonpayable"),
        "function depositETH(address owner, uint256 keyX, uint256 keyY) external payable "
        "returns (uint32 account)",
        "it has function depositETH",
    ),
    "lock with another result": (
        "lock",
        changed("rollup", outputs=[UINT]),
        "function rollup() external view returns (address)",
        r"it has function rollup\(\) external view returns \(uint256\)",
    ),
    "rollup that writes where ours reads": (
        "rollup",
        changed("stateRoot", stateMutability="nonpayable"),
        "function stateRoot() external view returns (uint256)",
        r"it has function stateRoot\(\) external returns \(uint256\)",
    ),
    "rollup without the event": (
        "rollup",
        without("DepositQueued"),
        "event DepositQueued(uint64 indexed index, uint32 indexed account, address indexed owner, "
        "address token, uint128 amount, uint256 keyX, uint256 keyY, uint64 expiry, uint64 forcedCount)",
        "it has nothing of that name",
    ),
}


@pytest.mark.parametrize(("part", "change", "missing", "instead"), FLAWS.values(), ids=FLAWS)
def test_a_contract_without_our_interface_is_told_what_it_lacks(
    actors, target, part, change, missing, instead
):
    ours = getattr(target.replace().contracts, part)
    with pytest.raises(ForeignInterface, match=instead) as refusal:
        target.replace(**{part: with_abi(ours, change)})
    assert (refusal.value.part, refusal.value.missing) == (part, missing)
    assert f"it needs `{missing}`" in str(refusal.value)


@pytest.mark.parametrize("part", ["batch_verifier", "claim_verifier"])
def test_a_verifier_for_other_inputs_is_told_how_many(actors, target, part):
    swapped = {"batch_verifier": "claim_verifier", "claim_verifier": "batch_verifier"}[part]
    wanted = {"batch_verifier": r"uint256\[3\]", "claim_verifier": r"uint256\[6\]"}[part]
    with pytest.raises(ForeignInterface, match=f"function verifyProof.*{wanted}"):
        target.replace(**{part: getattr(target.contracts, swapped)})


@pytest.mark.parametrize("part", ["lock", "rollup", "batch_verifier", "claim_verifier"])
def test_what_is_no_contract_is_named(actors, target, part):
    address = getattr(target.contracts, part).address
    with pytest.raises(NoContract, match=f"{part} = '{address}' is no contract"):
        target.replace(**{part: address})
    if part in ("lock", "rollup"):
        with pytest.raises(NoContract, match=f"{part} = None is no contract"):
            target.replace(**{part: lambda *arguments, sender: None})


@pytest.mark.parametrize("part", ["lock", "rollup", "batch_verifier", "claim_verifier", "escape_verifier"])
def test_a_fixture_that_forgot_to_return_its_contract_is_noticed(actors, target, part):
    before = actors.l1.block_number
    with pytest.raises(NoContract, match=f"{part} = None is no contract"):
        target.replace(**{part: None})
    assert actors.l1.block_number == before


def test_an_interface_may_have_more_than_ours(actors, target):
    more = [{"type": "function", "name": "pause", "inputs": [], "outputs": [], "stateMutability": "view"}]
    lock = deploys(actors, "Lock")(target.next_rollup_address)
    assert target.replace(lock=with_abi(lock, lambda abi: abi + more)).contracts.lock == lock
