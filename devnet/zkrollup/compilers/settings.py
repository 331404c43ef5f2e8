"""What a user may choose about compiling. Owns the choice, not how a compiler is told."""

from dataclasses import dataclass
from typing import Final

from zkrollup.errors import ZkRollupError

MAX_RUNS: Final = 2**32 - 1


class InvalidSettings(ZkRollupError):
    """No compiler takes such settings.

    Attributes:
        name: the field.
        value: what it held.
    """

    def __init__(self, name: str, value: object, rule: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"{name} = {value!r}: {rule}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How contracts are compiled.

    Attributes:
        optimizer_runs: how often solc's optimizer takes each opcode to run, 0 to 2^32 - 1. Vyper has no such
            number and optimises for gas.
        evm_version: the EVM to compile for, as the compilers name it; empty for prague, which the chain here
            runs. A compiler that is older than the name takes its own default.
        via_ir: whether solc goes through its intermediate representation. Vyper ignores it.

    Raises:
        InvalidSettings: a number is out of its range, or a name is no word.
    """

    optimizer_runs: int = 200
    evm_version: str = ""
    via_ir: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.optimizer_runs <= MAX_RUNS:
            raise InvalidSettings("optimizer_runs", self.optimizer_runs, f"0 to {MAX_RUNS} is possible")
        if self.evm_version and not self.evm_version.isalnum():
            raise InvalidSettings(
                "evm_version", self.evm_version, "a name such as prague or cancun is needed"
            )


DEFAULT: Final = Settings()
