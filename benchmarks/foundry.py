"""Where npm put the programs of Foundry."""

import platform
from pathlib import Path

ROOT = Path(__file__).parents[1]


def foundry_binary(name: str) -> Path | None:
    """``anvil`` or ``forge`` for this machine, None where npm has not installed it."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system(), "")
    machine = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "arm64")
    folder = ROOT / "node_modules" / "@foundry-rs" / f"{name}-{system}-{machine}" / "bin"
    return next((path for path in (folder / name, folder / f"{name}.exe") if path.exists()), None)
