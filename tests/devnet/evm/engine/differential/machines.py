"""The same transaction on three machines: stock py-evm, its state with our computation, and ours."""

from dataclasses import dataclass, field

from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_account import Account as Key
from eth_utils import keccak

from zkrollup.evm import accounts as derivation
from zkrollup.evm.engine.interpreter import Computation, MaxCodeSizeExceeded
from zkrollup.evm.engine.roots import NO_ROOT, ExactRoots
from zkrollup.evm.engine.rules import Context, State, execute, failure_of
from zkrollup.evm.engine.wire import decode
from zkrollup.evm.engine.world import World

CHAIN_ID, BASE_FEE, TIP = 1009, 7, 3
ETHER = 10**18
ALICE, BOB = derivation.derive(2)
SENDER, OTHER = (bytes.fromhex(account.address[2:]) for account in (ALICE, BOB))
TARGET, CALLEE, COINBASE = b"\x7a" * 20, b"\xca" * 20, b"\xc0" * 20
ANCESTORS = [keccak(bytes([number])) for number in range(60)]


@dataclass(frozen=True)
class Contract:
    """An account before the transaction."""

    code: bytes
    balance: int = 0
    storage: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What must be equal. The root stands for every account's nonce, balance, code and storage."""

    failure: str | None
    gas_used: int
    output: bytes
    logs: tuple
    root: bytes


def _fund(state, contracts):
    for address, balance in ((SENDER, 5 * ETHER), (OTHER, 3 * ETHER)):
        state.set_balance(address, balance)
    for address, contract in contracts.items():
        state.set_nonce(address, 1)
        state.set_balance(address, contract.balance)
        state.set_code(address, contract.code)
        for slot, word in contract.storage.items():
            state.set_storage(address, slot, word)
    state.lock_changes()


class Stock:
    """py-evm's state, with a computation class."""

    def __init__(self, contracts, computation=PragueComputation):
        context = ExecutionContext(
            COINBASE,
            1_700_000_001,
            60,
            0,
            b"\x3c" * 32,
            30_000_000,
            reversed(ANCESTORS),
            CHAIN_ID,
            BASE_FEE,
            0,
        )

        class Exchanged(PragueState):
            computation_class = computation

        self._state = Exchanged(AtomicDB(), context, BLANK_ROOT_HASH)
        _fund(self._state, contracts)
        self._state.make_state_root()

    def run(self, raw):
        transaction = PragueTransactionBuilder.decode(raw)
        computation = self._state.apply_transaction(transaction)
        self._state.lock_changes()
        return Result(
            _failure(computation),
            PragueVM.finalize_gas_used(transaction, computation),
            bytes(computation.output),
            tuple(
                (address, tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
                for address, topics, data in computation.get_log_entries()
            ),
            bytes(self._state.make_state_root()),
        )


def _failure(computation):
    """As ours calls it: py-evm has no name of its own for code beyond EIP-170's limit."""
    name = failure_of(computation)
    is_size = name == "OutOfGas" and "EIP170" in str(computation.error)
    return MaxCodeSizeExceeded.__name__ if is_size else name


class Ours:
    """Our state and our computation."""

    def __init__(self, contracts):
        self.world = World()
        self._state = State(self.world)
        self._state.execution_context = Context(
            COINBASE,
            1_700_000_001,
            60,
            b"\x3c" * 32,
            30_000_000,
            CHAIN_ID,
            BASE_FEE,
            0,
            lambda number: ANCESTORS[number],
        )
        _fund(self._state, contracts)

    def run(self, raw):
        done = execute(self._state, decode(raw))
        root = ExactRoots().after(NO_ROOT, self.world, self.world.changed_since(0))
        return Result(done.failure, done.gas_used, done.output, done.logs, root)


def signed(data=b"", *, to=TARGET, key=ALICE, nonce=0, gas=400_000, value=0, **fields):
    """Sign a transaction; without others fields it has type 2."""
    transaction = {
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "gas": gas,
        "value": value,
        "data": data,
        "maxFeePerGas": 50,
        "maxPriorityFeePerGas": TIP,
        **fields,
    }
    if to:
        transaction["to"] = to
    if "gasPrice" in transaction:
        del transaction["maxFeePerGas"], transaction["maxPriorityFeePerGas"]
    return bytes(Key.sign_transaction(transaction, key.key).raw_transaction)


def compare(*transactions, contracts=None):
    """Run transactions in order on all machines; returns the results, which are equal."""
    contracts = contracts or {}
    stock = Stock(contracts)
    others = {"our computation": Stock(contracts, Computation), "our engine": Ours(contracts)}
    results = []
    for raw in transactions:
        expected = stock.run(raw)
        for name, machine in others.items():
            assert machine.run(raw) == expected, name
        results.append(expected)
    return results


def run(code, data=b"", *, storage=None, balance=0, others=None, **fields):
    """Run code as a call on all machines; returns its result."""
    contracts = {TARGET: Contract(code, balance, storage or {}), **(others or {})}
    return compare(signed(data, **fields), contracts=contracts)[0]
