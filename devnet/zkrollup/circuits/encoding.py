"""What is hashed, signed and posted, in which order: the Python side of the protocol's encoding.

Owns the layout of words, leaves, messages and challenges, on plain integers. The circuits have the same in
constraints, the contracts in Solidity, and one vector file holds the three together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_hash.auto import keccak

from zkrollup.crypto.field import R
from zkrollup.crypto.poseidon import poseidon, poseidon_chain
from zkrollup.crypto.quadtree import QuadTree
from zkrollup.errors import ZkRollupError

PROTOCOL_VERSION = 2
AMOUNT_BITS = 128
ADDRESS_BITS = 160
NONCE_BITS = 32
INDEX_BITS = 32
FEE_BITS = 16
OP_BITS = 8

EXIT_LEVELS = 4
"""Levels of a batch's exit tree, whatever its size, so that one claim circuit serves all."""
MAX_SLOTS = 4**EXIT_LEVELS
SLOT_BITS = 16
"""An exit's id is its batch times 2^16 plus its slot."""

SLOT_WORDS = 5
HEADER_WORDS = 14
CHAIN_WIDTH = 15
"""Words that one permutation of the commitment absorbs."""
EMPTY_EXIT_ROOT = QuadTree(EXIT_LEVELS).root
NULLIFIER_TAG = 1
"""First input of a claim's nullifier."""
ESCAPE_TAG = 2
"""First input of an escape's nullifier, so that no exit's id can stand for an account's index."""

FEE_MANTISSA_BITS = 11
FEE_EXPONENT_BITS = FEE_BITS - FEE_MANTISSA_BITS
"""A fee is mantissa times 10^exponent: 0 to 2047 times 10^31, below 2^114. The form is Loopring's Float16."""


class Op(IntEnum):
    """What a slot does. DEPOSIT and FORCED_WITHDRAW come from L1's queue, the others are posted."""

    NOOP = 0
    DEPOSIT = 1
    TRANSFER = 2
    WITHDRAW = 3
    FORCED_WITHDRAW = 4


class EncodingError(ZkRollupError):
    """A value does not fit the field that it is encoded in."""

    def __init__(self, name: str, value: int, bits: int) -> None:
        """``name`` takes ``bits`` bits; ``value`` needs more, or is negative."""
        self.name, self.value, self.bits = name, value, bits
        super().__init__(f"{name} is {value}, which is not in [0, 2^{bits}); nothing was encoded")


class InexactFee(ZkRollupError):
    """A fee has no exact form in 16 bits."""

    def __init__(self, fee: int) -> None:
        """``fee`` has more than three or four significant digits, or is out of range."""
        self.fee, self.below = fee, _fee_below(fee)
        super().__init__(
            f"a fee of {fee} does not fit: fees are 0 to 2047 times a power of ten up to 10^31; "
            f"the next below is {self.below}"
        )


def require_bits(name: str, value: int, bits: int) -> int:
    """``value`` itself.

    Raises:
        EncodingError: It is outside [0, 2^bits).
    """
    if not 0 <= value < 1 << bits:
        raise EncodingError(name, value, bits)
    return value


# Fees


def encode_fee(fee: int) -> int:
    """The 16 bits of a fee: exponent over mantissa, with the smallest exponent that does.

    Raises:
        InexactFee: It has no exact form.
    """
    exponent, mantissa = 0, fee
    while mantissa >= 1 << FEE_MANTISSA_BITS and mantissa % 10 == 0:
        exponent, mantissa = exponent + 1, mantissa // 10
    if not 0 <= mantissa < 1 << FEE_MANTISSA_BITS or exponent >= 1 << FEE_EXPONENT_BITS:
        raise InexactFee(fee)
    return exponent << FEE_MANTISSA_BITS | mantissa


def decode_fee(code: int) -> int:
    """The fee that 16 bits mean, in the token's smallest unit."""
    return int((code & (1 << FEE_MANTISSA_BITS) - 1) * 10 ** (code >> FEE_MANTISSA_BITS))


def _fee_below(fee: int) -> int:
    """The largest fee with an exact form that is not above ``fee``; 0 for one that is negative."""
    highest = (1 << FEE_MANTISSA_BITS) - 1
    scales = (10**exponent for exponent in range(1 << FEE_EXPONENT_BITS))
    # Not the finest scale that reaches it: 2049 lies above 2047, and further above 204 tens.
    return int(max(0, *(min(fee // scale, highest) * scale for scale in scales)))


# Operations


def pack_operation(op: int, sender: int, receiver: int, amount: int, *, fee: int = 0) -> int:
    """Word 0 of a slot: op, fee, sender, receiver, amount as 1, 2, 4, 4 and 16 big-endian bytes.

    Raises:
        EncodingError: A part does not fit.
        InexactFee: ``fee``, in the token's smallest unit, has no exact form.
    """
    word = require_bits("op", op, OP_BITS)
    word = word << FEE_BITS | encode_fee(fee)
    word = word << INDEX_BITS | require_bits("sender index", sender, INDEX_BITS)
    word = word << INDEX_BITS | require_bits("receiver index", receiver, INDEX_BITS)
    return word << AMOUNT_BITS | require_bits("amount", amount, AMOUNT_BITS)


def unpack_operation(word: int) -> tuple[int, int, int, int, int]:
    """Op, the fee's 16 bits, sender, receiver and amount of word 0; a fee may have other forms than ours."""
    amount, rest = word % (1 << AMOUNT_BITS), word >> AMOUNT_BITS
    receiver, rest = rest % (1 << INDEX_BITS), rest >> INDEX_BITS
    sender, rest = rest % (1 << INDEX_BITS), rest >> INDEX_BITS
    return rest >> FEE_BITS, rest % (1 << FEE_BITS), sender, receiver, amount


OPERATION_BITS = OP_BITS + FEE_BITS + 2 * INDEX_BITS + AMOUNT_BITS
OPERATION_BYTES = OPERATION_BITS // 8
ADDRESS_BYTES = ADDRESS_BITS // 8


@dataclass(frozen=True, slots=True)
class SlotWords:
    """The five words of one slot, unused ones 0.

    Attributes:
        operation: See ``pack_operation``.
        address: A deposit's owner, a withdrawal's recipient, or who asked on L1 for a forced one.
        token: A deposit's token; a withdrawal's is its leaf's.
        key_x: A deposit's key.
        key_y: A deposit's key.
    """

    operation: int = 0
    address: int = 0
    token: int = 0
    key_x: int = 0
    key_y: int = 0

    def __iter__(self) -> Iterator[int]:
        return iter((self.operation, self.address, self.token, self.key_x, self.key_y))

    @property
    def op(self) -> int:
        """The operation's code."""
        return self.operation >> (OPERATION_BITS - OP_BITS)

    def posted(self) -> bytes:
        """What goes to L1 as data: 27 bytes for a transfer, 47 for a withdrawal, nothing for other slots."""
        record = self.operation.to_bytes(OPERATION_BYTES, "big")
        if self.op == Op.WITHDRAW:
            return record + self.address.to_bytes(ADDRESS_BYTES, "big")
        return record if self.op == Op.TRANSFER else b""


def signed_message(
    words: SlotWords, nonce: int, receiver_key: tuple[int, int], receiver_owner: int, domain: int
) -> int:
    """What an L2 key signs. A withdrawal has receiver key (0, 0) and owner 0, and its recipient in the words.

    Raises:
        EncodingError: The nonce has no 32 bits left.
    """
    packed = words.operation | require_bits("nonce", nonce, NONCE_BITS) << OPERATION_BITS
    return poseidon([packed, words.address, *receiver_key, receiver_owner, domain])


# Leaves and nullifiers


def account_leaf(key: tuple[int, int], owner: int, token: int, balance: int, nonce: int) -> int:
    """An account's leaf; an empty one is 0 and never hashed."""
    return poseidon([*key, owner, token, balance, nonce])


def exit_id(batch: int, slot: int) -> int:
    """Unique for ever: no two exits share a batch and a slot."""
    return batch << SLOT_BITS | slot


def exit_leaf(exit_number: int, recipient: int, token: int, amount: int) -> int:
    """What a batch commits to for each withdrawal."""
    return poseidon([exit_number, recipient, token, amount])


def claim_nullifier(exit_number: int, domain: int) -> int:
    """What marks an exit as paid: it depends on no secret, so each exit has exactly one."""
    return poseidon([NULLIFIER_TAG, exit_number, domain])


def escape_nullifier(account: int, domain: int) -> int:
    """What marks an account as escaped: one for each index, whoever sends the escape."""
    return poseidon([ESCAPE_TAG, account, domain])


def compute_domain(chain_id: int, rollup: str) -> int:
    """Which rollup a signature, batch or claim is for.

    248 bits of keccak(abi.encode(chain id, address, version)).
    """
    words = (chain_id, int(rollup, 16), PROTOCOL_VERSION)
    return int.from_bytes(keccak(b"".join(map(_bytes32, words))), "big") >> 8


# Batches


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What a batch says of itself beside its slots.

    Attributes:
        old_root: State root before.
        new_root: State root after.
        exit_root: Root of the batch's exit tree.
        number: 1 for the first batch.
        domain: See ``compute_domain``.
        queue_start: First entry of the L1 queue that it takes.
        queue_count: How many it takes; they fill its first slots.
        fee_account: Index of the account that its fees are credited to; 0 where it has none.
        slots: Slots of the circuit, padding included.
    """

    old_root: int
    new_root: int
    exit_root: int
    number: int
    domain: int
    queue_start: int
    queue_count: int
    fee_account: int
    slots: int

    def words(self) -> tuple[int, ...]:
        """The 14 header words.

        Version 1 proves a batch in one part: part 0 of 1, all words, accumulator empty.
        """
        parts = (0, 1)
        accumulator_in = EMPTY_EXIT_ROOT
        word_range = (0, HEADER_WORDS + SLOT_WORDS * self.slots)
        return (
            *(self.old_root, self.new_root, self.exit_root, accumulator_in),
            *(self.number, *parts, self.domain),
            *(self.queue_start, self.queue_count, self.fee_account, self.slots, *word_range),
        )


@dataclass(frozen=True, slots=True)
class BatchInstance:
    """The three public inputs of a batch's proof, in order."""

    commitment: int
    challenge: int
    evaluation: int

    def as_tuple(self) -> tuple[int, int, int]:
        """The inputs in the verifier's order."""
        return (self.commitment, self.challenge, self.evaluation)


def batch_instance(header: BatchHeader, slots: Sequence[SlotWords]) -> BatchInstance:
    """C, x and y of a batch.

    C binds all words, and x is drawn after C, so that y = sum of words[i] x^i pins the words that the
    contract sees to those that the circuit hashed. x covers the queue's words too: else an operator could fix
    x first.
    """
    words = [*header.words(), *(word for slot in slots for word in slot)]
    commitment = commit_words(words)
    challenge = draw_challenge(commitment, header, slots)
    return BatchInstance(commitment, challenge, evaluate(words, challenge))


def commit_words(words: Sequence[int]) -> int:
    """The Poseidon chain over all words, 15 at a time."""
    return poseidon_chain(words, CHAIN_WIDTH)


def draw_challenge(commitment: int, header: BatchHeader, slots: Sequence[SlotWords]) -> int:
    """The challenge x of a batch whose slots are known: see ``challenge_over``."""
    return challenge_over(commitment, header, slots[: header.queue_count], posted_data(slots))


def challenge_over(
    commitment: int, header: BatchHeader, queue_slots: Sequence[SlotWords], data: bytes
) -> int:
    """keccak(C, header words, the queue slots' words, posted data) mod r."""
    queue_words = [word for slot in queue_slots for word in slot]
    covered = b"".join(map(_bytes32, [commitment, *header.words(), *queue_words]))
    return int.from_bytes(keccak(covered + data), "big") % R


def posted_data(slots: Sequence[SlotWords]) -> bytes:
    """The bytes that L1 gets for a batch: nothing for what its own queue holds."""
    return b"".join(slot.posted() for slot in slots)


def evaluate(words: Sequence[int], x: int) -> int:
    """Sum of words[i] * x^i modulo r."""
    total = 0
    for word in reversed(words):
        total = (total * x + word) % R
    return total


def _bytes32(value: int) -> bytes:
    return value.to_bytes(32, "big")
