"""A bridge without a circuit as a target: every operation is a leaf, and L1 pays what a posted root has."""

from dataclasses import dataclass, replace

from eth_utils import keccak

from zkrollup import ETH, ETH_ADDRESS, Capability, Exit, Refusal, Target, ZkRollupError, allowed

DEPOSIT, TRANSFER, EXIT = 1, 2, 3
DEPTH = 6
CAN = ("deposit", "balance", "transfer", "withdraw", "claim", "batch", "post")


def tree(leaves):
    """Leaves, and all levels above them up to the root."""
    levels = [leaves + [bytes(32)] * (2**DEPTH - len(leaves))]
    while len(levels[-1]) > 1:
        levels.append([keccak(a + b) for a, b in zip(levels[-1][::2], levels[-1][1::2], strict=True)])
    return levels


class BridgeRefusal(ZkRollupError):
    """The other side does not do it."""


@dataclass(frozen=True)
class Operation:
    kind: int
    token: str
    amount: int
    payer: str
    payee: str


@dataclass(frozen=True)
class BridgeExit(Exit):
    index: int


@dataclass(frozen=True)
class BridgeBatch:
    number: int
    root_before: int
    root_after: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class BridgeState:
    operations: tuple[Operation, ...] = ()
    batches: tuple[BridgeBatch, ...] = ()


class BridgeTarget(Target):
    capabilities = frozenset(map(Capability, CAN))
    refusals = {Refusal.PAID_ALREADY: "AlreadyClaimed", Refusal.ALTERED: "WrongPath"}  # noqa: RUF012

    def __init__(self, contract, usd):
        super().__init__(contract.chain, address=contract.address, tokens=[ETH, usd], state=BridgeState())
        self.contract, self.usd, self.updater = contract, usd, contract.updater()

    def fund(self, account):
        self.usd.mint(account, 10**9, sender=self.updater)

    # What users do

    def deposit(self, token, amount, *, sender, to, sent=None):
        sent = amount if sent is None else sent
        if token == ETH_ADDRESS:
            return self.contract.deposit(token, amount, to, sender=sender, value=sent)
        with allowed(self.l1, token, self.contract, sent, sender=sender):
            return self.contract.deposit(token, amount, to, sender=sender)

    def balance(self, token, user):
        self._sync()
        of_token = [each for each in self.state.operations if each.token == token]
        received = sum(each.amount for each in of_token if each.kind != EXIT and each.payee == user.address)
        return received - sum(each.amount for each in of_token if each.payer == user.address)

    def transfer(self, token, amount, *, sender, to):
        return self._spend(Operation(TRANSFER, token, amount, sender.address, to.address), sender)

    def withdraw(self, token, amount, *, sender, recipient):
        index = self._spend(Operation(EXIT, token, amount, sender.address, recipient), sender)
        return BridgeExit(self, token, amount, recipient, index)

    def claim(self, exit_, *, sender):
        return self.contract.claim(*self._claim(exit_), sender=sender)

    def is_claimed(self, exit_):
        return self.contract.isClaimed(exit_.index)

    # Batches, whose roots the updater posts

    @property
    def waiting(self):
        self._sync()
        return len(self.state.operations) - self._sealed

    def seal(self):
        if not self.waiting:
            raise BridgeRefusal("nothing waits for a batch")
        taken, batches = self.state.operations[self._sealed :], self.state.batches
        root = int.from_bytes(self._tree(len(self.state.operations))[-1][0])
        batch = BridgeBatch(len(batches) + 1, self.sealed_root, root, taken)
        self.state = replace(self.state, batches=(*batches, batch))
        return batch

    @property
    def sealed_root(self):
        return int.from_bytes(self._tree(self._sealed)[-1][0])

    def post(self, batch, *, sender=None):
        deposits = sum(each.kind == DEPOSIT for each in batch.operations)
        return self.contract.post(batch.root_after.to_bytes(32), deposits, sender=sender or self.updater)

    @property
    def posted_root(self):
        return int.from_bytes(self.contract.lastRoot())

    # Inside

    def _sync(self):
        """Takes in the deposits that have arrived on L1."""
        known = sum(each.kind == DEPOSIT for each in self.state.operations)
        for event in self.contract.events("Deposited")[known:]:
            self._add(Operation(DEPOSIT, event["token"], event["amount"], "", event["to"]))

    def _spend(self, operation, sender):
        if operation.amount > self.balance(operation.token, sender):
            raise BridgeRefusal(f"{sender.name} holds less than {operation.amount}")
        return self._add(operation)

    def _add(self, operation):
        self.state = replace(self.state, operations=(*self.state.operations, operation))
        return len(self.state.operations) - 1

    @property
    def _sealed(self):
        return sum(len(batch.operations) for batch in self.state.batches)

    def _claim(self, exit_):
        """The arguments of the contract's ``claim``, under the root of the last sealed batch."""
        levels = self._tree(self._sealed)
        path = [levels[level][exit_.index >> level ^ 1] for level in range(DEPTH)]
        return exit_.index, levels[-1][0], exit_.token, exit_.recipient, exit_.amount, path

    def _tree(self, count):
        done = self.state.operations[:count]
        return tree([self.contract.leaf(each.kind, each.token, each.payee, each.amount) for each in done])
