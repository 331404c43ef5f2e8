"""``zkrollup rebuild``: from a file and from a node, as text and as data, with calls that L1 takes."""

import json
import re
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.lifecycle.support import STRANGER, cast

from zkrollup.cli.main import main
from zkrollup.devnet import ETH, Devnet
from zkrollup.operator.l1data import L1Data
from zkrollup.snark.modes import ProofMode

CLI_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"


@pytest.fixture(scope="module")
def actors():
    """A batch of a deposit and two exits, of which one is claimed; then a deposit that waits."""
    actors = cast(Devnet.start(mode=ProofMode.MOCK))
    rollup, alice = actors.rollup, actors.alice
    rollup.deposit(ETH, 1009, sender=alice)
    claimed = rollup.withdraw(ETH, 103, sender=alice, recipient=STRANGER)
    rollup.withdraw(ETH, 107, sender=alice)
    rollup.settle()
    claimed.claim(sender=alice)
    rollup.deposit(ETH, 41, sender=actors.bob)
    return actors


@pytest.fixture(scope="module")
def data(actors):
    return L1Data.read(actors.l1.w3, actors.rollup.contract.address)


@pytest.fixture
def file(data, tmp_path):
    path = tmp_path / "l1.json"
    data.write(path)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, ["rebuild", *arguments])


@pytest.mark.parametrize("columns", ["200", "60"])
def test_addresses_and_amounts_are_whole_in_any_terminal(actors, file, columns):
    result = CliRunner().invoke(main, ["rebuild", file], env={"COLUMNS": columns})
    assert result.exit_code == 0, result.output
    words = result.output.lower().split()
    assert {actors.alice.address.lower(), STRANGER.lower(), "799", "103", "107", "41"} <= set(words)
    assert "…" not in result.output
    # A table where there is room for one; else one value per line.
    assert any(line.split() == ["balance", "799"] for line in result.output.splitlines()) is (columns == "60")


def test_the_document_has_the_whole_state(actors, file):
    result = run(file, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["root"] == f"0x{actors.rollup.contract.stateRoot():064x}"
    (account,) = found["accounts"]
    assert (account["owner"], account["balance"], account["nonce"]) == (actors.alice.address, "799", 2)
    assert [(e["amount"], e["claimed"]) for e in found["exits"]] == [("103", True), ("107", False)]
    assert [(e["kind"], e["amount"], e["refunded"]) for e in found["queue"]] == [("deposit", "41", False)]
    (batch,) = found["batches"]
    assert (batch["stage"], batch["queue_entries"], batch["operations"]) == ("proven", 1, 2)
    assert (found["frozen"], found["flaw"]) == (False, None)


def test_every_key_of_the_document_is_explained(file):
    found = json.loads(run(file, "--json").stdout)
    page = CLI_PAGE.read_text(encoding="utf-8")
    page = page[page.index("## zkrollup rebuild") :]
    explained = set(re.findall(r"`(\w+)`", page))
    keys = {*found, *(key for name in ("batches", "accounts", "exits", "queue") for key in found[name][0])}
    assert keys - explained == set()


def test_the_text_tells_accounts_exits_and_what_waits(actors, file):
    shown = run(file).stdout
    assert "1 proven batch executed again" in shown
    for title in ("accounts", "exits", "queue, not proven"):
        assert title in shown
    assert "799" in shown
    assert "forced" not in shown


def test_a_call_can_be_sent_as_it_is_printed(actors, file):
    unpaid = json.loads(run(file, "--json").stdout)["exits"][1]
    result = run(file, "--claim", str(unpaid["id"]))
    assert result.exit_code == 0, result.output
    call = json.loads(result.stdout)
    assert (call["function"], call["arguments"]["amount"], call["assurance"]) == ("claim", "107", "mock")
    before = actors.alice.l1_balance(ETH)
    with actors.devnet.anchor():
        actors.l1.transact(to=call["to"], data=call["data"], sender=actors.carol)
        assert actors.alice.l1_balance(ETH) == before + 107


def test_an_escape_is_printed_for_an_account_and_refused_for_none(file):
    call = json.loads(run(file, "--escape", "0").stdout)
    assert (call["function"], call["arguments"]["amount"]) == ("escape", "799")
    refused = run(file, "--escape", "1")
    assert refused.exit_code == 1
    assert "there is no account 1 under the last proven root" in refused.output


def test_a_published_key_is_read_and_one_that_is_no_key_is_refused(file, tmp_path):
    exported = CliRunner().invoke(main, ["keys", "export", "escape", "-o", str(tmp_path)])
    assert exported.exit_code == 0, exported.output
    call = json.loads(run(file, "--escape", "0", "--key", str(tmp_path / "escape-4.zkey")).stdout)
    assert (call["function"], call["arguments"]["amount"]) == ("escape", "799")
    refused = run(file, "--escape", "0", "--key", file)
    assert refused.exit_code == 1
    assert "l1.json" in refused.output


def test_a_batch_that_is_not_what_its_data_leads_to_ends_with_1(data, tmp_path):
    (transaction, (call,)) = next(iter(data.calls.items()))
    recipient = call.index(bytes.fromhex(STRANGER[2:]))
    other = call[: recipient + 19] + b"\x00" + call[recipient + 20 :]
    path = tmp_path / "l1.json"
    replace(data, calls={transaction: (other,)}).write(path)
    result = run(str(path))
    assert result.exit_code == 1
    assert "batch 1: its exit root on L1 is" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--rpc", "http://127.0.0.1:1"],
        ["--rollup", STRANGER],
        ["FILE", "--escape", "0", "--claim", "1"],
        ["FILE", "--key", "FILE"],
    ],
    ids=["no source", "no contract", "no node", "two calls", "a key for nothing"],
)
def test_what_does_not_go_together_is_a_usage_error(file, arguments):
    assert run(*(file if each == "FILE" else each for each in arguments)).exit_code == 2


@pytest.mark.parametrize("place", ["missing/kept.json", "l1.json/kept.json"])
def test_a_place_that_cannot_be_written_is_named(file, tmp_path, place):
    refused = run(file, "--save", str(tmp_path / place))
    assert (refused.exit_code, type(refused.exception)) == (1, SystemExit)
    assert f"Could not open file '{tmp_path / place}'" in refused.output


def test_what_was_read_before_is_not_overwritten_unasked(file, tmp_path):
    kept = tmp_path / "kept.json"
    kept.write_text("earlier")
    refused = run(file, "--save", str(kept))
    assert refused.exit_code == 1
    assert "kept.json is there already, and was left as it is" in " ".join(refused.output.split())
    assert kept.read_text() == "earlier"
    assert run(file, "--save", str(kept), "--force").exit_code == 0
    assert run(str(kept)).exit_code == 0


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.json"
    path.write_bytes(b'{"format": "\xff"}')
    result = run(str(path))
    assert result.exit_code == 1
    assert "format" in result.output


# A node


@pytest.fixture(scope="module")
def node(actors):
    """L1's chain over HTTP, as a node serves it."""
    answer = actors.l1.w3.provider.table.answer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = {"jsonrpc": "2.0", "id": request["id"], **answer(request["method"], request["params"])}
            body = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_node_gives_the_same_as_the_file_that_is_kept_of_it(actors, node, data, tmp_path):
    kept = tmp_path / "kept.json"
    rollup = actors.rollup.contract.address
    shown = run("--rpc", node, "--rollup", rollup, "--save", str(kept), "--json")
    assert shown.exit_code == 0, shown.output
    assert L1Data.loads(kept.read_text()) == data
    assert json.loads(run(str(kept), "--json").stdout) == json.loads(shown.stdout)


def test_an_earlier_block_of_a_node_is_the_state_of_that_time(actors, node):
    rollup = actors.rollup.contract.address
    last = actors.l1.block_number
    shown = run("--rpc", node, "--rollup", rollup, "--block", str(last - 1), "--json")
    found = json.loads(shown.stdout)
    assert (found["block"], found["queue"]) == (last - 1, [])


@pytest.fixture
def odd_node(request):
    """What answers every POST with one body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(request.param)))
            self.end_headers()
            self.wfile.write(request.param)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "odd_node",
    [
        b"<html>no node</html>",
        b'{"jsonrpc": "2.0", "id": 0, "result": null}',
        b'{"jsonrpc": "2.0", "id": 0, "result": {"a": 7}}',
        b"[]",
        b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32601, "message": "method not found"}}',
    ],
    ids=["HTML", "null", "another type", "a list", "an error"],
    indirect=True,
)
def test_what_answers_and_is_no_node_is_refused_in_one_line(odd_node):
    refused = run("--rpc", odd_node, "--rollup", STRANGER)
    assert (refused.exit_code, type(refused.exception)) == (1, SystemExit)
    assert refused.output.startswith("Error: ")
    assert refused.output.count("\n") == 1


def test_a_block_that_is_not_yet_mined_is_refused(actors, node):
    refused = run("--rpc", node, "--rollup", actors.rollup.contract.address, "--block", "99999999")
    assert (refused.exit_code, type(refused.exception)) == (1, SystemExit)
    assert f"{99999999:#x}' not found" in refused.output


def test_an_address_that_is_no_rollup_and_a_node_that_is_none_are_named(actors, node):
    refused = run("--rpc", node, "--rollup", actors.token.address)
    assert refused.exit_code == 1
    assert "is no Rollup" in refused.output
    away = run("--rpc", "http://127.0.0.1:1", "--rollup", STRANGER)
    assert away.exit_code == 1
    assert "does not answer" in away.output
