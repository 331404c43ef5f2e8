"""Answers that no honest contract gives, decoded without falling over."""

import pytest

from zkrollup.evm import Chain, Reverted, UndecodableResult

ERROR = bytes.fromhex("08c379a0")
NAME = [
    {
        "type": "function",
        "name": "name",
        "stateMutability": "view",
        "inputs": [],
        "outputs": [{"name": "", "type": "string"}],
    }
]


def text(value: bytes, length: int) -> bytes:
    return (32).to_bytes(32, "big") + length.to_bytes(32, "big") + value + bytes(-len(value) % 32)


MALFORMED = {
    "longer than memory": text(b"x", 2**64),
    "longer than anything": text(b"x", 2**255),
    "offset beyond the end": b"\xff" * 64,
    "nothing": b"",
}


def answering(chain: Chain, ending: str, answer: bytes) -> str:
    """A contract that ends every call with this opcode and these bytes."""
    size = f"61{len(answer):04x}"
    code = bytes.fromhex(f"{size}600d5f39{size}5f{ending}00") + answer
    return chain.deploy_raw(bytes.fromhex(f"61{len(code):04x}80600a3d393df3") + code)


@pytest.fixture(scope="module")
def chain():
    return Chain()


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_revert_string_is_still_a_revert(chain, answer):
    target = answering(chain, "fd", ERROR + answer)
    with pytest.raises(Reverted) as refusal:
        chain.transact(to=target)
    assert refusal.value.data == ERROR + answer


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_result_is_refused_by_name(chain, answer):
    contract = chain.contract(NAME, answering(chain, "f3", answer))
    with pytest.raises(UndecodableResult):
        contract.name()


def test_a_well_formed_result_is_read(chain):
    contract = chain.contract(NAME, answering(chain, "f3", text(b"Wrapped", 7)))
    assert contract.name() == "Wrapped"
