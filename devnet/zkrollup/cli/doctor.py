"""What this machine has, and what a missing piece would be needed for. Changes nothing but cache folders."""

import os
import platform
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from zkrollup import storage
from zkrollup.compilers.errors import CompilerNotFound, NodeNotFound
from zkrollup.compilers.node import OLDEST_NODE, PACKAGE, find_node
from zkrollup.compilers.processes import first_line
from zkrollup.compilers.solidity import find_solc
from zkrollup.compilers.vyper import vyper_version
from zkrollup.errors import ZkRollupError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: What.
        found: What is there, or what is wrong.
        ok: Whether it serves.
        required: Whether the main job needs it.
        needed_for: What does not work without it, or slower.
    """

    name: str
    found: str
    ok: bool
    required: bool = False
    needed_for: str = ""


def examine() -> list[Finding]:
    """Looks at everything."""
    checks: Sequence[Callable[[], Finding]] = (
        _python,
        _platform,
        _cache,
        _kernels,
        _pairing,
        _chain,
        _keccak,
        _contracts,
        _wasmtime,
        _node,
        _npm,
        _solc,
        _vyper,
    )
    return [check() for check in checks]


def _python() -> Finding:
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    found = f"{platform.python_implementation()} {platform.python_version()}"
    return Finding("Python", found, supported, required=True, needed_for="everything; 3.11 to 3.13 serve")


def _platform() -> Finding:
    return Finding("platform", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores", ok=True)


def _cache() -> Finding:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", storage.UncachedWarning)  # the finding says it
        folder, fault = storage.cache_dir(), storage.fault()
        faults = [*([fault] if fault else []), *_damaged_keys()]
    found = f"{folder}{_contents(folder)}" if folder else "none is used"
    return Finding(
        "cache folder",
        "; ".join([found, *faults]),
        not faults,
        needed_for="keeping machine code, circuits and keys; without it each process makes them anew. "
        f"{storage.ENVIRONMENT_VARIABLE} names another folder",
    )


def _damaged_keys() -> list[str]:
    try:
        from zkrollup.snark import store

        return store.damaged()
    except (ImportError, ZkRollupError):  # of what reads them, which has a finding of its own
        return []


def _contents(cache: Path) -> str:
    """What each folder of the cache takes."""
    sizes = {
        folder.name: storage.taken(folder)
        for folder in sorted(cache.iterdir())
        if folder.is_dir() and folder.name != "locks"
    }
    listed = ", ".join(f"{name} {size / 10**6:,.1f} MB" for name, size in sizes.items())
    return f" ({listed})" if listed else " (empty)"


def _kernels() -> Finding:
    needed_for = "making proofs"
    try:
        from zkrollup import kernels
        from zkrollup.crypto.pairing import UnknownImplementation, uses_kernels
        from zkrollup.kernels.jit import kept
        from zkrollup.kernels.processor import kernel_set
    except ImportError as error:
        return Finding("kernels", str(error), ok=False, required=True, needed_for=needed_for)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", storage.UncachedWarning)
        try:
            entries = kernels.entries(pairing=uses_kernels())
        except UnknownImplementation:  # the next finding says it
            entries = kernels.entries(pairing=False)
        compiled, damaged = kept(entries)
    all_there = compiled == len(entries)
    state = "compiled" if all_there else f"{compiled} of {len(entries)} compiled, first use does the rest"
    found = "; ".join([f"{kernel_set()}, {state}", *map(str, damaged)])
    return Finding("kernels", found, ok=not damaged, required=not damaged, needed_for=needed_for)


_PAIRINGS = {
    "zksnake": "zksnake, independent of the prover",
    "kernels": "kernels, whose fields' arithmetic the prover has too; zksnake is independent of it",
    "py_ecc": "py_ecc, independent of the prover, which takes a second a proof; zksnake is native",
}
"""What is said of each implementation."""


def _pairing() -> Finding:
    from zkrollup.crypto import pairing

    needed_for = "checking proofs"
    try:
        name = pairing.implementation().name
    except ZkRollupError as error:
        return Finding("pairing", str(error), ok=False, required=True, needed_for=needed_for)
    return Finding("pairing", _PAIRINGS[name], ok=True, required=True, needed_for=needed_for)


def _chain() -> Finding:
    needed_for = "both chains"
    try:
        import zkrollup.evm  # noqa: F401  # everything behind the chain must be importable
    except ImportError as error:
        return Finding("chain", str(error), ok=False, required=True, needed_for=needed_for)
    found = ", ".join(f"{name} {version(name)}" for name in ("py-evm", "eth-tester", "web3"))
    return Finding("chain", found, ok=True, required=True, needed_for=needed_for)


def _keccak() -> Finding:
    """After the chain, which chooses the fastest backend when it is imported."""
    from eth_hash.utils import auto_choose_backend

    needed_for = "hashing"
    try:
        backend = type(auto_choose_backend()).__module__.rpartition(".")[2]
    except (ImportError, ValueError) as error:
        return Finding("keccak", str(error), ok=False, required=True, needed_for=needed_for)
    return Finding("keccak", backend, ok=True, required=True, needed_for=needed_for)


def _wasmtime() -> Finding:
    needed_for = "circuits that circom compiled: pip install 'pytest-zkrollup[circom]'"
    try:
        found, ok = version("wasmtime"), True
    except PackageNotFoundError:
        found, ok = "not installed", False
    return Finding("wasmtime", found, ok, needed_for=needed_for)


def _contracts() -> Finding:
    from zkrollup import artifacts

    needed_for = "deploying the rollup"
    try:
        for name in ("Lock", "Rollup", "Mint", "Groth16Verifier", "TestToken"):
            artifacts.load(name)
    except ZkRollupError as error:
        return Finding("contracts", str(error), ok=False, required=True, needed_for=needed_for)
    found = f"{len(artifacts.names())} compiled, of pytest-zkrollup {version('pytest-zkrollup')}"
    return Finding("contracts", found, ok=True, required=True, needed_for=needed_for)


# Tools that compile contracts; the main job needs none of them.


def _node() -> Finding:
    needed_for = f"compiling contracts with npm's solc; {OLDEST_NODE[0]} or newer serves"
    try:
        node = find_node()
    except NodeNotFound as error:
        return Finding("Node", f"not found: {error}", ok=False, needed_for=needed_for)
    found = f"{node.version}, of {PACKAGE}" if node.packaged else node.version
    return Finding("Node", found, ok=True, needed_for=needed_for)


def _npm() -> Finding:
    program = shutil.which("npm")
    answer = first_line(program, "--version") if program else None
    return Finding(
        "npm",
        answer or "not found",
        answer is not None,
        needed_for="installing npm's solc, and contracts that are published there",
    )


def _solc() -> Finding:
    needed_for = "compiling Solidity; the shipped contracts are compiled already"
    try:
        solc = find_solc(Path.cwd())
    except CompilerNotFound as error:
        missing = f"not found: {'; '.join(error.looked_for)}"
        return Finding("solc", missing, ok=False, needed_for=needed_for)
    except ZkRollupError as error:
        return Finding("solc", str(error), ok=False, needed_for=needed_for)
    return Finding("solc", f"{solc.version}, {solc.place}", ok=True, needed_for=needed_for)


def _vyper() -> Finding:
    found = vyper_version()
    return Finding(
        "Vyper",
        found or "not installed",
        found is not None,
        needed_for="compiling Vyper: pip install 'pytest-zkrollup[vyper]'",
    )
