"""The operator's memory on disk: one transaction for each transition of its state.

Owns that a killed process finds the state before or after a transition, never between. Kept is what cannot be
had again: batches with what was signed, proofs, what waits, and how far L1 was read.
"""

from pathlib import Path

from zkrollup.operator.state import OperatorState
from zkrollup.operator.store.changes import changes
from zkrollup.operator.store.database import Database
from zkrollup.operator.store.reading import read


class OperatorStore:
    """A file with an operator's state. One operator at a time; the lock ends with the process.

    Any thread may use it, one at a time: the operator's lock sees to that. A forked child may not.

    Attributes:
        path: Of the file.
    """

    def __init__(self, path: Path | str) -> None:
        """Opens the file, or makes it.

        Raises:
            StoreInUse: Another operator has it open.
            StoreUnavailable: It cannot be opened or made: its path is a folder, or in none, or not writable.
            BrokenStore: It is something else, or of another version.
        """
        self.path = Path(path)
        self._database = Database(self.path)

    def close(self) -> None:
        """Gives the file free; in a forked child, does nothing."""
        self._database.close()

    def require_own(self) -> None:
        """Pass in the process that has opened it.

        Raises:
            InheritedStore: This one is a fork of that.
        """
        self._database.require_own()

    def save(self, before: OperatorState | None, after: OperatorState) -> None:
        """Brings the file from ``before``, None for nothing, to ``after``, in one transaction.

        Raises:
            StoreUnavailable: It could not be written, or is not at its path any more; it has ``before``.
            BrokenStore: It was altered while it was open.
            InheritedStore: The file is the parent process's.
        """
        self._database.write(changes(before, after), content=after)

    def has_saved(self, state: OperatorState) -> bool:
        """Whether the last ``save`` was of this very state, and the file has it.

        Asked after a save that a signal's exception broke off, such as KeyboardInterrupt.

        Raises:
            StoreUnavailable: It cannot be read.
            InheritedStore: The file is the parent process's.
        """
        return self._database.has(state)

    def load(self, fresh: OperatorState) -> OperatorState | None:
        """The state that was saved last, on top of a fresh one's settings; None if there is none.

        Policy and limits are those of ``fresh``. L1 may have gone on since: the operator compares. Batches up
        to the last snapshot of the ledger are not executed again, except where their states are asked for.

        Raises:
            BrokenStore: It was altered, belongs to another rollup, or does not fit together.
            StoreUnavailable: It cannot be read.
            InheritedStore: The file is the parent process's.
        """
        return read(self.path, self._database.read(), fresh)

    def backup(self, path: Path | str) -> None:
        """Writes a copy of all that was saved to a new file, which is itself a store. The operator may go on.

        The copy is read and checked before it has its name: a file at ``path`` is a whole one.

        Raises:
            StoreUnavailable: There is a file at ``path`` already, or it cannot be written.
            BrokenStore: The store was altered, so that there is nothing to copy.
        """
        self._database.backup(Path(path))
