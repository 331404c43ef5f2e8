"""Single opcodes on edge values, and every way in which small programs end."""

import itertools

import pytest
from tests.devnet.evm.engine.differential.assembly import RETURN_TOP, asm, push
from tests.devnet.evm.engine.differential.machines import TARGET, Contract, compare, run, signed

TOP = 2**256 - 1
EDGES = (0, 1, 2, 31, 32, 255, 256, 2**255 - 1, 2**255, TOP - 1, TOP)
BINARY = (
    "ADD", "MUL", "SUB", "DIV", "SDIV", "MOD", "SMOD", "EXP", "SIGNEXTEND", "LT", "GT", "SLT", "SGT", "EQ",
    "AND", "OR", "XOR", "BYTE", "SHL", "SHR", "SAR",
)  # fmt: skip
CONTEXT = (
    "ADDRESS", "ORIGIN", "CALLER", "CALLVALUE", "CALLDATASIZE", "CODESIZE", "GASPRICE", "RETURNDATASIZE",
    "COINBASE", "TIMESTAMP", "NUMBER", "PREVRANDAO", "GASLIMIT", "CHAINID", "SELFBALANCE", "BASEFEE",
    "BLOBBASEFEE", "PC", "MSIZE", "GAS",
)  # fmt: skip


def stored(*programs):
    """Join programs that leave a word each: it goes to memory, and the memory is returned."""
    code = b"".join(program + asm(32 * i, "MSTORE") for i, program in enumerate(programs))
    return code + asm(32 * len(programs), 0, "RETURN")


def words(output):
    return [int.from_bytes(output[i : i + 32], "big") for i in range(0, len(output), 32)]


@pytest.mark.parametrize("opcode", BINARY)
def test_an_opcode_of_two_words_agrees_on_all_pairs_of_edges(opcode):
    pairs = itertools.product(EDGES, repeat=2)
    result = run(stored(*(asm(right, left, opcode) for left, right in pairs)))
    assert result.failure is None
    assert len(set(words(result.output))) > 1


@pytest.mark.parametrize("opcode", ["ADDMOD", "MULMOD"])
def test_an_opcode_of_three_words_agrees_on_edges(opcode):
    edges = (0, 1, 3, 2**255, TOP - 1, TOP)
    result = run(stored(*(asm(*reversed(triple), opcode) for triple in itertools.product(edges, repeat=3))))
    assert len(set(words(result.output))) > 3


@pytest.mark.parametrize("opcode", ["ISZERO", "NOT"])
def test_an_opcode_of_one_word_agrees_on_edges(opcode):
    assert len(set(words(run(stored(*(asm(word, opcode) for word in EDGES))).output))) > 1


def test_values_with_a_known_answer():
    programs = {
        asm(3, 5, "SUB"): 2,
        asm(2, TOP - 6, "SDIV"): TOP - 2,
        asm(3, TOP - 6, "SMOD"): TOP,
        asm(TOP, 2**255, "SDIV"): 2**255,
        asm(0xFF7F, 0, "SIGNEXTEND"): 0x7F,
        asm(0x80, 0, "SIGNEXTEND"): TOP - 0x7F,
        asm(2**255, 300, "SAR"): TOP,
        asm(0xAB, 31, "BYTE"): 0xAB,
        asm(7, TOP, TOP, "MULMOD"): TOP * TOP % 7,
    }
    assert words(run(stored(*programs)).output) == list(programs.values())


def test_the_context_is_the_same():
    result = run(stored(*(asm(opcode) for opcode in CONTEXT)), b"\x05\x06\x07", value=11, balance=13)
    assert words(result.output)[3:5] == [11, 3]


@pytest.mark.parametrize("argument", [0, 1, 31, 32, 33, TOP])
@pytest.mark.parametrize(
    "opcode", ["CALLDATALOAD", "BLOCKHASH", "BALANCE", "EXTCODESIZE", "EXTCODEHASH", "SLOAD"]
)
def test_a_lookup_agrees(opcode, argument):
    data = bytes(range(1, 41))
    result = run(asm(argument, opcode) + RETURN_TOP, data, storage={1: 501, TOP: 502})
    assert result.failure is None


@pytest.mark.parametrize("opcode", range(256))
def test_every_opcode_agrees_on_a_bare_stack_and_a_full_one(opcode):
    code = bytes([opcode])
    run(code)
    run(asm(*([1] * 17)) + code + RETURN_TOP)


@pytest.mark.parametrize(
    "opcode", [0x5F, 0x60, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0x30, 0x51, 0x58, 0x59, 0x5A, 0x5B]
)
def test_the_stack_holds_1024_items_and_no_more(opcode):
    # Leaves 1,001 items by a loop: in the segment after it the limit is 23 away.
    loop = asm(1000) + b"\x5b" + asm("DUP1", 1, "SWAP1", "SUB", "DUP1", "PUSH1") + b"\x03" + asm("JUMPI")
    for count, failure in ((23, None), (24, "FullStack")):
        filled = loop + asm(*(["CALLER"] * count))
        assert run(filled).failure == failure
        run(filled + bytes([opcode]))


def test_a_full_stack_fails_and_one_less_does_not():
    fill = asm("PUSH0") * 1024
    assert run(fill).failure is None
    assert run(fill + asm("DUP1")).failure == "FullStack"
    assert run(asm("POP")).failure == "InsufficientStack"


@pytest.mark.parametrize("start", [0, 1, 31, 32, 33, 4095, 2**20, 2**32, 2**64, TOP - 31, TOP])
@pytest.mark.parametrize(
    "program",
    [
        ("MLOAD",),
        (TOP, "SWAP1", "MSTORE"),
        (0x1FF, "SWAP1", "MSTORE8"),
        (0, "SWAP1", "KECCAK256"),
        (33, "SWAP1", "KECCAK256"),
        (33, 1, "SWAP2", "CALLDATACOPY"),
        (0, 1, "SWAP2", "CODECOPY"),
        (40, 3, "SWAP2", "MCOPY"),
        (0, "SWAP1", "LOG0"),
        (0, "SWAP1", "RETURN"),
        (7, "SWAP1", "REVERT"),
        (0, 0, "SWAP2", "RETURNDATACOPY"),
        (1, 0, "SWAP2", "RETURNDATACOPY"),
    ],
    ids=lambda program: f"{program[-1]}-{program[0]}",
)
def test_memory_grows_and_costs_the_same(program, start):
    run(asm(0xABCDEF, 5, "MSTORE", start, *program, "MSIZE") + RETURN_TOP, b"\x11\x22\x33")


def test_memory_beyond_all_gas_runs_out():
    assert run(asm(2**64, "MLOAD")).failure == "OutOfGas"
    assert run(asm(64, "MLOAD", "MSIZE") + RETURN_TOP).output == (96).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (asm(3, "JUMP", "JUMPDEST"), None),
        (asm(1, 6, "JUMPI", "JUMPDEST", "STOP"), "InvalidJumpDestination"),
        (asm(1, 6, "JUMPI", "STOP", "JUMPDEST"), None),
        (asm(0, 600, "JUMPI"), None),
        (asm(4, "JUMP") + b"\x60\x5b", "InvalidInstruction"),
        (asm(1, 6, "JUMPI") + b"\x60\x5b", "InvalidInstruction"),
        (asm(5, "JUMP") + b"\x61\x60\x5b", "InvalidInstruction"),
        (asm(4, "JUMP") + b"\x61\x5b", "InvalidInstruction"),
        (asm(2**255, "JUMP"), "InvalidJumpDestination"),
        (asm(0, "JUMP"), "InvalidJumpDestination"),
        (asm("CALLDATASIZE", "JUMP", "JUMPDEST"), "InvalidJumpDestination"),
        (asm(6, "PUSH0", "ADD", "JUMP", "STOP", "JUMPDEST", "PC") + RETURN_TOP, None),
        (asm("PC", "JUMP"), "InvalidJumpDestination"),
        (b"\x7f" + b"\x5b" * 32 + asm("POP", 1, "JUMP"), "InvalidInstruction"),
        (b"\x7f\x5b", None),
        (b"\xfe", "InvalidInstruction"),
        (b"\x0c", "InvalidInstruction"),
    ],
)
def test_jumps_agree(code, failure):
    assert run(code).failure == failure


def test_data_of_every_push_is_no_destination():
    # The bytes of the pushes themselves are special to regular expressions.
    for size in range(1, 33):
        code = asm(6, "JUMP", "STOP", "STOP") + bytes([0x5F + size]) + b"\x5b" * size + asm("JUMPDEST")
        assert run(code).failure == "InvalidInstruction"
        beyond = (
            push(5 + size) + asm("JUMP", "STOP") + bytes([0x5F + size]) + b"\x5b" * size + asm("JUMPDEST")
        )
        assert run(beyond).failure is None


SMALL = asm(
    0x1234, 0, "MSTORE", 32, 0, "KECCAK256", "DUP1", 1, "SSTORE", 1, "SLOAD", "GAS", "SWAP1", "POP", 33, 40,
    "RETURNDATASIZE", "CODECOPY", 5, 9, "MUL", "POP", 77, 0, 64, "LOG1", "GAS",
) + RETURN_TOP  # fmt: skip


@pytest.mark.slow
def test_a_program_runs_out_of_gas_at_every_point_in_the_same_way():
    needed = run(SMALL, gas=200_000).gas_used
    results = compare(
        *(signed(gas=21_000 + spent, nonce=i) for i, spent in enumerate(range(0, needed - 21_000, 13))),
        contracts={TARGET: Contract(SMALL)},
    )
    assert {result.failure for result in results} >= {"OutOfGas"}


@pytest.mark.parametrize("short", range(0, 160))
def test_cheap_opcodes_run_out_of_gas_at_every_unit(short):
    code = asm(
        7, "DUP1", "SWAP1", "SUB", 200, "MLOAD", "ADD", 33, 64, "KECCAK256", 9, 5, "MSTORE8", 27, "JUMP"
    )
    assert run(code, gas=21_000 + short).failure is not None
