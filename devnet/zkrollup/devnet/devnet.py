"""Two in-process chains with the reference rollup between them. Owns how it all starts."""

from zkrollup.arguments import WrongArgumentType
from zkrollup.circuits.batch import BatchSize
from zkrollup.devnet.grounds import L1_CHAIN_ID, L2_CHAIN_ID, USER_TOKENS, Grounds, NoAccountsLeft
from zkrollup.devnet.reference import ReferenceTarget
from zkrollup.devnet.testbed import Testbed
from zkrollup.devnet.tokens import ETH
from zkrollup.evm import Chain
from zkrollup.evm.accounts import derive
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.operator.deployment import deploy
from zkrollup.operator.prover import Prover
from zkrollup.snark.modes import ProofMode

__all__ = ["L1_CHAIN_ID", "L2_CHAIN_ID", "USER_TOKENS", "Devnet", "NoAccountsLeft"]


class Devnet(Testbed):
    """A fresh reference rollup on two fresh chains.

    Attributes:
        reference: The target.
    """

    def __init__(
        self,
        prover: Prover,
        *,
        accounts: int = 10,
        l1: Chain | None = None,
        progress: Progress = ignore_progress,
    ) -> None:
        """Deploys everything for ``prover``'s circuits, on an ``l1`` with funded accounts if one is given."""
        progress("deploy", 0.0)
        l1 = l1 or Chain(L1_CHAIN_ID, accounts=accounts)
        l2 = Chain(L2_CHAIN_ID, accounts=len(l1.accounts), lock=l1.exclusive)
        keys = (keyed.vk for keyed in (prover.batch, prover.claim, prover.escape))
        contracts = deploy(l1, l1.accounts[-1], prover.size, *keys, mode=prover.mode)
        progress("deploy", 0.8)
        for name, contract in contracts.labels.items():
            l1.label(contract, name)
        grounds = Grounds(l1, l2)
        self.reference = ReferenceTarget(contracts, l1, l2, prover, (ETH, grounds.token))
        super().__init__(grounds, self.reference)
        progress("deploy", 1.0)

    @classmethod
    def start(
        cls,
        size: BatchSize | None = None,
        *,
        mode: ProofMode = ProofMode.REAL,
        accounts: int = 10,
        progress: Progress = ignore_progress,
    ) -> "Devnet":
        """Prepares circuits and keys for ``size``, the default one if None, and deploys.

        The first time on a machine this takes half a minute or more. It is silent unless ``progress`` says
        what goes on: ``zkrollup.notices.Notices(print)`` prints lines, as a pytest run does.

        Raises:
            WrongArgument: Size, mode or number of accounts is none; nothing has been made.
        """
        if size is not None and not isinstance(size, BatchSize):
            raise WrongArgumentType("size", size, "pass BatchSize(slots=3, levels=4), or nothing")
        derive(accounts)  # refuses what is no number of accounts before circuits and keys are made
        prover = Prover.prepare(size or BatchSize(), mode=mode, progress=progress)
        return cls(prover, accounts=accounts, progress=progress)
