"""Where an operator's state is kept: in this process, and in a store if there is one.

Owns that both have the same state, whatever breaks an assignment off. Knows nothing of what is in it.
"""

from typing import TYPE_CHECKING

from zkrollup.locking import Lock, locked
from zkrollup.operator.state import OperatorState
from zkrollup.operator.store import OperatorStore, StoreError


class Memory:
    """The state, mixed into ``Operator``."""

    _state: OperatorState
    _store: OperatorStore | None = None
    _saving: OperatorState | None = None

    if TYPE_CHECKING:  # Operator's

        @property
        def exclusive(self) -> Lock: ...  # noqa: D102

    @property
    def state(self) -> OperatorState:
        """All that is remembered. What is assigned is in the store, if there is one, before it counts."""
        return self._state if self._saving is None else self._stored()

    @state.setter
    @locked
    def state(self, state: OperatorState) -> None:
        if self._store is None:
            self._state = state
            return
        before, self._saving = self.state, state
        try:
            self._store.save(before, state)
        except StoreError:  # its promise is that nothing was saved
            self._saving = None
            raise
        self._state = state
        self._saving = None

    @locked
    def _stored(self) -> OperatorState:
        """What the store has, where an exception broke an assignment off.

        Ctrl-C can end it at any point, also between the store's commit and the next line.
        """
        saving = self._saving
        if self._store is not None and saving is not None and self._store.has_saved(saving):
            self._state = saving
        self._saving = None
        return self._state
