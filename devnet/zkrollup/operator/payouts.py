"""Payouts that a second party proves from a rebuilt state, as calldata that anybody can send to L1.

Owns the choice of key: only the one that the rollup's verifier has makes proofs that it takes. L1 has no
proving key, so whoever deploys a rollup publishes its keys: else only their holder could prove an escape.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from zkrollup import artifacts
from zkrollup.circuits.encoding import SLOT_BITS
from zkrollup.errors import ZkRollupError
from zkrollup.evm.abi import signatures
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.operator.bridge import claim_args, escape_args
from zkrollup.operator.deployment import PAYOUT_INPUTS
from zkrollup.operator.l1data import L1Data
from zkrollup.operator.prover import KeyedCircuit, Ways, prove_claim, prove_escape
from zkrollup.operator.rebuild import Rebuilt
from zkrollup.operator.stages import Attesting
from zkrollup.snark.maker import ProofMaker
from zkrollup.snark.mock import is_mock_verifier
from zkrollup.snark.modes import ProofMode, ProofOrigin
from zkrollup.snark.verifier_contract import verifier_runtime
from zkrollup.storage import Waiting, ignore_waiting


class NoSuchPayout(ZkRollupError):
    """The last proven state has no such account, or no proven batch such an exit."""

    def __init__(self, kind: str, number: int, known: int) -> None:
        """``kind`` is "account" or "exit"; there are ``known`` of it."""
        self.kind, self.number = kind, number
        super().__init__(
            f"there is no {kind} {number} under the last proven root, which has {known}; "
            "`zkrollup rebuild` without options lists them"
        )


class ForeignKey(ZkRollupError):
    """The rollup's verifier was made for another key than the one that this machine has."""

    def __init__(self, circuit: str, verifier: bytes, own: bytes) -> None:
        """``verifier`` is the hash of its code, ``own`` that of this machine's."""
        self.circuit, self.verifier, self.own = circuit, verifier, own
        super().__init__(
            f"the rollup's verifier for circuit {circuit!r} has code hash 0x{verifier.hex()}, this machine's "
            f"key gives 0x{own.hex()}: it would take no proof made here; give the .zkey that the rollup's "
            "deployer has published (`zkrollup keys export` writes it), or set ZK_CACHE_DIR to the folder "
            "with the key that the rollup was deployed with"
        )


@dataclass(frozen=True, slots=True)
class Payout(Attesting):
    """A call that pays somebody on L1, whoever sends it.

    Attributes:
        contract: Where to send it.
        function: ``claim`` or ``escape``.
        arguments: By name.
        calldata: The same, encoded.
        origin: Where the proof came from.
    """

    contract: str
    function: str
    arguments: dict[str, Any]
    calldata: bytes
    origin: ProofOrigin


def prepare_escape(
    data: L1Data,
    rebuilt: Rebuilt,
    account: int,
    *,
    key: Path | None = None,
    progress: Progress = ignore_progress,
    waiting: Waiting = ignore_waiting,
) -> Payout:
    """Proves what an account holds under the last proven root. L1 takes it once the rollup is frozen.

    Args:
        data: The rollup as L1 knows it.
        rebuilt: What ``rebuild`` made of ``data``.
        account: Its index.
        key: The .zkey of the escape circuit that the rollup was deployed with; None takes this machine's.
        progress: Told of slow work.
        waiting: Called when another process is making the same.

    Raises:
        NoSuchPayout: No account is open there.
        ForeignKey: L1 would not take a proof made here.
        InvalidFile: ``key`` is no .zkey.
        KeyMismatch: It is of another circuit; CoefficientMismatch likewise.
    """
    ledger = rebuilt.ledger
    if account not in ledger.accounts:
        raise NoSuchPayout("account", account, len(ledger.accounts))
    ways = _ways(data, "escape", key, progress, waiting)
    keyed = _checked(data, "escape", ways.escape(data.levels))
    proven = prove_escape(keyed, account, ledger, rebuilt.domain)
    return _payout(data, "escape", escape_args(proven), proven.origin)


def prepare_claim(
    data: L1Data,
    rebuilt: Rebuilt,
    exit_id: int,
    *,
    key: Path | None = None,
    progress: Progress = ignore_progress,
    waiting: Waiting = ignore_waiting,
) -> Payout:
    """Proves that an exit stands in a proven batch. Arguments are those of ``prepare_escape``.

    Raises:
        NoSuchPayout: None of this id does.
        ForeignKey: As ``prepare_escape``, and so are InvalidFile, KeyMismatch and CoefficientMismatch.
    """
    burned = next((record.exit for record in rebuilt.exits if record.exit.id == exit_id), None)
    if burned is None:
        raise NoSuchPayout("exit", exit_id, len(rebuilt.exits))
    ways = _ways(data, "claim", key, progress, waiting)
    keyed = _checked(data, "claim", ways.claim())
    tree = rebuilt.proven[(exit_id >> SLOT_BITS) - 1].trace.exit_tree
    proven = prove_claim(keyed, burned, tree, rebuilt.domain)
    return _payout(data, "claim", claim_args(proven), proven.origin)


def _ways(data: L1Data, kind: str, key: Path | None, progress: Progress, waiting: Waiting) -> Ways:
    """A rollup whose verifier is a mock takes mocks only."""
    is_mock = is_mock_verifier(data.verifiers.get(kind, b""), PAYOUT_INPUTS)
    maker = ProofMaker(ProofMode.MOCK if is_mock else ProofMode.REAL)
    return Ways(maker, progress, waiting, key_file=key)


def _checked(data: L1Data, kind: str, keyed: KeyedCircuit) -> KeyedCircuit:
    verifier, own = data.verifiers.get(kind, b""), keccak(verifier_runtime(keyed.vk))
    if keyed.maker.mode is not ProofMode.MOCK and verifier != own:
        raise ForeignKey(keyed.circuit.name, verifier, own)
    return keyed


def _payout(data: L1Data, function: str, arguments: tuple[Any, ...], origin: ProofOrigin) -> Payout:
    abi = artifacts.load("Rollup").abi
    (signature,) = (each for each in signatures(abi, "function") if each.name == function)
    names = (str(entry["name"]).rstrip("_") for entry in signature.inputs)
    calldata = signature.selector + signature.encode(arguments)
    return Payout(data.rollup, function, dict(zip(names, arguments, strict=True)), calldata, origin)
