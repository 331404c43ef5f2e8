"""The demo's story as its JSON tells it: one real run, many looks at it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from zkrollup.cli.main import main
from zkrollup.cli.story import BURNED_ETH, BURNED_TEST, LOCKED_ETH, LOCKED_TEST, PAID_ETH, PAID_TEST

CLI_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
TOKENS = ("ETH", "TEST")


@pytest.fixture(scope="module")
def run():
    result = CliRunner().invoke(main, ["demo", "--json"])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def story(run):
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def steps(story):
    return {step["name"]: step for step in story["steps"]}


def balance(view, holder, token):
    return int(view["balances"][holder][token])


def change(step, holder, token):
    return balance(step["after"], holder, token) - balance(step["before"], holder, token)


def root_moves(step, root):
    return step["before"]["roots"][root] != step["after"]["roots"][root]


def functions(step):
    return [f"{each['contract']}.{each['function']}" for each in step["transactions"] if each["succeeded"]]


def test_steps_follow_each_other_without_a_gap(story):
    for earlier, later in zip(story["steps"], story["steps"][1:], strict=False):
        assert earlier["after"] == later["before"]


def beyond(view):
    """What the Lock holds and nobody has on layer 2."""
    return [
        balance(view, "Lock, L1", token) - sum(balance(view, f"{who}, L2", token) for who in ("alice", "bob"))
        for token in TOKENS
    ]


def test_the_lock_holds_what_layer_2_has_and_what_was_burned_but_not_claimed(story):
    for step in story["steps"]:
        is_open = step["name"] in ("burn", "settle", "claim proof")
        expected = [BURNED_ETH, BURNED_TEST] if is_open else [0, 0]
        assert beyond(step["after"]) == expected, step["name"]


def test_no_test_token_appears_or_vanishes(story):
    totals = {
        sum(balance(view, f"{holder}, L1", "TEST") for holder in ("alice", "bob", "Lock"))
        for step in story["steps"]
        for view in (step["before"], step["after"])
    }
    assert totals == {2 * 10**6 * 10**18}


def test_balances_move_by_what_was_locked_paid_and_burned(steps):
    lock, transfer, burn, unlock = (steps[name] for name in ("lock", "transfer", "burn", "unlock"))
    assert [change(lock, "Lock, L1", token) for token in TOKENS] == [LOCKED_ETH, LOCKED_TEST]
    assert [change(lock, "alice, L2", token) for token in TOKENS] == [LOCKED_ETH, LOCKED_TEST]
    assert [change(transfer, "alice, L2", token) for token in TOKENS] == [-PAID_ETH, -PAID_TEST]
    assert [change(transfer, "bob, L2", token) for token in TOKENS] == [PAID_ETH, PAID_TEST]
    assert [change(burn, "bob, L2", token) for token in TOKENS] == [-BURNED_ETH, -BURNED_TEST]
    assert [change(unlock, "bob, L1", token) for token in TOKENS] == [BURNED_ETH, BURNED_TEST]


@pytest.mark.parametrize("name", ["transfer", "burn"])
def test_l1_knows_nothing_of_what_happens_on_layer_2(steps, name):
    step = steps[name]
    assert step["transactions"] == []
    assert step["before"]["l1_block"] == step["after"]["l1_block"]
    assert root_moves(step, "l2")
    assert not root_moves(step, "l1_proven")
    assert not root_moves(step, "l1_committed")


def test_l1s_root_moves_exactly_where_a_batch_proof_was_verified(story):
    for step in story["steps"]:
        verified = "Rollup.proveBatch" in functions(step)
        assert verified == root_moves(step, "l1_proven"), step["name"]
        assert verified == any(proof["of"].startswith("batch") for proof in step["proofs"]), step["name"]


def test_committing_moves_the_committed_root_only(steps):
    assert functions(steps["commit"]) == ["Rollup.commitBatch"]
    assert root_moves(steps["commit"], "l1_committed")
    assert not root_moves(steps["commit"], "l1_proven")


def test_mints_follow_proofs_not_the_sequencer(steps):
    assert change(steps["transfer"], "bob, L2 Mint", "ETH") == 0
    assert change(steps["prove"], "bob, L2 Mint", "ETH") == PAID_ETH
    final = steps["claim again"]["after"]["balances"]
    for who in ("alice", "bob"):
        assert final[f"{who}, L2 Mint"] == final[f"{who}, L2"]


def test_a_transfer_posts_27_bytes_and_a_withdrawal_47(steps):
    (committed,) = steps["commit"]["batches"]
    (burned,) = steps["burn"]["batches"]
    assert len(bytes.fromhex(committed["data"][2:])) == 2 * 27
    assert len(bytes.fromhex(burned["data"][2:])) == 2 * 47
    assert all(batch["data"] == "0x" for batch in steps["mint"]["batches"])


def test_every_transaction_has_gas_and_every_proof_its_figures(story):
    transactions = [each for step in story["steps"] for each in step["transactions"]] + story["deployment"]
    assert transactions
    assert all(each["gas"] > 21_000 for each in transactions)
    proofs = [proof for step in story["steps"] for proof in step["proofs"]]
    assert all(proof["constraints"] == story["constraints"][proof["circuit"]] > 1_000 for proof in proofs)
    assert all(proof["seconds"] > 0 for proof in proofs)
    assert {proof["circuit"] for proof in proofs} == set(story["constraints"])


def test_claims_are_proved_before_they_are_sent_and_paid_by_the_lock(steps):
    assert len(steps["claim proof"]["proofs"]) == 2
    assert steps["claim proof"]["transactions"] == []
    assert functions(steps["unlock"]) == ["Rollup.claim", "Rollup.claim"]
    assert {each["sender"] for each in steps["unlock"]["transactions"]} == {"alice"}


def test_the_second_claim_is_refused_and_pays_nobody(story, steps):
    refused = steps["claim again"]
    assert re.fullmatch(r"AlreadyClaimed\(nullifier=\d+\)", refused["refusal"])
    assert [each["succeeded"] for each in refused["transactions"]] == [False]
    assert change(refused, "bob, L1", "ETH") == change(refused, "Lock, L1", "ETH") == 0
    assert [step["refusal"] for step in story["steps"][:-1]] == [None] * (len(story["steps"]) - 1)


def test_all_roots_agree_in_the_end(story):
    assert len(set(story["steps"][-1]["after"]["roots"].values())) == 1


def test_standard_output_is_the_document_and_nothing_else(run):
    assert run.stdout.startswith("{\n")
    assert run.stdout.endswith("}\n")


def keys(value):
    """All keys that the document's shape fixes; names of circuits, contracts and holders are data."""
    if isinstance(value, list):
        return set().union(*map(keys, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    free = ("constraints", "addresses", "balances")
    return set(value) | set().union(*(keys(part) for name, part in value.items() if name not in free))


def test_every_key_of_the_document_is_documented(story):
    documented = set(re.findall(r"`([a-z_0-9]+)`", CLI_PAGE.read_text(encoding="utf-8")))
    assert keys(story) <= documented


@pytest.mark.slow
@pytest.mark.parametrize("slots", ["1", "2"])
def test_the_story_is_the_same_in_small_batches(slots):
    result = CliRunner().invoke(main, ["demo", "--json", "--slots", slots, "--levels", "1"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["slots"], told["accounts"]) == (int(slots), 4)
    assert len(told["steps"]) == 10


def test_the_terminal_shows_the_same_story(story):
    result = CliRunner().invoke(main, ["demo"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "TEST keys" in result.output
    for step in story["steps"]:
        assert step["title"] in result.output
        for each in step["transactions"]:
            assert f"{each['contract']}.{each['function']}" in result.output
    assert "AlreadyClaimed(nullifier=" in result.output
    assert f"{story['constraints']['claim']:,} constraints" in result.output
    for sender in ("alice", "bob", "operator"):
        paid = [each for step in story["steps"] for each in step["transactions"] if each["sender"] == sender]
        shown = re.search(rf"gas paid by {sender} +([\d,]+)", result.output)
        # Another run has other proofs, whose zero bytes are cheaper.
        assert int(shown[1].replace(",", "")) == pytest.approx(sum(each["gas"] for each in paid), rel=0.001)


# Modes


def demo(*options):
    small = ("--slots", "1", "--levels", "1")
    result = CliRunner().invoke(main, ["demo", *small, *options], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result


def origins(told):
    return {proof["origin"] for step in told["steps"] for proof in step["proofs"]}


def test_the_demo_makes_its_proofs_unless_asked_for_something_else(story):
    assert (story["mode"], story["assurance"], origins(story)) == ("fresh", "validity", {"made"})


def test_the_demo_takes_proofs_from_the_store_where_asked_to(monkeypatch):
    monkeypatch.delenv("ZK_PROOF_STORE_BYTES")
    demo("--proofs", "real", "--json")
    told = json.loads(demo("--proofs", "real", "--json").stdout)
    assert (told["mode"], told["assurance"], origins(told)) == ("real", "validity", {"stored"})
    assert "from the store" in demo("--proofs", "real").output


def test_a_demo_with_mocks_says_so_loudly_and_in_its_document():
    told = json.loads(demo("--proofs", "mock", "--json").stdout)
    assert (told["mode"], told["assurance"], origins(told)) == ("mock", "mock", {"mocked"})
    shown = demo("--proofs", "mock").output
    assert shown.count("MOCK PROOFS: nothing is proved") == 2  # before the first step, and after the last
    assert "A MOCK stands in for the proof" in shown
    assert "A Groth16 proof" not in shown


def test_a_demo_without_mocks_does_not_speak_of_them():
    assert "mock" not in demo().output.lower()
