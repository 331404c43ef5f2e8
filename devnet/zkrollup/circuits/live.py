"""A fingerprint of the code that a call would run now, as it is in this process and not as it is on disk.

Owns what a function depends on: its bytecode, defaults and closure, and all globals that it names, followed
to the end. So it notices a function, a class's attribute or a constant that was patched. Names packages of
others and the standard library, and does not look into them, nor into what a function imports when it runs.

What cannot be told by its value, such as a mock or a lock, has no fingerprint, and nothing that depends on it
has one.
"""

import functools
import hashlib
import re
import struct
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

import numpy as np

_NAMED: Final = sys.stdlib_module_names | {"llvmlite", "numba", "numpy"}
"""Packages whose code is only named."""
_PLAIN: Final = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
_NAMES: Final = (types.GenericAlias, types.UnionType)
_METHODS: Final = (types.FunctionType, classmethod, staticmethod, property)
_LRU: Final = type(functools.lru_cache(lambda: None))


class _Pair(typing.NamedTuple):
    first: int


_BARE: Final[tuple[type, ...]] = (
    types.MemberDescriptorType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    type(_Pair.__dict__["first"]),
)
"""What slots, named tuples and C define: the class's name and its list of slots say as much."""


class _Untellable(Exception):
    """A value that its contents do not tell."""


def fingerprint(*code: Callable[..., object]) -> str | None:
    """SHA-256, hex, of all that calls of ``code`` depend on; None where something has no fingerprint."""
    try:
        return _Walk().digest(code).hex()
    except (_Untellable, RecursionError):
        return None


def forget(code: Callable[..., object]) -> None:
    """Clear the memory of each memoised function that ``code`` depends on.

    A patch that was taken back may have left results there.
    """
    walk = _Walk()
    try:
        walk.take(code)
    except (_Untellable, RecursionError):
        return
    for each in walk.memoised:
        each.cache_clear()


class _Walk:
    """One pass over all that a value depends on; what is met again stands for itself."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._met: dict[int, int] = {}
        self._alive: list[object] = []  # so that no other object gets the id of one that was met
        self.memoised: list[Any] = []

    def digest(self, value: object) -> bytes:
        self.take(value)
        return self._hash.digest()

    def take(self, value: Any) -> None:
        """Add a value to the fingerprint.

        Raises:
            _Untellable: Its contents do not tell it.
        """
        kind = type(value)
        if kind in _PLAIN:
            self._say(kind.__name__, repr(value))
        elif kind is types.CodeType:
            self._hash.update(_code(value).digest)
        elif id(value) in self._met:
            self._say("again", str(self._met[id(value)]))
        else:
            self._met[id(value)] = len(self._met)
            self._alive.append(value)
            self._take_new(value, kind)

    def _say(self, *parts: str) -> None:
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            self._hash.update(len(encoded).to_bytes(8, "little") + encoded)

    def _take_new(self, value: Any, kind: type) -> None:
        if kind in _BARE:
            self._say(kind.__name__)
        elif kind in _TAKEN:
            self._say(kind.__name__)
            for part in _TAKEN[kind](value):
                self.take(part)
        elif kind is types.FunctionType:
            self._take_function(value)
        elif kind is _LRU:
            self.memoised.append(value)
            self.take(value.__wrapped__)
        elif isinstance(value, type):
            self._take_class(value)
        elif kind in (set, frozenset):
            self._say(kind.__name__, *sorted(_Walk().digest(each).hex() for each in value))
        else:
            self._take_instance(value, kind)

    def _take_function(self, function: types.FunctionType) -> None:
        self._say("function", function.__qualname__)
        for cell in function.__closure__ or ():  # also where a package wraps code of ours, as contextmanager
            self.take(_content(cell))
        self.take(vars(function))
        if _is_named(function.__globals__.get("__name__")):
            return
        for part in (function.__code__, function.__defaults__, function.__kwdefaults__):
            self.take(part)
        names = _code(function.__code__).names
        modules: set[str] = set()
        for name in names:
            if name in function.__globals__:
                value = function.__globals__[name]
                self._say(name)
                self.take(value)
                if isinstance(value, types.ModuleType):
                    self._take_used(value, names, modules)

    def _take_used(self, module: types.ModuleType, names: tuple[str, ...], seen: set[str]) -> None:
        """What code that uses these names may use of a module, and of modules in it not yet ``seen``.

        Of other packages, it says whose they are, unless they are functions: somebody may have put his there.
        """
        if module.__name__ in seen:
            return
        seen.add(module.__name__)
        named = _is_named(module.__name__)
        for name in names:
            if name not in vars(module):
                continue
            value = vars(module)[name]
            self._say(name)
            if named and not isinstance(value, types.FunctionType | types.ModuleType):
                self._say(*(str(getattr(value, each, None)) for each in ("__module__", "__qualname__")))
            else:
                self.take(value)
            if isinstance(value, types.ModuleType):
                self._take_used(value, names, seen)

    def _take_class(self, cls: type) -> None:
        self._say("class", cls.__module__, cls.__qualname__)
        if _is_named(cls.__module__):
            return
        for base in cls.__bases__:
            self.take(base)
        for name, value in sorted(vars(cls).items()):
            if name == "_abc_impl" or (name.startswith("__") and not isinstance(value, _METHODS)):
                continue  # docs, annotations, and what the interpreter keeps there
            self._say(name)
            self.take(value)

    def _take_instance(self, value: Any, kind: type) -> None:
        self.take(kind)
        if isinstance(value, Enum):
            self._say(value.name)
            self.take(value.value)
        elif kind in _NAMES or kind.__module__ == "typing":
            self._say(repr(value))
        elif _is_named(kind.__module__):
            raise _Untellable(value)
        elif isinstance(value, tuple):
            self.take(tuple(value))
        else:
            self.take(_state(value))


def _state(value: Any) -> dict[str, object]:
    """What an instance holds in its dictionary and slots."""
    listed = (vars(base).get("__slots__", ()) for base in type(value).__mro__)
    slots = {name for each in listed for name in ([each] if isinstance(each, str) else each)}
    held = {
        name: getattr(value, name) for name in slots - {"__dict__", "__weakref__"} if hasattr(value, name)
    }
    held |= getattr(value, "__dict__", {})
    if not held:
        raise _Untellable(value)  # or it is kept where only C sees it
    return dict(sorted(held.items()))


class _Code(typing.NamedTuple):
    """What a code object says, which never changes."""

    code: types.CodeType  # kept alive, so that no other gets its id
    digest: bytes
    names: tuple[str, ...]


_CODES: Final[dict[int, _Code]] = {}
"""By id: nine tenths of what a fingerprint looks at is code that it has looked at before."""


def _code(code: types.CodeType) -> _Code:
    found = _CODES.get(id(code))
    if found is None:
        digest = _Walk().digest(tuple(_parts_of_code(code)))
        found = _CODES[id(code)] = _Code(code, digest, tuple(sorted(_names_in(code))))
    return found


def _parts_of_code(code: types.CodeType) -> Iterator[object]:
    """All but where it stands in its file."""
    yield from (code.co_code, code.co_exceptiontable, code.co_flags, code.co_names, code.co_varnames)
    yield from (code.co_freevars, code.co_cellvars, code.co_consts)
    yield from (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)


def _items(mapping: Mapping[Any, Any]) -> Iterator[object]:
    for pair in mapping.items():
        yield from pair


def _parts_of_array(array: np.ndarray[Any, np.dtype[Any]]) -> Iterator[object]:
    if array.dtype.hasobject:
        raise _Untellable(array)
    yield from (str(array.dtype), array.shape, array.tobytes())


_TAKEN: Final[Mapping[type, Callable[[Any], Any]]] = {
    tuple: lambda each: (len(each), *each),
    list: lambda each: (len(each), *each),
    dict: _items,
    types.MappingProxyType: _items,
    types.ModuleType: lambda each: (each.__name__,),
    types.BuiltinFunctionType: lambda each: (each.__module__, each.__qualname__, each.__self__),
    types.MethodDescriptorType: lambda each: (each.__objclass__, each.__name__),
    types.MethodType: lambda each: (each.__func__, each.__self__),
    classmethod: lambda each: (each.__func__,),
    staticmethod: lambda each: (each.__func__,),
    property: lambda each: (each.fget, each.fset, each.fdel),
    functools.partial: lambda each: (each.func, each.args, each.keywords),
    functools.cached_property: lambda each: (each.func,),
    re.Pattern: lambda each: (each.pattern, each.flags),
    struct.Struct: lambda each: (each.format,),
    range: lambda each: (each.start, each.stop, each.step),
    np.ndarray: _parts_of_array,
}
"""What tells a value of a type."""


def _is_named(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _NAMED


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _names_in(code: types.CodeType) -> set[str]:
    """The globals and attributes that code names, with those of functions inside it."""
    inner = (each for each in code.co_consts if isinstance(each, types.CodeType))
    return set(code.co_names).union(*map(_names_in, inner))
