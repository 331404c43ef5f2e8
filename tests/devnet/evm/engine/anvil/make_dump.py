"""Makes the files beside it: a dump by the real anvil, and what anvil says of the same state.

Run from the repository: ``.venv/bin/python -m tests.devnet.evm.engine.anvil.make_dump``.
"""

import json
from pathlib import Path

from benchmarks.foundry import foundry_binary
from benchmarks.nodes import running_anvil
from web3 import HTTPProvider, Web3

HERE = Path(__file__).parent
# Stores the second word of its calldata in the slot that the first names.
STORE = "602035600035550000"
SLOTS = [f"0x{slot:064x}" for slot in (2, 3, 5)]


def main() -> None:
    binary = foundry_binary("anvil")
    assert binary is not None, "`make test` installs npm's packages"
    with running_anvil(binary, "--timestamp", "1767225600") as (url, _):
        w3 = Web3(HTTPProvider(url))

        def ask(method: str, *parameters: object) -> object:
            return w3.provider.make_request(method, list(parameters))["result"]

        def send(**fields: object) -> object:
            sent = w3.eth.send_transaction({"from": alice, "gas": 200_000, **fields})
            return w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)

        alice, bob = w3.eth.accounts[:2]
        send(to=bob, value=501)
        contract = send(data=f"0x60{len(STORE) // 2:02x}80600a5f395ff300{STORE}")["contractAddress"]
        ask("evm_increaseTime", 5000)
        for slot, word in ((2, 41), (3, 2**255 + 7), (4, 59)):
            send(to=contract, data=f"0x{slot:064x}{word:064x}")
        absent = f"0x{'5a' * 20}"
        said = {
            "timestamp": w3.eth.get_block("latest")["timestamp"],
            "stateRoot": w3.eth.get_block("latest")["stateRoot"].to_0x_hex(),
            "proofs": [ask("eth_getProof", each, SLOTS, "latest") for each in (contract, bob, absent)],
        }
        (HERE / "state.json").write_text(json.dumps(said, indent=1) + "\n")
        (HERE / "state.dump").write_bytes(bytes.fromhex(str(ask("anvil_dumpState"))[2:]))


if __name__ == "__main__":
    main()
