"""The operator's memory on disk, in SQLite: see ``OperatorStore``."""

from zkrollup.operator.store.errors import (
    BrokenStore,
    InheritedStore,
    StoreError,
    StoreInUse,
    StoreUnavailable,
)
from zkrollup.operator.store.store import OperatorStore

__all__ = [
    "BrokenStore",
    "InheritedStore",
    "OperatorStore",
    "StoreError",
    "StoreInUse",
    "StoreUnavailable",
]
