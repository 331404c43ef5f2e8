"""Chains to compare: ours through web3.py and without it, eth-tester, and anvil over HTTP and IPC.

Owns how each is started and what it is asked; ``operations`` says in which order. All but our own API go
through the same web3.py code. Each is fresh, and ends with its context.
"""

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.foundry import foundry_binary
from eth_tester import EthereumTester
from web3 import HTTPProvider, IPCProvider, Web3
from web3.providers.eth_tester import EthereumTesterProvider

from zkrollup import artifacts
from zkrollup.artifacts import Artifact
from zkrollup.compilers.node import find_node
from zkrollup.evm import Chain
from zkrollup.evm.eth_tester_backend import EngineBackend

ROOT = Path(__file__).parents[1]
POLL_SECONDS = 0.001
"""web3.py's own 0.1 would hide a node that takes less."""
GAS = 2_000_000
"""Of transactions that name their gas."""
MINTED = 10**24


class BenchmarkError(Exception):
    """A chain did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What is deployed on each chain.

    Attributes:
        verifier: Init code of a verifier that carries the key of the proofs.
        heavy: ``solidity/Heavy.sol``; None without a compiler.
    """

    verifier: bytes
    heavy: Artifact | None


class Client(Protocol):
    """A chain with a token, a verifier and a heavy contract on it. Each method waits until it is done."""

    def transfer(self) -> None: ...
    def token_transfer(self, gas: int | None = None) -> Any:
        """Returns what ``receipt`` takes."""

    def receipt(self, transaction: Any) -> None: ...
    def balance(self) -> None: ...
    def submit(self, calldata: bytes) -> None:
        """Sends a proof to the verifier as a transaction."""

    def deploy(self) -> None: ...
    def snapshot(self) -> Any: ...
    def revert(self, snapshot: Any) -> None: ...
    def permute(self, seed: int) -> None: ...
    def merkle(self, seed: int) -> None: ...
    def logs(self) -> int:
        """How many transfers of the token there were since genesis."""

    def block_number(self) -> int: ...


class Web3Client:
    """Any chain behind web3.py."""

    def __init__(self, w3: Web3, programs: Programs) -> None:
        self.w3 = w3
        self.alice, self.bob = w3.eth.accounts[:2]
        self._token = artifacts.load("TestToken")
        self.token = w3.eth.contract(address=self._deploy_token(), abi=self._token.abi)
        self._sent(self.token.functions.mint(self.alice, MINTED).transact({"from": self.alice}))
        self._verifier = self._created({"data": programs.verifier})
        if programs.heavy is not None:
            address = self._created({"data": programs.heavy.bytecode})
            self.heavy = w3.eth.contract(address=address, abi=programs.heavy.abi)

    def transfer(self) -> None:
        self._sent(self.w3.eth.send_transaction({"from": self.alice, "to": self.bob, "value": 1}))

    def token_transfer(self, gas: int | None = None) -> Any:
        given = {} if gas is None else {"gas": gas}
        sent = self.token.functions.transfer(self.bob, 3).transact({"from": self.alice, **given})
        self._sent(sent)
        return sent

    def receipt(self, transaction: Any) -> None:
        self._sent(transaction)

    def balance(self) -> None:
        _expect(self.token.functions.balanceOf(self.alice).call() <= MINTED, "a balance")

    def submit(self, calldata: bytes) -> None:
        self._sent(
            self.w3.eth.send_transaction(
                {"from": self.alice, "to": self._verifier, "data": calldata, "gas": GAS}
            )
        )

    def deploy(self) -> None:
        self._deploy_token()

    def snapshot(self) -> Any:
        return self._request("evm_snapshot")

    def revert(self, snapshot: Any) -> None:
        self._request("evm_revert", snapshot)

    def permute(self, seed: int) -> None:
        _expect(self.heavy.functions.permute(seed, 7).call() > 0, "a permutation")

    def merkle(self, seed: int) -> None:
        _expect(len(self.heavy.functions.merkle(seed).call()) == 32, "a Merkle root")

    def logs(self) -> int:
        topic = Web3.keccak(text="Transfer(address,address,uint256)")
        # eth-tester takes 0 for none.
        query = {"address": self.token.address, "fromBlock": 1, "toBlock": "latest", "topics": [topic]}
        return len(self.w3.eth.get_logs(query))

    def block_number(self) -> int:
        return int(self.w3.eth.block_number)

    def _deploy_token(self) -> Any:
        factory = self.w3.eth.contract(abi=self._token.abi, bytecode=self._token.bytecode)
        sent = factory.constructor("Token", "TOK", 18).transact({"from": self.alice})
        return self._sent(sent)["contractAddress"]

    def _created(self, fields: dict[str, Any]) -> Any:
        sent = self.w3.eth.send_transaction({"from": self.alice, "gas": GAS, **fields})
        return self._sent(sent)["contractAddress"]

    def _sent(self, transaction: Any) -> Any:
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction, poll_latency=POLL_SECONDS)
        _expect(receipt["status"] == 1, "a transaction")
        return receipt

    def _request(self, method: str, *parameters: Any) -> Any:
        answer = self.w3.provider.make_request(method, list(parameters))
        _expect("error" not in answer, f"{method} ({answer})")
        return answer["result"]


class ThinClient:
    """Our chain through its own API."""

    def __init__(self, chain: Chain, programs: Programs) -> None:
        self.chain = chain
        self.alice, self.bob = (account.address for account in chain.accounts[:2])
        self._artifact = artifacts.load("TestToken")
        self.token = self._deploy_token()
        self.token.mint(self.alice, MINTED, sender=self.alice)
        self._verifier = chain.deploy_raw(programs.verifier)
        if programs.heavy is not None:
            self.heavy = chain.deploy(programs.heavy.abi, programs.heavy.bytecode)

    def transfer(self) -> None:
        _expect(self.chain.transact(sender=self.alice, to=self.bob, value=1).status == 1, "a transfer")

    def token_transfer(self, gas: int | None = None) -> Any:
        return self.token.transfer(self.bob, 3, sender=self.alice, gas=gas)

    def receipt(self, transaction: Any) -> None:
        """The transaction's answer is the receipt."""
        _expect(transaction.status == 1, "a transaction")

    def balance(self) -> None:
        _expect(self.token.balanceOf(self.alice) <= MINTED, "a balance")

    def submit(self, calldata: bytes) -> None:
        receipt = self.chain.transact(sender=self.alice, to=self._verifier, data=calldata, gas=GAS)
        _expect(receipt.status == 1, "a proof")

    def deploy(self) -> None:
        self._deploy_token()

    def snapshot(self) -> Any:
        return self.chain.snapshot()

    def revert(self, snapshot: Any) -> None:
        self.chain.revert(snapshot)

    def permute(self, seed: int) -> None:
        _expect(self.heavy.permute(seed, 7) > 0, "a permutation")

    def merkle(self, seed: int) -> None:
        _expect(len(self.heavy.merkle(seed)) == 32, "a Merkle root")

    def logs(self) -> int:
        return len(self.chain.logs(address=self.token, event="Transfer"))

    def block_number(self) -> int:
        return self.chain.block_number

    def _deploy_token(self) -> Any:
        return self.chain.deploy(self._artifact.abi, self._artifact.bytecode, "Token", "TOK", 18)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise BenchmarkError(f"{what} failed")


# --- contenders


class Node(Protocol):
    """A kind of chain."""

    name: str

    def start(self, programs: Programs) -> AbstractContextManager[Client]:
        """A fresh one."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Our chain; ``thin`` is without web3.py."""

    name: str
    thin: bool

    @contextmanager
    def start(self, programs: Programs) -> Iterator[Client]:
        chain = Chain()
        yield ThinClient(chain, programs) if self.thin else Web3Client(chain.w3, programs)


@dataclass(frozen=True, slots=True)
class EthTester:
    """eth-tester over a backend; without one over py-evm, as it installs."""

    name: str
    backend: Callable[[], Any] | None = None

    @contextmanager
    def start(self, programs: Programs) -> Iterator[Client]:
        tester = EthereumTester(None if self.backend is None else self.backend())
        yield Web3Client(Web3(EthereumTesterProvider(tester)), programs)


@dataclass(frozen=True, slots=True)
class Anvil:
    """anvil as a process of its own."""

    name: str
    binary: Path
    ipc: bool

    @contextmanager
    def start(self, programs: Programs) -> Iterator[Client]:
        with running_anvil(self.binary) as (url, ipc):
            provider = IPCProvider(ipc) if self.ipc else HTTPProvider(url)
            yield Web3Client(Web3(provider), programs)
            if isinstance(provider, IPCProvider):
                # Nothing public closes it.
                provider._socket.sock.close()


@contextmanager
def running_anvil(binary: Path, *options: str) -> Iterator[tuple[str, Path]]:
    """A fresh anvil on a free port; its URL, and its IPC socket."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        ipc = Path(folder) / "anvil.ipc"
        # Quiet: its log of all requests would fill the pipe, and stop it.
        command = [str(binary), "--quiet", "--port", str(port), "--ipc", str(ipc), "--hardfork", "prague"]
        with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as process:
            try:
                # It listens on its port first; on a busy machine the IPC socket is not there yet.
                _await(process, lambda: socket.create_connection(("127.0.0.1", port)))
                _await(process, lambda: _connected(ipc))
                yield f"http://127.0.0.1:{port}", ipc
            finally:
                process.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _await(process: "subprocess.Popen[bytes]", connect: Callable[[], socket.socket]) -> None:
    while process.poll() is None:
        try:
            connect().close()
        except (ConnectionRefusedError, FileNotFoundError):
            time.sleep(POLL_SECONDS)
        else:
            return
    raise BenchmarkError(f"anvil ended with code {process.returncode} before it listened")


def ours() -> list[Node]:
    return [
        Ours("ours, thin API", thin=True),
        Ours("ours, web3.py", thin=False),
        EthTester("eth-tester on ours", EngineBackend),
    ]


def others() -> list[Node]:
    """The chains that are not ours; without anvil where npm did not install it."""
    binary = foundry_binary("anvil")
    anvils: Sequence[Node] = (
        () if binary is None else (Anvil("anvil, HTTP", binary, False), Anvil("anvil, IPC", binary, True))
    )
    return [EthTester("eth-tester"), *anvils]


def compile_heavy(folder: Path) -> Artifact | None:
    """``solidity/Heavy.sol``, compiled into a folder; None without npm's solc."""
    if not (ROOT / "node_modules" / "solc").is_dir():
        return None
    source = str(ROOT / "benchmarks" / "solidity" / "Heavy.sol")
    command = [find_node().program, str(ROOT / "contracts" / "build.mjs"), "--out", str(folder), source]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BenchmarkError(f"Heavy.sol does not compile: {done.stderr or done.stdout}")
    return artifacts.read(folder / "Heavy.json")
