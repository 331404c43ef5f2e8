"""Kernels compiled by processes of their own, several at a time, so that Ctrl-C ends the wait at once.

Owns the processes and how they are talked to. Does not own when a kernel is compiled, nor where its code is
kept: see ``jit``.

LLVM works on a kernel for seconds without looking up, and a thread in it can neither be stopped nor left
behind when the interpreter ends. A process can be killed. Each imports a kernel by name, compiles it and
answers with the serialised machine code; it writes nothing and has no part in the cache. It ends when its
standard input does, so that none outlives the process that it works for, however that one ends.

A kernel that cannot be imported by name, or whose process dies, is left to the caller. One warning gives
the reason of a death.
"""

import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import warnings
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Final, cast

from zkrollup.cores import compilers
from zkrollup.kernels.codefile import MOST_BYTES

if TYPE_CHECKING:
    from zkrollup.kernels.jit import Kernel

_SIZE: Final = 8
"""Bytes of an answer's length; a length of 0 says that the code holds addresses of the process."""
_POLL: Final = 0.1
"""Seconds: on Windows, nothing interrupts a wait that has no end."""
_PATIENCE: Final = 1.0
"""Seconds for the last words of a process that has ended."""
_PROGRAM: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
    "from zkrollup.kernels import workers; workers.serve(sys.argv[2], bytes.fromhex(sys.argv[3]))"
)

_Code = tuple["Kernel", bytes | None]


class CompilerProcessWarning(UserWarning):
    """A process that compiles kernels has died, so that this process compiles in its place."""


def compiled(kernels: Sequence["Kernel"], fingerprint: str) -> Generator[_Code]:
    """Each kernel with its serialised machine code, in the order in which they are ready.

    None in place of the code says that no process could compile it. Whatever ends the iteration ends the
    processes. The first of them that dies is told of by a :class:`CompilerProcessWarning`.

    Args:
        kernels: Each once.
        fingerprint: See ``jit.fingerprint``; a process that has another one answers nothing.
    """
    elsewhere = [each for each in kernels if _importable(each)]
    yield from ((each, None) for each in kernels if each not in elsewhere)
    todo: queue.SimpleQueue[Kernel] = queue.SimpleQueue()
    done: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    for each in elsewhere:
        todo.put(each)
    processes = _started(min(compilers(), len(elsewhere)), fingerprint)
    threads = [threading.Thread(target=each.serve, args=(todo, done), daemon=True) for each in processes]
    is_told = False
    try:
        for thread in threads:
            thread.start()
        for _ in elsewhere:
            answer = _next(threads, todo, done)
            if answer.fault and not is_told:
                is_told = True
                _warn(answer.fault)
            yield answer.kernel, answer.code
    finally:
        _end(processes, threads)


def _warn(fault: str) -> None:
    warnings.warn(
        f"a process that compiles kernels has died, this one compiles in its place and takes longer: {fault}",
        CompilerProcessWarning,
        stacklevel=4,
    )


def _end(processes: Sequence["_Process"], threads: Sequence[threading.Thread]) -> None:
    for process in processes:
        process.kill()
    for thread in threads:
        if thread.ident is not None:  # it was started
            thread.join()  # at once: what it reads has ended
    for process in processes:
        process.close()


def _importable(kernel: "Kernel") -> bool:
    """Whether another process finds it: a module outside of this package may be ``__main__``, or a test."""
    package = __name__.partition(".")[0]
    module = sys.modules.get(kernel.module)
    return kernel.module.partition(".")[0] == package and getattr(module, kernel.function, None) is kernel


def _started(count: int, fingerprint: str) -> list["_Process"]:
    """As many processes as the system gives; none where there is no interpreter to start."""
    processes: list[_Process] = []
    for _ in range(count if sys.executable else 0):
        try:
            processes.append(_Process(fingerprint))
        except OSError:
            break
    return processes


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of a process, to be asked for one kernel."""

    kernel: "Kernel"
    code: bytes | None = None
    fault: str = ""
    """Why the process is of no more use; "" if it is."""


class _Process:
    """A process that compiles, and what it says.

    The terminal's Ctrl-C does not reach it: it goes to the one that waits, which kills this one.
    """

    def __init__(self, fingerprint: str) -> None:
        """Starts it.

        Raises:
            OSError: The system has no such interpreter, or no process to give.
        """
        self._mark = secrets.token_bytes(16)
        paths = [each for each in sys.path if isinstance(each, str)]  # import takes no others either
        quiet = ["-B"] if sys.dont_write_bytecode else []  # -B is not inherited
        program = [
            sys.executable,
            "-P",
            *quiet,
            "-c",
            _PROGRAM,
            json.dumps(paths),
            fingerprint,
            self._mark.hex(),
        ]
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        self._process = subprocess.Popen(  # noqa: S603  # this interpreter, with a program of ours
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=flags,
        )
        self._is_ready = False
        self._words: deque[bytes] = deque(maxlen=1)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def serve(self, todo: "queue.SimpleQueue[Kernel]", done: "queue.SimpleQueue[_Answer]") -> None:
        """Keep it busy, until there is nothing to do or it dies. Each kernel that it takes gets an answer."""
        fault = ""
        while not fault:
            try:
                kernel = todo.get_nowait()
            except queue.Empty:
                return
            code, fault = None, "its answer could not be read"
            try:
                code = self._asked(kernel)
                fault = ""
            except (OSError, ValueError, EOFError) as error:
                fault = self._reason(error)
            finally:
                done.put(_Answer(kernel, code, fault))

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()

    def close(self) -> None:
        """Wait for its end, and close its pipes, of which one may hold what nobody will read."""
        self._listener.join(_PATIENCE)
        with suppress(OSError), self._process:
            pass

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more."""
        return self._process.poll() is not None

    def _asked(self, kernel: "Kernel") -> bytes | None:
        """A kernel's code; None if it holds addresses of the process.

        Raises:
            OSError: It died, so that nothing can be written to it.
            EOFError: It died before the end of its answer.
            ValueError: No answer has such a length, or its pipes are closed.
        """
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        stdin.write(f"{kernel.module} {kernel.function}\n".encode())
        stdin.flush()
        if not self._is_ready:
            _skip(stdout, self._mark)
            self._is_ready = True
        size = int.from_bytes(_read(stdout, _SIZE), "little")
        if size > MOST_BYTES:
            raise ValueError(f"it answers with {size} bytes, of at most {MOST_BYTES}")
        return _read(stdout, size) or None

    def _reason(self, error: Exception) -> str:
        """Its last words, which it wrote to standard error, else what was seen from here."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE if isinstance(error, EOFError) else 0)
        code = self._process.returncode
        self.kill()
        self._listener.join(_PATIENCE)
        words = self._words[-1].decode(errors="replace") if self._words else ""
        return words or (str(error) if code is None else f"it ended with exit code {code}")

    def _listen(self) -> None:
        for line in cast("IO[bytes]", self._process.stderr):
            if line.strip():
                self._words.append(line.strip())


def _skip(stream: IO[bytes], mark: bytes) -> None:
    """Read past a mark, and whatever the interpreter's own modules print before it."""
    seen = b""
    while seen != mark:
        seen = (seen + _read(stream, 1))[-len(mark) :]


def _read(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise EOFError("it ended before its answer did")
    return found


def _next(
    threads: Sequence[threading.Thread],
    todo: "queue.SimpleQueue[Kernel]",
    done: "queue.SimpleQueue[_Answer]",
) -> _Answer:
    while True:
        alive = any(thread.is_alive() for thread in threads)
        try:
            return done.get(timeout=_POLL if alive else 0)
        except queue.Empty:
            if not alive:  # no process is left
                return _Answer(todo.get_nowait())


# What runs in such a process


def serve(fingerprint: str, mark: bytes) -> None:
    """Compile what standard input names, a module and a kernel a line, and answer on standard output.

    The answers begin after a mark: what was printed before it, by a ``sitecustomize`` for one, is none.
    """
    from zkrollup.kernels import jit

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints from now on, prints elsewhere
    answers.write(mark)
    if jit.fingerprint() != fingerprint:
        sys.exit("its sources or versions are not those of the process that asks")
    names: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(names,), daemon=True).start()
    while True:
        module, name = names.get()
        code = getattr(import_module(module), name).compile()
        answers.write(len(code).to_bytes(_SIZE, "little") + code)
        answers.flush()


def _listen(names: "queue.SimpleQueue[list[str]]") -> None:
    for line in sys.stdin.buffer:
        names.put(line.decode().split())
    os._exit(0)  # in the middle of whatever LLVM is doing
