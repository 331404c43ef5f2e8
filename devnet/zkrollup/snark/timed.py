"""An engine that measures how long proofs are in the making, whatever engine makes them."""

from dataclasses import dataclass

from zkrollup.kernels.jit import Progress
from zkrollup.snark.engine import Engine
from zkrollup.snark.keys import Proof, ProvingKey
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import Provable
from zkrollup.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class TimedEngine:
    """An engine whose proofs run a stopwatch.

    Attributes:
        engine: Makes the proofs.
        watch: Runs while at least one is being made, whatever comes of it.
    """

    engine: Engine
    watch: Stopwatch

    @property
    def width(self) -> int:
        """See ``Engine``."""
        return self.engine.width

    def prove(self, circuit: Provable, key: ProvingKey, witness: Limbs, progress: Progress) -> Proof:
        """See ``Engine``."""
        with self.watch.running():
            return self.engine.prove(circuit, key, witness, progress)
