"""What the contract tests share: keys whose trapdoor is known, a deployed rollup, batches computed apart.

The trapdoor stands in for circuits: whoever knows a key's secret numbers can make a proof for any public
inputs, and the real verifier contract accepts it. So the contracts are tested with nothing taken out of them.
"""

import os
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import rlp
from eth_utils import keccak, to_canonical_address, to_checksum_address
from py_ecc.optimized_bn128 import G1 as G1_BASE
from py_ecc.optimized_bn128 import G2 as G2_BASE
from py_ecc.optimized_bn128 import multiply, normalize

from zkrollup import artifacts
from zkrollup.crypto import babyjubjub
from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.evm import Chain, Contract
from zkrollup.snark.keys import Proof, VerificationKey
from zkrollup.snark.verifier_contract import solidity_proof, verifier_code_hash, verifier_init_code

ETH = "0x" + "00" * 20
GENESIS_ROOT = QuadTree(4).root + 1  # any field element: the contracts do not interpret roots
EMPTY_EXIT_ROOT = QuadTree(4).root
PERIOD = 3_607
INTERVAL = 61
FORCED_FEE = 10_007


def g1(k: int):
    point = multiply(G1_BASE, k % R)
    x, y = normalize(point)
    return None if int(point[2]) == 0 else (int(x), int(y))


def g2(k: int):
    x, y = normalize(multiply(G2_BASE, k % R))
    return (tuple(map(int, x.coeffs)), tuple(map(int, y.coeffs)))


@dataclass(frozen=True)
class Trapdoor:
    """The secret numbers behind a key: real setups forget them."""

    ic: tuple[int, ...]
    alpha: int = 1_000_003
    beta: int = 1_000_033
    gamma: int = 1_000_037
    delta: int = 1_000_039

    @classmethod
    def of(cls, n_public: int, **changes: int) -> "Trapdoor":
        return cls(tuple(2_000_003 + 7 * i for i in range(n_public + 1)), **changes)

    @cached_property
    def key(self) -> VerificationKey:
        ic = tuple(g1(k) for k in self.ic)
        return VerificationKey(
            alpha=g1(self.alpha), beta=g2(self.beta), gamma=g2(self.gamma), delta=g2(self.delta), ic=ic
        )

    def prove(self, public, *, a: int = 3_000_017, b: int = 3_000_029) -> Proof:
        """A proof that holds for exactly these inputs: a b = alpha beta + sum gamma + c delta."""
        total = self.ic[0] + sum(k * value for k, value in zip(self.ic[1:], public, strict=True))
        c = (a * b - self.alpha * self.beta - total * self.gamma) * pow(self.delta, -1, R)
        return Proof(a=g1(a), b=g2(b), c=g1(c))


BATCH_KEY = Trapdoor.of(3)
CLAIM_KEY = Trapdoor.of(6, delta=1_000_081)
ESCAPE_KEY = Trapdoor.of(6, delta=1_000_099)

MUTANT = "ZK_TEST_MUTANT"
"""Names, in the environment, a folder of contracts to test instead of those that ship: see noticing.py."""


def create_address(sender: str, nonce: int) -> str:
    """Where a contract that ``sender`` creates with ``nonce`` will be."""
    return to_checksum_address(keccak(rlp.encode([to_canonical_address(sender), nonce]))[12:])


def ship(chain: Chain, name: str, *args: object, **keywords: object) -> Contract:
    """Deploy a shipped contract."""
    mutant = Path(os.environ.get(MUTANT, "no mutant")) / f"{name}.json"
    artifact = artifacts.read(mutant) if mutant.exists() else artifacts.load(name)
    return chain.deploy(artifact.abi, artifact.bytecode, *args, **keywords)


def word(op: int, *, sender: int = 0, receiver: int = 0, amount: int = 0, fee: int = 0) -> bytes:
    """A record's 27 bytes, or a slot's first word."""
    parts = ((op, 1), (fee, 2), (sender, 4), (receiver, 4), (amount, 16))
    return b"".join(value.to_bytes(size, "big") for value, size in parts)


def transfer(sender: int, receiver: int, amount: int, *, fee: int = 0) -> bytes:
    return word(2, sender=sender, receiver=receiver, amount=amount, fee=fee)


def withdrawal(sender: int, amount: int, recipient: str, *, fee: int = 0) -> bytes:
    return word(3, sender=sender, amount=amount, fee=fee) + to_canonical_address(recipient)


TYPICAL_AMOUNT, TYPICAL_FEE = 0x0102030405060708, 1_203 * 10**12
"""A payment of 0.07 ether with its fee: ten bytes of data that are not zero, beside op and indices."""


def typical_payments(n: int) -> list[tuple[int, int]]:
    """Payer and payee of each of n payments, whose gas is typical: they pay each other."""
    return [((1, 2), (2, 1))[i % 2] for i in range(n)]


def without_zero_bytes(gas: int, *words: int) -> int:
    """What a call costs where none of these words has a zero byte, which costs 12 gas less than another.

    Hashes and proofs have some by chance, and so would figures that count them.
    """
    return gas + 12 * sum(word.to_bytes(32, "big").count(0) for word in words)


def flat(proof) -> tuple[int, ...]:
    """The words of a proof in Solidity's form."""
    a, b, c = proof
    return (*a, *b[0], *b[1], *c)


@dataclass(frozen=True)
class Entry:
    """A queue entry, in the order of the Solidity struct."""

    op: int
    account: int
    amount: int
    owner: str
    token: str
    key_x: int
    key_y: int
    expiry: int
    forced_count: int

    @property
    def struct(self):
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def words(self) -> list[int]:
        where = {"receiver": self.account} if self.op == 1 else {"sender": self.account}
        packed = int.from_bytes(word(self.op, amount=self.amount, **where), "big")
        return [packed, int(self.owner, 16), int(self.token, 16), self.key_x, self.key_y]


@dataclass(frozen=True)
class Batch:
    """A batch as PROTOCOL.md describes it, computed here without the package's encoding."""

    domain: int
    records: tuple[bytes, ...] = ()
    entries: tuple[Entry, ...] = ()
    old_root: int = GENESIS_ROOT
    new_root: int = 5_000_011
    exit_root: int = 5_000_077
    number: int = 1
    queue_start: int = 0
    fee_account: int = 0
    slots: int = 3

    @property
    def data(self) -> bytes:
        return b"".join(self.records)

    @property
    def header(self) -> tuple[int, ...]:
        return (
            *(self.old_root, self.new_root, self.exit_root, EMPTY_EXIT_ROOT, self.number, 0, 1, self.domain),
            *(self.queue_start, len(self.entries), self.fee_account, self.slots, 0, 14 + 5 * self.slots),
        )

    @property
    def words(self) -> list[int]:
        slots = [entry.words for entry in self.entries]
        for record in self.records:
            slots.append([int.from_bytes(record[:27], "big"), int.from_bytes(record[27:], "big"), 0, 0, 0])
        slots += [[0] * 5] * (self.slots - len(slots))
        return [*self.header, *(value for slot in slots for value in slot)]

    @cached_property
    def commitment(self) -> int:
        words, state = self.words, 0
        while words:
            group, words = words[:15], words[15:]
            state = poseidon([state, *group, *[0] * (15 - len(group))])
        return state

    @cached_property
    def x(self) -> int:
        queue = [value for entry in self.entries for value in entry.words]
        fixed = b"".join(value.to_bytes(32, "big") for value in (self.commitment, *self.header, *queue))
        return int.from_bytes(keccak(fixed + self.data), "big") % R

    @cached_property
    def y(self) -> int:
        return sum(value * pow(self.x, i, R) for i, value in enumerate(self.words)) % R

    @property
    def public(self) -> tuple[int, int, int]:
        return (self.commitment, self.x, self.y)

    @property
    def commit_arguments(self):
        structs = [entry.struct for entry in self.entries]
        return (self.new_root, self.exit_root, self.commitment, self.fee_account, structs, self.data)

    @cached_property
    def proof(self):
        return solidity_proof(BATCH_KEY.prove(self.public))

    def following(self, **changes) -> "Batch":
        """The batch after this one."""
        successor = {
            "old_root": self.new_root,
            "new_root": self.new_root + 1_000,
            "exit_root": self.exit_root + 1_000,
            "number": self.number + 1,
            "queue_start": self.queue_start + len(self.entries),
            "records": (),
            "entries": (),
        }
        return replace(self, **{**successor, **changes})


@dataclass(frozen=True)
class Exit:
    """What a claim proves: an exit in a batch."""

    recipient: str
    token: str
    amount: int
    nullifier: int = 7_000_003
    batch: int = 1

    def public(self, exit_root: int, domain: int) -> list[int]:
        return [exit_root, self.nullifier, int(self.recipient, 16), int(self.token, 16), self.amount, domain]

    def arguments(self, exit_root: int, domain: int):
        proof = solidity_proof(CLAIM_KEY.prove(self.public(exit_root, domain)))
        return (self.batch, self.nullifier, self.recipient, self.token, self.amount, proof)


@dataclass(frozen=True)
class Escape:
    """What an escape proves: an account in a state."""

    owner: str
    token: str
    amount: int
    nullifier: int = 7_000_121

    def public(self, state_root: int, domain: int) -> list[int]:
        return [state_root, self.nullifier, int(self.owner, 16), int(self.token, 16), self.amount, domain]

    def arguments(self, state_root: int, domain: int):
        proof = solidity_proof(ESCAPE_KEY.prove(self.public(state_root, domain)))
        return (self.nullifier, self.owner, self.token, self.amount, proof)


@dataclass(frozen=True)
class System:
    """A rollup on a chain."""

    chain: Chain
    lock: Contract
    rollup: Contract
    batch_verifier: str
    claim_verifier: str
    escape_verifier: str
    slots: int = 3

    @property
    def operator(self):
        return self.chain.accounts[1]

    @property
    def domain(self) -> int:
        return self.rollup.domain()

    def batch(self, *records: bytes, **changes) -> Batch:
        """The first batch, of these records."""
        return Batch(self.domain, tuple(records), slots=self.slots, **changes)

    def commit(self, batch: Batch, sender=None):
        return self.rollup.commitBatch(*batch.commit_arguments, sender=sender or self.operator)

    def prove(self, batch: Batch, sender=None):
        return self.rollup.proveBatch(
            batch.header, *batch.public, batch.proof, sender=sender or self.chain.accounts[7]
        )

    def settle(self, batch: Batch):
        self.commit(batch)
        return self.prove(batch)

    def submit(self, batch: Batch):
        return self.rollup.submitBatch(*batch.commit_arguments, batch.proof, sender=self.operator)

    def deposit(self, amount: int, *, key=None, owner=None, sender=None) -> Entry:
        """Lock ETH and return the entry that it leaves in the queue."""
        x, y = key or KEYS[0]
        sender = sender or self.chain.accounts[2]
        receipt = self.lock.depositETH(owner or sender.address, x, y, sender=sender, value=amount)
        return queued(receipt)

    def deposit_token(self, token: Contract, amount: int, *, key=None, sender=None) -> Entry:
        """Lock tokens and return the entry that they leave in the queue."""
        x, y = key or KEYS[0]
        sender = sender or self.chain.accounts[2]
        return queued(self.lock.depositERC20(token.address, amount, sender.address, x, y, sender=sender))

    def request(self, account: int, amount: int, *, sender=None, fee: int = FORCED_FEE) -> Entry:
        """Ask for a forced withdrawal and return the entry that it leaves in the queue."""
        sender = sender or self.chain.accounts[2]
        return queued(self.rollup.requestForcedWithdrawal(account, amount, sender=sender, value=fee))

    def claim(self, exit_: Exit, exit_root: int, sender=None, gas=None):
        return self.rollup.claim(
            *exit_.arguments(exit_root, self.domain), sender=sender or self.chain.accounts[8], gas=gas
        )

    def travel_beyond(self, entry: Entry) -> None:
        """The next block comes a second after the entry's deadline: the first from which on it is overdue."""
        self.chain.engine.set_next_block_timestamp(entry.expiry + 1)

    def freeze(self, entry: Entry, sender=None):
        """Freeze for an entry that nobody proved in time."""
        self.travel_beyond(entry)
        return self.rollup.freeze(entry.struct, sender=sender or self.chain.accounts[6])

    def escape(self, escape: Escape, state_root: int, sender=None):
        return self.rollup.escape(
            *escape.arguments(state_root, self.domain), sender=sender or self.chain.accounts[8]
        )

    def refund(self, index: int, entry: Entry, sender=None):
        return self.rollup.refund(index, entry.struct, sender=sender or self.chain.accounts[8])

    def collect(self, last: Entry, sender=None):
        return self.rollup.collectForcedFees(last.struct, sender=sender or self.chain.accounts[8])


def queued(receipt) -> Entry:
    """The entry that a deposit's or a request's event tells of."""
    event = next(event for event in receipt.events if event.name.endswith("Queued"))
    told = {"token": ETH, "keyX": 0, "keyY": 0, **event.args}
    names = ("account", "amount", "owner", "token", "keyX", "keyY", "expiry", "forcedCount")
    return Entry(
        {"DepositQueued": 1, "ForcedWithdrawalQueued": 4}[event.name], *(told[name] for name in names)
    )


def key(k: int) -> tuple[int, int]:
    """The public key of the secret scalar k."""
    return tuple(babyjubjub.multiply(babyjubjub.BASE8, k))


KEYS = tuple(key(k) for k in (11, 13, 17, 19, 23, 29))


def deploy(chain: Chain, *, slots: int = 3, **changes) -> System:
    """Deploy Lock, the verifiers and Rollup; ``changes`` replace fields of the constructor's Parameters."""
    deployer = chain.accounts[0]
    keys = {"batch": BATCH_KEY.key, "claim": CLAIM_KEY.key, "escape": ESCAPE_KEY.key}
    verifiers = {
        name: chain.deploy_raw(verifier_init_code(key), sender=deployer) for name, key in keys.items()
    }
    lock = ship(chain, "Lock", create_address(deployer.address, chain.nonce(deployer) + 1), sender=deployer)
    parameters = {"lock": lock.address, "operator": chain.accounts[1].address}
    for name, key in keys.items():
        parameters |= {f"{name}_verifier": verifiers[name], f"{name}_hash": verifier_code_hash(key)}
    parameters |= {
        "levels": 4,
        "slots": slots,
        "genesis_root": GENESIS_ROOT,
        "empty_exit_root": EMPTY_EXIT_ROOT,
        "queue_period": PERIOD,
        "queue_interval": INTERVAL,
        "forced_fee": FORCED_FEE,
    }
    unknown = changes.keys() - parameters.keys()
    if unknown:
        raise TypeError(f"Rollup has no parameters {unknown}")
    rollup = ship(chain, "Rollup", tuple({**parameters, **changes}.values()), sender=deployer)
    return System(chain, lock, rollup, *verifiers.values(), slots=slots)
