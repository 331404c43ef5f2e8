"""How proofs come about, what each one is worth, whether mocks may be, and who is told of them.

Owns the words. What a mode does is in ``maker``; what it means on L1, in ``operator.deployment``. Loads
nothing heavy, so that options may name it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Never

from zkrollup.arguments import WrongArgumentValue
from zkrollup.errors import ZkRollupError

FORBID_MOCK: Final = "ZK_FORBID_MOCK"
"""Environment variable that forbids mocks in a process and in those that it starts, unless empty or 0."""


_BY_MODE: Final = "proofs = 'mock'"
"""How mocks are asked for as a rule."""


class MockForbidden(ZkRollupError):
    """Mock proofs were asked for where none may be."""

    def __init__(self, asked: str = _BY_MODE) -> None:
        """``asked`` says by what."""
        super().__init__(
            f"{asked}, but this run forbids mock proofs (--zk-forbid-mock, zk_forbid_mock or "
            f"{FORBID_MOCK}=1); ask for 'real' or 'fresh' ones in --zk-proofs, zk_proofs, the fixture "
            "zk_config, or where a Devnet is started"
        )


def mock_is_forbidden() -> bool:
    """Whether the environment forbids mocks."""
    return os.environ.get(FORBID_MOCK, "") not in ("", "0")


class MockKind(StrEnum):
    """What stands in for something real."""

    PROOF = "proof"
    VERIFIER = "verifier"


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock that is made, or that was asked for where none may be.

    Attributes:
        kind: A proof, or a contract that takes mock proofs.
        circuit: The name of the proof's circuit; "" where nobody said it.
        forbidden: Whether it was refused.
    """

    kind: MockKind
    circuit: str = ""
    forbidden: bool = False


OnMock = Callable[[Mock], None]
"""Called with each mock before it is made or refused, on the thread that asks for it."""

_watchers: Final[list[OnMock]] = []


@contextmanager
def mocks_reported_to(watcher: OnMock) -> Iterator[None]:
    """Inside, a watcher is told of each mock in this process, whoever makes it."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def require_mock_allowed(kind: MockKind, circuit: str = "", *, asked: str = _BY_MODE) -> None:
    """Called by whatever makes a mock, before it does; ``asked`` says what asks for it.

    Raises:
        MockForbidden: The environment forbids it.
    """
    mock = Mock(kind, circuit, mock_is_forbidden())
    for watcher in tuple(_watchers):
        watcher(mock)
    if mock.forbidden:
        raise MockForbidden(asked)


@contextmanager
def mock_forbidden() -> Iterator[None]:
    """Forbids mocks inside the context, in processes started there too."""
    before = os.environ.get(FORBID_MOCK)
    os.environ[FORBID_MOCK] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[FORBID_MOCK]
        else:
            os.environ[FORBID_MOCK] = before


class ProofMode(StrEnum):
    """What a prover does when it is asked for a proof.

    In every mode the witness is made and all constraints are checked, so a broken rule is named. Without C,
    as where there is no .r1cs, no constraint can be checked: the proof itself is, and no mock is made.
    """

    REAL = "real"
    """Gives a proof that the store has of the same circuit, key and witness, else makes one."""

    FRESH = "fresh"
    """Makes every proof, and keeps none."""

    MOCK = "mock"
    """Makes no proof: what stands in its place attests nothing, and only a MockVerifier takes it."""

    @classmethod
    def _missing_(cls, value: object) -> Never:
        raise WrongArgumentValue("mode", value, f"pass one of {', '.join(map(repr, map(str, cls)))}")

    @property
    def described(self) -> str:
        """As headers say it."""
        return {
            ProofMode.REAL: "real Groth16 proofs",
            ProofMode.FRESH: "real Groth16 proofs, all made anew",
            ProofMode.MOCK: "MOCK PROOFS, which attest nothing",
        }[self]


class ProofOrigin(StrEnum):
    """Where one proof came from."""

    MADE = "made"
    STORED = "stored"
    MOCKED = "mocked"

    @property
    def assurance(self) -> "Assurance":
        """What it is worth."""
        return Assurance.MOCK if self is ProofOrigin.MOCKED else Assurance.VALIDITY


class Assurance(StrEnum):
    """What a batch's or a claim's proof attests."""

    VALIDITY = "validity"
    """The circuit's rules hold."""

    MOCK = "mock"
    """Nothing."""
