"""How a contract came about. Owns the search for the creation that left the code at an address."""

from zkrollup.evm.engine.engine import Engine


def init_code_of(engine: Engine, address: bytes) -> bytes | None:
    """Return the init code that made a contract, by a transaction or from within one, arguments included.

    The block is found by halving, and its transactions are executed once more. None where there is no code,
    or no transaction put it there.
    """
    if not engine.code(address) or engine.code(address, at=0):
        return None
    before, after = 0, engine.head.number
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if engine.code(address, at=middle) else (middle, after)
    for mined in engine.block(after).transactions:
        for frame in engine.trace(mined.hash).frames():
            if frame.kind.startswith("CREATE") and frame.to == address and frame.failure is None:
                return frame.input
    return None
