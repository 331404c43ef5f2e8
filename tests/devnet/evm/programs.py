"""Runtime code in opcodes: it logs, returns or reverts with given bytes, or calls another contract."""

from eth_utils import keccak


def push(data: bytes) -> bytes:
    """PUSH of up to 32 bytes."""
    return bytes([0x5F + len(data)]) + data


def _stored(data: bytes) -> bytes:
    """Code that puts bytes at the beginning of memory, and pushes their length and 0."""
    words = (data[i : i + 32].ljust(32, b"\0") for i in range(0, len(data), 32))
    stores = (push(word) + push((32 * i).to_bytes(2)) + b"\x52" for i, word in enumerate(words))
    return b"".join(stores) + push(len(data).to_bytes(2)) + push(b"\0")


def returning(data: bytes) -> bytes:
    """Code that returns bytes."""
    return _stored(data) + b"\xf3"


def reverting(data: bytes) -> bytes:
    """Code that reverts with bytes."""
    return _stored(data) + b"\xfd"


def logging(data: bytes, *topics: bytes) -> bytes:
    """Code that emits a log, and returns nothing."""
    pushed = b"".join(push(topic.rjust(32, b"\0")) for topic in reversed(topics))
    return pushed + _stored(data) + bytes([0xA0 + len(topics)]) + b"\0"


def passing_on(address: str) -> bytes:
    """Code that calls another contract without data, and reverts with what that reverts with."""
    # call(gas, address, 0, 0, 0, 0, 0); returndatacopy(0, 0, size); revert(0, size)
    return (
        bytes.fromhex("5f5f5f5f5f") + push(bytes.fromhex(address[2:])) + bytes.fromhex("5af1503d5f5f3e3d5ffd")
    )


def word(value: int) -> bytes:
    """A number as the ABI encodes it."""
    return value.to_bytes(32)


def text(value: bytes) -> bytes:
    """A string or bytes, alone, as the ABI encodes it."""
    return word(32) + word(len(value)) + value + bytes(-len(value) % 32)


def selector(signature: str) -> bytes:
    """Four bytes of a signature's hash."""
    return bytes(keccak(text=signature)[:4])


def topic(signature: str) -> bytes:
    """A signature's hash."""
    return bytes(keccak(text=signature))
