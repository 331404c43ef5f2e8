"""What this machine has, and what a missing piece would be needed for. Makes and changes nothing.

Imports nothing but the standard library before a check runs: whatever is missing or broken, the others still
answer.
"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from zkrollup.errors import ZkRollupError

REQUIRED: Final = frozenset({"Python", "packages", "kernels", "pairing", "chain", "keccak", "contracts"})
"""Findings without which the main job does not run."""

EXTRAS: Final[Mapping[str, str]] = {
    "circom": "circuits that circom compiled",
    "dask": "proving on the workers of a cluster",
    "eth-tester": "eth-tester and its fixtures over our chain",
    "solidity": "compiling Solidity where there is no Node",
    "vyper": "compiling Vyper",
}
"""What each extra is for."""

MOST_NAMED: Final = 4
"""Damaged files that are named; more are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: What.
        found: What is there, or what is wrong.
        ok: Whether it serves.
        required: Whether the main job needs it.
        needed_for: What does not work without it, or slower.
        command: What brings it; "" where no single command does.
        harmless: Why nothing has to be done about it, though it is not ok; "" where something has.
    """

    name: str
    found: str
    ok: bool
    required: bool = False
    needed_for: str = ""
    command: str = ""
    harmless: str = ""


def examine() -> list[Finding]:
    """Looks at everything. What goes wrong in a check is its finding, and ends no other."""
    checks: Mapping[str, Callable[[], Finding | Iterable[Finding]]] = {
        "Python": _python,
        "platform": _platform,
        "packages": _packages,
        "cache folder": _cache,
        "cache files": _cache_files,
        "kernels": _kernels,
        "pairing": _pairing,
        "chain": _chain,
        "keccak": _keccak,
        "contracts": _contracts,
        "extras": _extras,
        "Node": _node,
        "npm": _npm,
        "solc": _solc,
    }
    return [finding for name, check in checks.items() for finding in _findings(name, check)]


def _findings(name: str, check: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    try:
        found = check()
        return [found] if isinstance(found, Finding) else list(found)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic in Rust is no Exception, and must not end the others either
        reason = f"the check failed: {type(error).__name__}: {error}"
        required = name in REQUIRED
        needed_for = "the main job" if required else ""
        return [Finding(name, reason, ok=False, required=required, needed_for=needed_for)]


def _python() -> Finding:
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    found = f"{platform.python_implementation()} {platform.python_version()}"
    return Finding("Python", found, supported, required=True, needed_for="everything; 3.11 to 3.13 serve")


def _platform() -> Finding:
    return Finding("platform", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores", ok=True)


def _packages() -> Finding:
    """All that pip should have installed with this package, whether a check below needs it or not."""
    from zkrollup.cli import packages

    found = packages.required()
    broken = [package for package in found if package.fault]
    shown = ", ".join(map(str, broken)) or f"{len(found)} required ones installed"
    command = f"pip install --force-reinstall {packages.DISTRIBUTION}"
    return Finding("packages", shown, not broken, required=True, needed_for="everything", command=command)


def _extras() -> Iterable[Finding]:
    from zkrollup.cli import packages

    for name, found in packages.extras().items():
        ok = not any(package.fault for package in found)
        purpose = EXTRAS.get(name, "what it brings")
        shown, command = ", ".join(map(str, found)), packages.command(name)
        yield Finding(f"extra {name}", shown, ok, needed_for=purpose, command=command)


def _cache() -> Finding:
    from zkrollup import storage

    folder, fault = storage.existing(), "; ".join(storage.faults()) or None
    serves = fault is None
    if folder is None:
        found = f"none is used: {fault}" if fault else f"{storage.root()} (the first run makes it)"
    elif fault is None:
        found = f"{folder}{_contents(folder)}"
    else:
        serves = _has_kernels()
        found = (
            f"{folder}{_contents(folder)}, read-only: what it lacks is made anew in each process ({fault})"
        )
    return Finding(
        "cache folder",
        found,
        serves,
        needed_for="keeping machine code, circuits and keys; without it each process makes them anew. "
        f"{storage.ENVIRONMENT_VARIABLE} names another folder",
    )


def _has_kernels() -> bool:
    """Whether the cache has all machine code of this machine."""
    try:
        compiled, wanted, _ = _kept_kernels()
    except ImportError:  # of what runs them, which has a finding of its own
        return False
    return compiled == wanted


def _cache_files() -> Iterable[Finding]:
    """Files of the cache that serve nobody, read as a run reads them; no finding where all are whole."""
    damaged_keys, others = _key_files()
    damaged = [*_kernel_files(), *_circuit_files(), *damaged_keys, *_proof_files()]
    if damaged:
        harmless = "the next run that needs one makes it again"
        more = f"; and {len(damaged) - MOST_NAMED} more" if len(damaged) > MOST_NAMED else ""
        found = f"{len(damaged)} damaged: {'; '.join(damaged[:MOST_NAMED])}{more}"
        yield Finding("cache files", found, ok=False, harmless=harmless)
    if others:
        found = f"{len(others)} in {others[0].parent}, which nothing reads any more: delete them freely"
        yield Finding("old keys", found, ok=True)


def _kernel_files() -> list[str]:
    try:
        return list(map(str, _kept_kernels()[2]))
    except ImportError:  # of what reads them, which has a finding of its own; so below
        return []


def _circuit_files() -> list[str]:
    try:
        from zkrollup.circuits import cache
    except ImportError:
        return []
    return cache.damaged()


def _key_files() -> tuple[list[str], list[Path]]:
    """What is wrong with damaged ones, and those of another version of this package."""
    try:
        from zkrollup.snark import store
    except ImportError:
        return [], []
    return store.examined()


def _proof_files() -> list[str]:
    try:
        from zkrollup.snark import proofstore
    except ImportError:
        return []
    return proofstore.damaged()


def _contents(cache: Path) -> str:
    """What each folder of the cache takes."""
    from zkrollup import storage

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
        from zkrollup.kernels.processor import kernel_set

        compiled, wanted, _ = _kept_kernels()
    except ImportError as error:
        return Finding("kernels", str(error), ok=False, required=True, needed_for=needed_for)
    state = "compiled" if compiled == wanted else f"{compiled} of {wanted} compiled, first use does the rest"
    return Finding("kernels", f"{kernel_set()}, {state}", ok=True, required=True, needed_for=needed_for)


def _kept_kernels() -> tuple[int, int, Sequence[ZkRollupError]]:
    """How many kernels the cache has, how many this machine uses, and what is wrong with files of others."""
    from zkrollup import kernels
    from zkrollup.crypto.pairing import UnknownImplementation, uses_kernels
    from zkrollup.kernels.jit import kept

    try:
        entries = kernels.entries(pairing=uses_kernels())
    except UnknownImplementation:  # the finding of the pairing says it
        entries = kernels.entries(pairing=False)
    compiled, damaged = kept(entries)
    return compiled, len(entries), damaged


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
    found = ", ".join(f"{name} {version(name)}" for name in ("py-evm", "web3"))
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
    from zkrollup.compilers.errors import NodeNotFound
    from zkrollup.compilers.node import OLDEST_NODE, PACKAGE, find_node

    needed_for = f"compiling contracts with npm's solc; {OLDEST_NODE[0]} or newer serves"
    try:
        node = find_node()
    except NodeNotFound as error:
        return Finding("Node", f"not found: {error}", ok=False, needed_for=needed_for)
    found = f"{node.version}, of {PACKAGE}" if node.packaged else node.version
    return Finding("Node", found, ok=True, needed_for=needed_for)


def _npm() -> Finding:
    from zkrollup.compilers.processes import first_line

    program = shutil.which("npm")
    answer = first_line(program, "--version") if program else None
    return Finding(
        "npm",
        answer or "not found",
        answer is not None,
        needed_for="installing npm's solc, and contracts that are published there",
    )


def _solc() -> Finding:
    from zkrollup.compilers.errors import CompilerNotFound
    from zkrollup.compilers.solc import find_solc, kept_solcs

    needed_for = "compiling Solidity; the shipped contracts are compiled already"
    try:
        solc = find_solc(Path.cwd())
    except CompilerNotFound as error:
        missing = f"not found: {'; '.join(error.looked_for)}"
        return Finding("solc", missing, ok=False, needed_for=needed_for, command="npm install solc")
    except ZkRollupError as error:
        return Finding("solc", str(error), ok=False, needed_for=needed_for)
    others = (
        ".".join(map(str, kept.release)) for kept in kept_solcs(Path.cwd()) if str(kept.place) != solc.place
    )
    besides = ", ".join(dict.fromkeys(others))
    found = f"{solc.version}, {solc.place}" + (
        f"; for sources that need others: {besides}" if besides else ""
    )
    return Finding("solc", found, ok=True, needed_for=needed_for)
