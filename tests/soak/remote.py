"""One operator in a process of its own that can be killed, and the L1 chain that outlives it.

The parent holds the chain and answers the child's requests one by one over a pipe, in the order in which the
child asks; so it can kill the child before a transaction, or after it and before the child hears of it.
"""

import os
import signal
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from zkrollup import artifacts
from zkrollup.evm import Chain, Contract, Event, Receipt, Reverted
from zkrollup.locking import Lock
from zkrollup.operator.bridge import Bridge
from zkrollup.operator.deployment import Deployment
from zkrollup.operator.metadata import ETHER
from zkrollup.operator.mirror import Mirror
from zkrollup.operator.operator import Operator
from zkrollup.operator.prover import Prover
from zkrollup.operator.sequencer import NothingToSeal
from zkrollup.operator.store import OperatorStore
from zkrollup.snark.modes import Assurance
from zkrollup.snark.verifier_contract import verifier_abi

L2_CHAIN_ID = 31_338


@dataclass(frozen=True)
class Place:
    """What the child is told of the world.

    Attributes:
        contracts: Addresses on L1: Lock, Rollup, and the three verifiers.
        operator: The operator's L1 account.
        assurance: Of the verifiers.
        chain_id: L1's.
        store: The operator's file.
        fatal_statement: Which SQL statement of this life kills the child as it begins; 0 for none.
    """

    contracts: tuple[str, str, str, str, str]
    operator: Any
    assurance: Assurance
    chain_id: int
    store: str
    fatal_statement: int = 0


class RemoteChain:
    """L1, as far as an operator needs it, over a pipe."""

    def __init__(self, pipe: Any, chain_id: int) -> None:
        self._pipe, self.chain_id = pipe, chain_id
        self.exclusive = Lock()
        blocks = SimpleNamespace(hash=lambda number: self._ask("hash", number=number))
        self.engine = _Engine(self, blocks)

    def _ask(self, name: str, **arguments: Any) -> Any:
        self._pipe.send(("l1", name, arguments))
        failed, answer = self._pipe.recv()
        if failed:
            raise answer
        return answer

    def contract(self, abi: Any, address: Any) -> Contract:
        return Contract(self, getattr(address, "address", address), abi)

    def call(self, **arguments: Any) -> bytes:
        return self._ask("call", **_plain(arguments))

    def transact(self, **arguments: Any) -> Any:
        return self._ask("transact", **_plain(arguments))

    def code(self, address: Any) -> bytes:
        return self._ask("code", address=address)

    def is_codeless(self, address: Any) -> bool:
        return self._ask("is_codeless", address=address)

    def logs(self, **arguments: Any) -> Any:
        return self._ask("logs", **_plain(arguments))


@dataclass(frozen=True)
class _Engine:
    chain: RemoteChain
    blocks: Any

    @property
    def head(self) -> Any:
        number, hash_ = self.chain._ask("head")
        return SimpleNamespace(number=number, hash=hash_)


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Accounts and contracts by address: the chain has all keys."""
    return {name: getattr(value, "address", value) for name, value in arguments.items()}


def answer(chain: Chain, name: str, arguments: dict[str, Any]) -> tuple[bool, Any]:
    """What the parent does with a request; errors travel too."""
    if name == "head":
        return False, (chain.engine.head.number, chain.engine.head.hash)
    if name == "hash":
        return False, chain.engine.blocks.hash(arguments["number"])
    try:
        return False, _portable(getattr(chain, name)(**arguments))
    except Reverted as error:
        error.retrace = None  # asks the chain itself, which does not travel
        return True, error


def _portable(value: Any) -> Any:
    """Structs are named tuples of classes that were made on the spot, and do not travel."""
    if isinstance(value, Receipt):
        return replace(value, events=tuple(map(_portable, value.events)))
    if isinstance(value, Event):
        args = {name: tuple(arg) if isinstance(arg, tuple) else arg for name, arg in value.args.items()}
        return replace(value, args=args)
    return [_portable(each) for each in value] if isinstance(value, list) else value


# The child


def run(pipe: Any, place: Place, prover: Prover) -> None:
    """Serves commands until it is killed."""
    operator = start(pipe, place, prover)
    pipe.send(("done", None))
    while True:
        command, argument = pipe.recv()
        pipe.send(("done", COMMANDS[command](operator, argument)))


def start(pipe: Any, place: Place, prover: Prover) -> Operator:
    l1 = RemoteChain(pipe, place.chain_id)
    abis = [artifacts.load(name).abi for name in ("Lock", "Rollup")]
    abis += [verifier_abi(count) for count in (3, 6, 6)]
    made = (l1.contract(abi, address) for abi, address in zip(abis, place.contracts, strict=True))
    bridge = Bridge(l1, Deployment(*made, place.assurance), place.operator)
    mirror = Mirror(Chain(L2_CHAIN_ID, lock=l1.exclusive), place.operator, lambda _: ETHER)
    store = OperatorStore(place.store)
    if place.fatal_statement:
        _die_at(store, place.fatal_statement)
    return Operator(bridge, mirror, prover, store=store)


def _die_at(store: OperatorStore, statement: int) -> None:
    left = [statement]

    def count(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store._database._connection.set_trace_callback(count)


def _submit(operator: Operator, operation: Any) -> None:
    """Says it is done if it was taken in before, in a life whose end came before the answer."""
    taken = [op for batch in operator.state.batches for op in batch.signed]
    taken += [pooled.operation for pooled in operator.sequencer.pool]
    if operation not in taken:
        operator.submit(operation)


def _settle(operator: Operator, _: None) -> None:
    try:
        operator.settle()
    except NothingToSeal:  # an earlier life has
        return


def _report(operator: Operator, owners: list[str]) -> dict[str, Any]:
    state = operator.state
    return {
        "accounts": dict(operator.ledger.accounts),
        "instances": [batch.sealed.instance for batch in state.settled],
        "signed": [operation for batch in state.settled for operation in batch.sealed.signed],
        "left": (len(state.sealed), operator.sequencer.waiting, len(operator.sequencer.evicted)),
        "mints": [operator.mirror.mint(0).balanceOf(owner) for owner in owners],
    }


COMMANDS = {"submit": _submit, "settle": _settle, "report": _report}
