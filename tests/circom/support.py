"""Files of examples/own_circuit and of tests/circom/circuits, and copies with something changed."""

import subprocess
from pathlib import Path

from zkrollup.snark.formats.sections import read_sections, write_sections

ROOT = Path(__file__).parents[2]
CIRCUIT = ROOT / "examples" / "own_circuit"
CIRCUITS = ROOT / "tests" / "circom" / "circuits"
VERIFIER = ROOT / "examples" / "own_verifier"
R1CS, SYM, WASM, ZKEY = (CIRCUIT / f"invoice.{ending}" for ending in ("r1cs", "sym", "wasm", "zkey"))
SNARKJS = ROOT / "node_modules" / ".bin" / "snarkjs"
VERSIONS = {"r1cs": 1, "wtns": 2, "zkey": 1}


def files_of(name, *kinds):
    """A circuit of tests/circom/circuits, as ``zk.circuit`` takes it."""
    return {kind: CIRCUITS / f"{name}.{kind}" for kind in kinds or ("r1cs", "wasm", "sym")}


def sections_of(path):
    """The bytes of each section, to be changed."""
    kind = path.suffix[1:]
    found = read_sections(path, kind, (VERSIONS[kind],), range(12))
    return {number: bytearray(section.data.tobytes()) for number, section in found.items()}


def offset_of(path, number, at):
    """Where byte ``at`` of a section is in the file."""
    kind = path.suffix[1:]
    return read_sections(path, kind, (VERSIONS[kind],), range(12))[number].start + at


def written(path, sections):
    """Sections as a file of the format that ``path`` names."""
    kind = path.suffix[1:]
    with path.open("wb") as file:
        write_sections(
            file, kind, VERSIONS[kind], {number: [bytes(data)] for number, data in sections.items()}
        )
    return path


def changed(source, folder, number, at, new):
    """A copy with other bytes in one section."""
    sections = sections_of(source)
    sections[number][at : at + len(new)] = new
    return written(folder / source.name, sections)


def u32(value):
    return value.to_bytes(4, "little")


def u256(value):
    return value.to_bytes(32, "little")


def snarkjs(folder, *arguments):
    """What snarkjs prints; a failure of its own fails the test."""
    done = subprocess.run(
        [str(SNARKJS), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
