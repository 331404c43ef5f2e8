"""Answers that a test puts in a verifier's place. Owns when one counts as a mock of proofs.

Loads nothing heavy before a test mocks something.
"""

from typing import Final

from zkrollup import mockedcalls
from zkrollup.mockedcalls import MockedCall
from zkrollup.snark.modes import MockKind, require_mock_allowed

_COMPUTES_PROOFS: Final = frozenset((6, 7, 8, *range(0x0A, 0x12)))
"""Precompiles by which contracts check proofs: BN254's (EIP-196, EIP-197), KZG's (EIP-4844), BLS12-381's
(EIP-2537)."""


def watch() -> None:
    """From now on each answer in a verifier's place is a mock verifier, refused where none may be.

    On every chain of this process, whoever made it, and however often this is called.
    """
    mockedcalls.listeners.add(_report)


def _report(call: MockedCall) -> None:
    """An answer that reverts lets nothing through, and is no mock.

    Raises:
        MockForbidden: No mock may be.
    """
    from zkrollup.snark.mock import is_verifiers_answer

    if call.reverts:
        return
    if int.from_bytes(call.address) in _COMPUTES_PROOFS:
        asked = f"a mocked precompile 0x{call.address[-1]:02x} lets any proof through"
        require_mock_allowed(MockKind.VERIFIER, asked=asked)
    elif is_verifiers_answer(call.code, call.beginning):
        require_mock_allowed(MockKind.VERIFIER, asked="a mocked verifyProof lets any proof through")
