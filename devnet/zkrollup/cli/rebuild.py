"""``zkrollup rebuild``: layer 2 from L1's data alone, checked, and anybody's way out of it.

Owns where the data comes from and how the result is shown. The work is ``operator.rebuild``'s.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkrollup.cli.outputs import force_option, require_free

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from zkrollup.operator.l1data import L1Data
    from zkrollup.operator.payouts import Payout
    from zkrollup.operator.rebuild import Rebuilt

VERSION = 1
"""Of the JSON document's shape."""


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rpc", metavar="URL", help="Read from a node, over HTTP, in place of a file.")
@click.option("--rollup", metavar="ADDRESS", help="The Rollup contract; with --rpc.")
@click.option("--block", type=click.IntRange(0), help="Read up to this block; with --rpc.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Keep what was read.")
@force_option
@click.option("--escape", type=click.IntRange(0), metavar="ACCOUNT", help="Prove an account's escape.")
@click.option("--claim", type=click.IntRange(0), metavar="EXIT", help="Prove an exit's claim, by its id.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The .zkey to prove with, which the rollup's deployer has published; else this machine's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the state as one JSON document.")
def rebuild(
    file: Path | None,
    rpc: str | None,
    rollup: str | None,
    block: int | None,
    save: Path | None,
    force: bool,
    escape: int | None,
    claim: int | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Rebuild layer 2 from what L1 knows, and check every root.

    FILE is what --save wrote, or L1Data.write in a test. No operator is asked and no key is needed: keys,
    balances, nonces and exits all follow from L1's logs and calldata. Exits with 1 if a batch is not what its
    data leads to.

    With --escape or --claim, prints a JSON object with the call that pays an account's owner after a freeze,
    or an exit's recipient; anybody may send it.
    """
    from zkrollup.operator.rebuild import rebuild as execute

    if (file is None) == (rpc is None) or (rpc is None) != (rollup is None):
        raise click.UsageError("give either FILE, or --rpc and --rollup")
    if escape is not None and claim is not None:
        raise click.UsageError("give one of --escape and --claim")
    if key is not None and escape is None and claim is None:
        raise click.UsageError("--key goes with --escape or --claim")
    if save is not None:
        require_free(save, force=force)
    data = _read(file, rpc, rollup or "", block)
    if save is not None:
        data.write(save)
    rebuilt = execute(data)
    if escape is not None or claim is not None:
        click.echo(json.dumps(_call(_prepare(data, rebuilt, escape, claim, key)), indent=2))
    elif as_json:
        click.echo(json.dumps(document(data, rebuilt), indent=2))
    else:
        _print(data, rebuilt)


def _read(file: Path | None, rpc: str | None, rollup: str, block: int | None) -> "L1Data":
    from zkrollup.operator.l1data import L1Data

    if file is not None:
        return L1Data.loads(file.read_text(encoding="utf-8", errors="replace"))
    from requests.exceptions import RequestException
    from web3 import HTTPProvider, Web3

    try:
        return L1Data.read(Web3(HTTPProvider(rpc)), rollup, block=block)
    except RequestException as error:
        raise click.ClickException(f"{rpc} does not answer: {error}") from error


def _prepare(
    data: "L1Data", rebuilt: "Rebuilt", escape: int | None, claim: int | None, key: Path | None
) -> "Payout":
    from zkrollup.cli import terminal
    from zkrollup.cli.progress import progress_shown, waiting_shown
    from zkrollup.operator.payouts import prepare_claim, prepare_escape

    console = terminal.console(stderr=True)
    with progress_shown(console) as progress:
        if escape is not None:
            return prepare_escape(
                data, rebuilt, escape, key=key, progress=progress, waiting=waiting_shown(console)
            )
        return prepare_claim(
            data, rebuilt, claim or 0, key=key, progress=progress, waiting=waiting_shown(console)
        )


# --- as data


def document(data: "L1Data", rebuilt: "Rebuilt") -> dict[str, Any]:
    """All that was rebuilt; its keys are explained in docs/reference/cli.md."""
    from zkrollup.operator.queue import to_address

    accounts = [
        {
            "index": index,
            "owner": to_address(account.owner),
            "token": to_address(account.token),
            "key": [_word(account.key_x), _word(account.key_y)],
            "balance": str(account.balance),
            "nonce": account.nonce,
            "escaped": rebuilt.has_escaped(index),
        }
        for index, account in sorted(rebuilt.ledger.accounts.items())
    ]
    exits = [
        {
            "id": record.exit.id,
            "batch": record.exit.batch,
            "slot": record.exit.slot,
            "recipient": to_address(record.exit.recipient),
            "token": to_address(record.exit.token),
            "amount": str(record.exit.amount),
            "claimed": record.claimed,
        }
        for record in rebuilt.exits
    ]
    return {
        "document": VERSION,
        "rollup": data.rollup,
        "chain_id": data.chain_id,
        "block": data.block,
        "root": _word(rebuilt.ledger.root),
        "frozen": rebuilt.history.frozen,
        "batches": _batches(rebuilt),
        "accounts": accounts,
        "exits": exits,
        "queue": [_entry(rebuilt, entry) for entry in rebuilt.waiting],
        "flaw": None if rebuilt.flaw is None else str(rebuilt.flaw),
    }


def _batches(rebuilt: "Rebuilt") -> list[dict[str, Any]]:
    proven = len(rebuilt.proven)
    return [
        {
            "number": batch.number,
            "stage": "proven" if batch.number <= proven else "committed",
            "root": _word(batch.root_after),
            "exit_root": _word(batch.header.exit_root),
            "queue_entries": len(batch.queued),
            "operations": sum(bool(slot.words.posted()) for slot in batch.trace.slots),
        }
        for batch in (*rebuilt.proven, *rebuilt.committed)
    ]


def _entry(rebuilt: "Rebuilt", entry: Any) -> dict[str, Any]:
    return {
        "index": entry.index,
        "kind": "deposit" if hasattr(entry.operation, "token") else "forced withdrawal",
        "account": entry.operation.account,
        "amount": str(entry.operation.amount),
        "expiry": entry.expiry,
        "refunded": entry.index in rebuilt.history.refunded,
    }


def _call(payout: "Payout") -> dict[str, Any]:
    return {
        "to": payout.contract,
        "function": payout.function,
        "arguments": _texts(payout.arguments),
        "data": f"0x{payout.calldata.hex()}",
        "assurance": payout.assurance,
    }


def _texts(value: Any) -> Any:
    """Numbers as text: JSON's lose digits in many readers."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    return [_texts(each) for each in value] if isinstance(value, tuple) else str(value)


def _word(value: int) -> str:
    return f"0x{value:064x}"


# --- as text


def _print(data: "L1Data", rebuilt: "Rebuilt") -> None:
    from rich.markup import escape

    from zkrollup.cli import terminal

    console = terminal.console()
    proven, committed = len(rebuilt.proven), len(rebuilt.committed)
    state = "frozen" if rebuilt.history.frozen else "active"
    console.print(f"rollup {data.rollup} on chain {data.chain_id}, {state}, read up to block {data.block}")
    batches = "1 proven batch" if proven == 1 else f"{proven} proven batches"
    console.print(f"{batches} executed again: every root, exit root and commitment is L1's")
    console.print(f"root {_word(rebuilt.ledger.root)}")
    if committed:
        console.print(f"{committed} more committed, not proven")
    if rebuilt.flaw is not None:
        console.print(f"the next committed batch has no proof: {escape(str(rebuilt.flaw))}")
    found = document(data, rebuilt)
    _table(console, "accounts", found["accounts"], ("index", "owner", "token", "balance", "nonce", "escaped"))
    _table(console, "exits", found["exits"], ("id", "recipient", "token", "amount", "claimed"))
    _table(console, "queue, not proven", found["queue"], ("index", "kind", "account", "amount", "refunded"))


def _table(console: "Console", title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.table import Table

    from zkrollup.cli import terminal

    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None)
    for column in columns:
        table.add_column(column, justify="right" if type(rows[0][column]) is int else "left")
    for row in rows:
        table.add_row(*(_shown(row[column]) for column in columns))
    if terminal.width_of(console, table) <= console.width:
        console.print(table)
        return
    console.print(f"[italic]{title}[/italic]")  # as rich writes a table's
    for row in rows:
        console.print(_record(row, columns))


def _record(row: dict[str, Any], columns: tuple[str, ...]) -> "RenderableType":
    """A row of a table that is too wide, one value per line: addresses and amounts can be copied whole."""
    from rich.padding import Padding
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for column in columns:
        grid.add_row(column, _shown(row[column]))
    return Padding(grid, (0, 0, 1, 2))


def _shown(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
