"""The contracts of these tests compiled.

TinyRollup comes with the verifier that `zkrollup verifier export` writes for its circuit's key.
"""

import pytest
from click.testing import CliRunner
from tests.targets.compiling import CONTRACTS, compiled
from tests.targets.tiny_circuit import tiny_circuit

from zkrollup.cli.main import main
from zkrollup.snark.formats import snarkjs_json
from zkrollup.snark.store import proving_key


@pytest.fixture(scope="session")
def tiny_compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    circuit = tiny_circuit()
    key, source = folder / "verification_key.json", folder / "TinyVerifier.sol"
    key.write_text(snarkjs_json.dump_verification_key(proving_key(circuit.digest, circuit.r1cs).vk))
    exported = CliRunner().invoke(
        main, ["verifier", "export", str(key), "--name", "TinyVerifier", "-o", str(source)]
    )
    assert exported.exit_code == 0, exported.output
    return compiled(folder / "out", CONTRACTS / "TinyRollup.sol", source)


@pytest.fixture(scope="session")
def bridge_compiled(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("bridge"), CONTRACTS / "Bridge.sol")["Bridge"]
