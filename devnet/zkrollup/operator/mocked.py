"""Answers that a test puts in a verifier's place. Owns when one counts as a mock of proofs.

Loads nothing heavy before a test mocks something.
"""

from typing import TYPE_CHECKING

from zkrollup.evm.engine.mocks import Answer
from zkrollup.snark.modes import MockKind, require_mock_allowed

if TYPE_CHECKING:
    from zkrollup.evm import Chain


def watch_mocks(chain: "Chain") -> None:
    """Counts each answer in a verifier's place as a mock verifier, and refuses it where no mock may be."""
    chain.engine.on_mock.add(_report)


def _report(code: bytes, beginning: bytes, answer: Answer) -> None:
    """An answer that reverts lets nothing through, and is no mock.

    Raises:
        MockForbidden: No mock may be.
    """
    from zkrollup.snark.mock import is_verifiers_answer

    if not answer.reverts and is_verifiers_answer(code, beginning):
        require_mock_allowed(MockKind.VERIFIER, asked="a mocked verifyProof lets any proof through")
