"""Kernels compiled by processes of their own, several at a time, so that Ctrl-C ends the wait at once.

Owns the processes and how they are talked to. Does not own when a kernel is compiled, nor where its code is
kept: see ``jit``.

LLVM works on a kernel for seconds without looking up, and a thread in it can neither be stopped nor left
behind when the interpreter ends. A process can be killed. Each imports a kernel by name, compiles it and
answers with the serialised machine code; it writes nothing and has no part in the cache. It ends when its
standard input does, so that none outlives the process that it works for, however that one ends.

A kernel that cannot be imported by name, or whose process dies, is left to the caller.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from importlib import import_module
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zkrollup.kernels.jit import Kernel

MOST: Final = 4
"""Processes at a time: each takes about 300 MB."""

_SIZE: Final = 8
"""Bytes of an answer's length; a length of 0 says that the kernel did not compile."""
_POLL: Final = 0.1
"""Seconds: on Windows, nothing interrupts a wait that has no end."""
_PROGRAM: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
    "from zkrollup.kernels import workers; workers.serve(sys.argv[2])"
)

_Answer = tuple["Kernel", bytes | None]


def compiled(kernels: Sequence["Kernel"], fingerprint: str) -> Generator[_Answer]:
    """Each kernel with its serialised machine code, in the order in which they are ready.

    None in place of the code says that no process could compile it. Whatever ends the iteration ends the
    processes.

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
    processes = _started(min(MOST, os.cpu_count() or 1, len(elsewhere)), fingerprint)
    threads = [
        threading.Thread(target=_serve_one, args=(each, todo, done), daemon=True) for each in processes
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in elsewhere:
            yield _next(threads, todo, done)
    finally:
        _end(processes, threads)


def _end(processes: Sequence[subprocess.Popen[bytes]], threads: Sequence[threading.Thread]) -> None:
    for process in processes:
        process.kill()
    for thread in threads:
        if thread.ident is not None:  # it was started
            thread.join()  # at once: what it reads has ended
    for process in processes:
        with suppress(OSError), process:  # closes its pipes, of which one may hold what nobody will read
            pass


def _importable(kernel: "Kernel") -> bool:
    """Whether another process finds it: a module outside of this package may be ``__main__``, or a test."""
    package = __name__.partition(".")[0]
    module = sys.modules.get(kernel.module)
    return kernel.module.partition(".")[0] == package and getattr(module, kernel.function, None) is kernel


def _started(count: int, fingerprint: str) -> list[subprocess.Popen[bytes]]:
    """As many processes as the system gives; none where there is no interpreter to start."""
    command = [sys.executable, "-P", "-c", _PROGRAM, json.dumps(sys.path), fingerprint]
    processes: list[subprocess.Popen[bytes]] = []
    for _ in range(count if sys.executable else 0):
        try:
            processes.append(_start(command))
        except OSError:
            break
    return processes


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that the terminal's Ctrl-C does not reach: it goes to the one that waits, which kills it."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    return subprocess.Popen(  # noqa: S603  # this interpreter, with a program of ours
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=flags,
    )


def _serve_one(
    process: subprocess.Popen[bytes], todo: "queue.SimpleQueue[Kernel]", done: "queue.SimpleQueue[_Answer]"
) -> None:
    """Keep one process busy, until there is nothing to do or it dies."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # pipes were asked for
    while True:
        try:
            kernel = todo.get_nowait()
        except queue.Empty:
            return
        code = _asked(kernel, process.stdin, process.stdout)
        done.put((kernel, code))
        if code is None:  # it most likely died; the others and the caller go on
            return


def _asked(kernel: "Kernel", stdin: IO[bytes], stdout: IO[bytes]) -> bytes | None:
    try:
        stdin.write(f"{kernel.module} {kernel.function}\n".encode())
        stdin.flush()
        size = int.from_bytes(stdout.read(_SIZE), "little")
        code = stdout.read(size)
    except (OSError, ValueError):  # it died, or was killed and its pipes closed
        return None
    return code if len(code) == size > 0 else None


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
                return todo.get_nowait(), None


# What runs in such a process


def serve(fingerprint: str) -> None:
    """Compile what standard input names, a module and a kernel a line, and answer on standard output."""
    from zkrollup.kernels import jit

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints, prints elsewhere
    names: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(names,), daemon=True).start()
    while jit.fingerprint() == fingerprint:
        module, name = names.get()
        code = getattr(import_module(module), name).compile()
        answers.write(len(code).to_bytes(_SIZE, "little") + code)
        answers.flush()


def _listen(names: "queue.SimpleQueue[list[str]]") -> None:
    for line in sys.stdin.buffer:
        names.put(line.decode().split())
    os._exit(0)  # in the middle of whatever LLVM is doing
