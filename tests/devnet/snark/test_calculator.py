"""Witness calculators: what circom compiles is run, everything else is refused by what it lacks."""

import logging
import sys

import pytest
import wasmtime
from tests.circom.support import WASM

from zkrollup.crypto.field import R
from zkrollup.kernels.limbs import to_ints
from zkrollup.snark import calculator
from zkrollup.snark.calculator import Calculator, InvalidCalculator, MissingWasmtime, RefusedInputs

SIGNALS = {"prices": [7, 11, 13], "quantities": [3, 5, 0, 2, 0, 17]}

SIGNATURES = {
    "getVersion": "(result i32) (i32.const {version})",
    "getFieldNumLen32": "(result i32) (i32.const {words})",
    "getWitnessSize": "(result i32) (i32.const 3)",
    "getInputSize": "(result i32) (i32.const 1)",
    "getInputSignalSize": "(param i32 i32) (result i32) (i32.const 1)",
    "readSharedRWMemory": "(param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 2)))",
    "writeSharedRWMemory": "(param i32 i32)",
    "init": "(param i32) {init}",
    "setInputSignal": "(param i32 i32 i32)",
    "getRawPrime": "",
    "getWitness": "(param i32)",
    "getMessageChar": (
        "(result i32) (i32.load8_u (global.get $at))"
        " (global.set $at (i32.add (global.get $at) (i32.const 1)))"
    ),
}


def program(folder, *, version=2, words=8, prime=R, init="", without=None, imports="", text=b""):
    """A calculator with a few bytes of memory: the prime, then messages."""
    functions = "\n".join(
        f'(func (export "{name}") {body.format(version=version, words=words, init=init)})'
        for name, body in SIGNATURES.items()
        if name != without
    )
    memory = "".join(f"\\{byte:02x}" for byte in prime.to_bytes(32, "little") + text)
    path = folder / "made.wasm"
    path.write_bytes(
        wasmtime.wat2wasm(
            f"""(module {imports}
            (memory 1) (global $at (mut i32) (i32.const 32)) (data (i32.const 0) "{memory}")
            {functions})"""
        )
    )
    return path


def test_it_computes_all_wires():
    invoice = Calculator(WASM)
    witness = invoice.witness(SIGNALS)
    assert (invoice.n_wires, invoice.n_inputs, witness.shape) == (66, 9, (66, 4))
    assert to_ints(witness[:12]) == [1, 76, 235, 7, 11, 13, 3, 5, 0, 2, 0, 17]


def test_runs_do_not_see_each_other():
    invoice = Calculator(WASM)
    first = invoice.witness(SIGNALS)
    assert to_ints(invoice.witness(SIGNALS | {"prices": [19, 23, 29]})[1:3]) == [172, 531]
    assert (invoice.witness(SIGNALS) == first).all()


def test_values_of_all_lengths_reach_the_circuit():
    prices = [R - 1, 2**31, 2**253 + 2**191 + 2**63 + 2**31]
    assert to_ints(Calculator(WASM).witness(SIGNALS | {"prices": prices})[3:6]) == prices


def test_a_signals_size_is_known_by_its_name():
    invoice = Calculator(WASM)
    assert [invoice.size_of(name) for name in ("prices", "quantities", "owed", "price")] == [3, 6, None, None]


def test_inputs_that_an_assertion_refuses_are_refused_with_template_and_line():
    with pytest.raises(
        RefusedInputs, match=r"an assertion does not hold \(Error in template Below_0 line"
    ) as caught:
        Calculator(WASM).witness(SIGNALS | {"quantities": [3, 5, 0, 2, 0, 256]})
    assert caught.value.code == 4
    assert [message.split(" line")[0] for message in caught.value.messages] == [
        "Error in template Below_0",
        "Error in template Invoice_1",
    ]
    assert ", with prices = [7, 11, 13], quantities = [3, 5, 0, 2, 0, 256]; it makes" in str(caught.value)


def test_many_large_values_are_shown_in_short():
    error = RefusedInputs(WASM, 4, (), {f"x{i}": [R - i, *range(10**30, 10**30 + i)] for i in range(1, 11)})
    assert "with x1 = [-1, 0xc9f2…0000], x2 = [-2, 0xc9f2…0000, 0xc9f2…0001], " in str(error)
    assert ", ...] and 2 more inputs; it makes no witness" in str(error)


def test_what_a_circuit_logs_is_logged(tmp_path, caplog):
    imports = """(import "runtime" "writeBufferMessage" (func $write))
                 (import "runtime" "showSharedRWMemory" (func $show))"""
    init = "(call $write) (call $show) (call $write)"
    path = program(tmp_path, imports=imports, init=init, text=b"total:\0\n\0")
    with caplog.at_level(logging.INFO, logger=calculator.__name__):
        Calculator(path).witness({})
    assert caplog.messages == [f"made.wasm: total: {R}"]


def test_an_unknown_error_shows_its_number(tmp_path):
    imports = '(import "runtime" "exceptionHandler" (func $fail (param i32)))'
    path = program(tmp_path, imports=imports, init="(call $fail (i32.const 9))")
    with pytest.raises(RefusedInputs, match="refuses the inputs: error 9; it makes no witness"):
        Calculator(path).witness({})


# --- files that are no calculators


def refused(path):
    with pytest.raises(InvalidCalculator) as caught:
        Calculator(path)
    assert caught.value.path == path
    return caught.value.rule


def test_the_made_program_is_taken_unless_something_is_wrong(tmp_path):
    made = Calculator(program(tmp_path))
    assert (made.n_wires, made.n_inputs) == (3, 1)


def test_a_file_that_is_no_webassembly_is_refused(tmp_path):
    path = tmp_path / "text.wasm"
    path.write_bytes(b"nonsense")
    assert "it is no WebAssembly" in refused(path)


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_a_program_that_lacks_a_function_is_refused_by_its_name(tmp_path, name):
    assert f"does not export {name}," in refused(program(tmp_path, without=name))


def test_a_program_that_imports_something_else_is_refused(tmp_path):
    imports = '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'
    assert "imports wasi_snapshot_preview1.fd_write" in refused(program(tmp_path, imports=imports))


def test_another_version_is_refused(tmp_path):
    assert "of circom 3, only 2" in refused(program(tmp_path, version=3))


@pytest.mark.parametrize(("words", "prime"), [(8, R + 2), (12, R)])
def test_another_field_is_refused(tmp_path, words, prime):
    assert f"its field is {prime} in {words} words" in refused(program(tmp_path, words=words, prime=prime))


@pytest.mark.parametrize(
    ("words", "prime", "curve"),
    [
        (2, 0xFFFFFFFF00000001, "Goldilocks"),
        (8, 0x12AB655E9A2CA55660B44D1E5C37B00159AA76FED00000010A11800000000001, "BLS12-377"),
    ],
)
def test_another_curve_is_named_with_the_option_that_gives_bn254(tmp_path, words, prime, curve):
    path = program(tmp_path, words=words, prime=prime + (3 << 32 * words) % 2**256)
    with pytest.raises(InvalidCalculator, match=f"its field is {curve}'s, {prime} in.*circom -p bn128"):
        Calculator(path)


def test_a_program_that_breaks_down_is_refused(tmp_path):
    broken = Calculator(program(tmp_path, init="unreachable"))
    with pytest.raises(InvalidCalculator, match="init broke down"):
        broken.witness({})


def test_without_wasmtime_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    with pytest.raises(MissingWasmtime, match=r"pip install 'pytest-zkrollup\[circom\]'"):
        Calculator(WASM)
