"""The batch of the shared vector file, as the contracts read it."""

import json
from pathlib import Path

import pytest

from zkrollup.operator.queue import to_address

pytestmark = pytest.mark.node
VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "batch.json").read_text(encoding="utf-8"))


def number(text) -> int:
    return text if isinstance(text, int) else int(text, 0)


@pytest.fixture
def batch():
    entries = [
        (
            number(entry["account"]),
            number(entry["amount"]),
            *(to_address(number(entry[name])) for name in ("owner", "token")),
            *(number(entry[name]) for name in ("keyX", "keyY")),
        )
        for entry in VECTOR["queue"]
    ]
    header = tuple(map(number, VECTOR["headerWords"]))
    return number(VECTOR["C"]), header, entries, bytes.fromhex(VECTOR["data"].removeprefix("0x"))


def test_the_contracts_read_the_vectors_batch_alike(ship, batch):
    assert tuple(ship("BatchDataHarness").instance(*batch)) == (number(VECTOR["x"]), number(VECTOR["y"]))


def test_x_covers_commitment_header_queue_and_data(ship, batch):
    commitment, header, entries, data = batch
    harness = ship("BatchDataHarness")

    def x(commitment=commitment, header=header, entries=entries, data=data):
        return harness.instance(commitment, header, entries, data).x

    account, *rest = entries[0]
    last_byte = data[:-1] + bytes([data[-1] ^ 1])
    changed = [x(commitment + 1), x(entries=[(account + 1, *rest), *entries[1:]]), x(data=last_byte)]
    for word in range(13):
        changed.append(x(header=(*header[:word], header[word] + 1, *header[word + 1 :])))
    assert len({number(VECTOR["x"]), *changed}) == 1 + 3 + 13
