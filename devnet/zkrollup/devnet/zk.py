"""Circuits and verification keys of a tester's own, proved here and verified on a chain.

Owns what a tester calls, and which files were loaded before. Files are read by ``snark``, proofs made by
``operator.prover``.
"""

import time
import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from zkrollup import kernels
from zkrollup.arguments import WrongArgumentType
from zkrollup.crypto.pairing import uses_kernels
from zkrollup.errors import ZkRollupError
from zkrollup.evm import Chain, Contract
from zkrollup.kernels.jit import Progress, ignore_progress
from zkrollup.operator.deployment import deploy_verifier
from zkrollup.operator.prover import KeyedCircuit, OnProof, ignore_proof
from zkrollup.snark import circom, keycircuit
from zkrollup.snark.ceremony import CeremonyKey, KeyCheck, UnverifiedKeyWarning, read_key
from zkrollup.snark.engine import IN_PROCESS, Engine
from zkrollup.snark.forging import Forged, forge
from zkrollup.snark.formats import snarkjs_json
from zkrollup.snark.formats.contributions import Contribution
from zkrollup.snark.keys import Proof, VerificationKey
from zkrollup.snark.maker import ProofMaker
from zkrollup.snark.modes import ProofMode
from zkrollup.snark.r1cs import Limbs
from zkrollup.snark.satisfaction import Inputs, Provable
from zkrollup.snark.signals import NamelessSignals, Signals
from zkrollup.snark.store import proving_key
from zkrollup.snark.verifier import verify
from zkrollup.snark.verifier_contract import SolidityProof, solidity_proof, verify_proof_calldata
from zkrollup.storage import Waiting, ignore_waiting

if TYPE_CHECKING:
    from zkrollup.evm import Sender

Source: TypeAlias = Path | str
"""A file's path, or JSON as snarkjs or rapidsnark writes it: text that begins with a bracket or a brace."""

OnKey: TypeAlias = Callable[[str, KeyCheck], None]
"""Told of each key that was read from a file: the file's name, and what was checked of it."""

_T = TypeVar("_T")


def ignore_key(file: str, check: KeyCheck) -> None:
    """Reads in silence."""


class UnclearCircuit(ZkRollupError):
    """Arguments that name no circuit, or two."""

    def __init__(self, given: Sequence[str]) -> None:
        self.given = tuple(given)
        super().__init__(
            f"zk.circuit was given {', '.join(given) or 'nothing'}; give a circuit that Builder built, "
            "or r1cs= and wasm=, or wasm= and zkey= (and sym=, for names in errors)"
        )


class NoKeyToCheck(ZkRollupError):
    """Powers of tau or a digest were given, and no key that they could be of."""

    def __init__(self, given: str) -> None:
        self.given = given
        super().__init__(f"zk.circuit was given {given}= without zkey=; give the key that it is of")


@dataclass(frozen=True, slots=True)
class ZkProof:
    """A proof together with what it proves.

    Attributes:
        public: The public inputs in order; for circom, outputs first.
        proof: Its three points; in mock mode what stands in their place.
    """

    public: tuple[int, ...]
    proof: Proof

    def __repr__(self) -> str:
        return f"<ZkProof of {_inputs(len(self.public))}>"

    @property
    def spoiled(self) -> "ZkProof":
        """The same statement with a proof that does not hold, of points that are in their groups."""
        return replace(self, proof=self.proof.spoiled)

    @property
    def solidity(self) -> tuple[*SolidityProof, tuple[int, ...]]:
        """The arguments of ``verifyProof``: a, b, c, inputs."""
        return *solidity_proof(self.proof), self.public

    @property
    def calldata(self) -> bytes:
        """A whole call of ``verifyProof``."""
        return verify_proof_calldata(self.proof, self.public)


@dataclass(frozen=True, slots=True)
class ZkVerificationKey:
    """A verification key, and the chain that its verifier is deployed on.

    Attributes:
        vk: The key.
        chain: The chain.
    """

    vk: VerificationKey
    chain: Chain

    def __repr__(self) -> str:
        return f"<ZkVerificationKey for {_inputs(self.vk.n_public)} on chain {self.chain.chain_id}>"

    def verify(self, proof: Proof | Source, public: Sequence[int] | Source) -> bool:
        """Whether a proof holds, off chain.

        Args:
            proof: The proof, or a ``proof.json``.
            public: The public inputs, or a ``public.json``.

        Raises:
            InvalidFormat: It is no JSON of snarkjs.
            WrongInputCount: There are more or fewer public inputs than the key is for.
            FieldRangeError: A public input is not in [0, r).
            InvalidPoint: A point of the proof is not in its group.
        """
        return verify(self.vk, _public(public), _proof(proof))

    def verifier(self, *, sender: "Sender | None" = None) -> Contract:
        """Deploys a new contract with ``verifyProof(a, b, c, inputs)``, which is called as snarkjs's is.

        Args:
            sender: Who deploys it; None takes the chain's last account, a rollup's operator.

        Raises:
            VerifierTooLarge: There are more public inputs than fit into a contract's code.
            NothingPublic: There are none.
        """
        return _deploy(self.chain, sender, self.vk, ProofMode.REAL)


@dataclass(frozen=True, slots=True)
class ZkCircuit:
    """A circuit of a tester's own with a key.

    Attributes:
        keyed: The circuit and its key.
        contributions: To the key's ceremony, oldest first; none for a TEST key.
        key_check: What was checked of the key.
        chain: That its verifier is deployed on.
        on_proof: Told of each proof: the circuit's name, where it came from, and its seconds.
    """

    keyed: KeyedCircuit
    contributions: tuple[Contribution, ...]
    key_check: KeyCheck
    chain: Chain
    on_proof: OnProof

    def __repr__(self) -> str:
        key = self.key_check.described(len(self.contributions))
        return f"<ZkCircuit {self.circuit.name} with {key}, on chain {self.chain.chain_id}>"

    @property
    def circuit(self) -> Provable:
        """Constraints and witness making."""
        return self.keyed.circuit

    @property
    def verification_key(self) -> ZkVerificationKey:
        """What a verifier needs of the key."""
        return ZkVerificationKey(self.keyed.vk, self.chain)

    @property
    def n_constraints(self) -> int:
        """The number of constraints."""
        return self.circuit.n_constraints

    def signals(self, inputs: Inputs) -> Signals:
        """The values of all signals of a circom circuit by name, such as ``main.leaf[1].c``, checked first.

        Raises:
            NamelessSignals: There is no .sym file.
            Others: As ``check``.
        """
        return _named(self.circuit).signals(self._checked(inputs))

    def outputs(self, inputs: Inputs) -> dict[str, int]:
        """The outputs of a circom circuit by name, such as ``root`` or ``path[1]``, checked first.

        Raises:
            NamelessSignals: There is no .sym file.
            Others: As ``check``.
        """
        return _named(self.circuit).outputs(self._checked(inputs))

    def forge(self, inputs: Inputs, values: Mapping[str, Any]) -> Forged:
        """The honest witness with other values of some signals, and whether the constraints still hold.

        ``circuit.forge(inputs, {"main.inv": 99}).holds`` is true where the wire is free: a prover may set it
        to anything. Signals are named as in ``signals``; those of a circuit in Python are its inputs.

        Raises:
            NothingForged: The honest witness has these values.
            UnknownSignal: There is no such signal, or it is in no constraint.
            NamelessSignals: There is no .sym file.
            Others: As ``check``.
        """
        return forge(self.circuit, self._checked(inputs), values)

    def check(self, inputs: Inputs) -> tuple[int, ...]:
        """Checks the constraints, without any proof, and returns the public inputs.

        Raises:
            InputError: ``inputs`` are not the circuit's.
            RefusedInputs: They break what the circom circuit asserts.
            UnsatisfiedConstraint: They break a constraint; it names which.
        """
        return self.circuit.public_values(self._checked(inputs))

    def prove(self, inputs: Inputs) -> ZkProof:
        """A proof that was verified before it is returned; in mock mode, what stands in its place.

        Raises:
            InputError: ``inputs`` are not the circuit's.
            RefusedInputs: They break what the circom circuit asserts.
            UnsatisfiedConstraint: They break a constraint; it names which.
            ProofRejected: The .zkey is for other constraints. One that is for weaker ones makes proofs: see
                ``key_check``.
        """
        start = time.perf_counter()
        made = self.keyed.make(inputs)
        self.on_proof(self.circuit.name, made.origin, time.perf_counter() - start)
        return ZkProof(made.public, made.proof)

    def verify(self, proof: ZkProof) -> bool:
        """Whether a proof holds under this circuit's key, off chain.

        Raises:
            InvalidPoint: It is a mock.
            WrongInputCount: It is of a circuit with more or fewer public inputs.
        """
        return self.verification_key.verify(proof.proof, proof.public)

    def verifier(self, *, sender: "Sender | None" = None) -> Contract:
        """Deploys this circuit's verifier, or a MockVerifier in mock mode; see ``ZkVerificationKey``."""
        return _deploy(self.chain, sender, self.keyed.vk, self.keyed.maker.mode)

    def _checked(self, inputs: Inputs) -> Limbs:
        witness = self.circuit.witness(inputs)
        self.circuit.check(witness)
        return witness


class Library:
    """What was loaded from files, each of them once while it does not change."""

    def __init__(
        self,
        *,
        mode: ProofMode = ProofMode.REAL,
        engine: Engine = IN_PROCESS,
        progress: Progress = ignore_progress,
        waiting: Waiting = ignore_waiting,
        on_proof: OnProof = ignore_proof,
        on_key: OnKey = ignore_key,
    ) -> None:
        """``mode`` and ``engine`` say how proofs come about.

        ``progress`` and ``waiting`` are told of kernels and keys in the making, ``on_proof`` of proofs,
        ``on_key`` of keys from files.
        """
        self.maker = ProofMaker(mode, engine)
        self.progress = progress
        self.waiting = waiting
        self.on_proof = on_proof
        self.on_key = on_key
        self._loaded: dict[Hashable, Any] = {}

    def once(self, kind: str, files: Sequence[Path | None], load: Callable[[], _T]) -> _T:
        """What ``load`` returns, from the last time if the files are those of then."""
        stamp = (kind, *(None if file is None else _stamp(file) for file in files))
        if stamp not in self._loaded:
            self._loaded[stamp] = load()
        found: _T = self._loaded[stamp]
        return found


class Zk:
    """Brings a tester's own circuits and verification keys onto a chain.

    Attributes:
        chain: Where verifiers are deployed.
    """

    def __init__(self, chain: Chain, library: Library | None = None) -> None:
        self.chain = chain
        self._library = library or Library()

    def __repr__(self) -> str:
        return f"<Zk on {self.chain}>"

    def circuit(
        self,
        circuit: Provable | None = None,
        *,
        r1cs: Path | str | None = None,
        wasm: Path | str | None = None,
        sym: Path | str | None = None,
        zkey: Path | str | None = None,
        ptau: Path | str | None = None,
        zkey_sha256: str | None = None,
    ) -> ZkCircuit:
        """A circuit that can be proved.

        Args:
            circuit: One that ``Builder`` built; or else
            r1cs: the constraints that circom compiled; without them, as packages are that ship no more than
                ``wasm`` and ``zkey``, no constraint can be checked, and a false witness is found out by its
                proof;
            wasm: their witness calculator,
            sym: their names, for errors.
            zkey: A key from a ceremony; without it a TEST key is made, and kept for the next run.
            ptau: The powers of tau that ``zkey`` was made from: all its points are checked against them.
            zkey_sha256: Or the digest of a ``zkey`` that was verified before. With neither, the key is
                UNVERIFIED, and a warning says so.

        Raises:
            UnclearCircuit: Neither a circuit nor its files are given, or both.
            NoKeyToCheck: ``ptau`` or ``zkey_sha256`` is given, and no ``zkey``.
            InvalidFile: A file is not what its format says.
            InvalidCalculator: ``wasm`` is no witness calculator of circom 2, or of another circuit.
            InvalidKey: The key is not sound.
            KeyMismatch: The key is for a circuit of other sizes.
            CoefficientMismatch: The key is for another circuit.
            KeyDigestMismatch: The key's file has another digest.
            TooFewPowers: ``ptau`` is for smaller circuits.
            KeyNotOfCircuit: A point of the key is not what the circuit and ``ptau`` say.
        """
        library = self._library
        for name, value in (("ptau", ptau), ("zkey_sha256", zkey_sha256)):
            if value is not None and zkey is None:
                raise NoKeyToCheck(name)
        kernels.load(pairing=uses_kernels(), progress=library.progress, waiting=library.waiting)
        powers = None if ptau is None else Path(ptau)
        if circuit is None and r1cs is None and wasm is not None and zkey is not None:
            symbols = None if sym is None else Path(sym)
            return self._of_key(Path(wasm), symbols, Path(zkey), powers, zkey_sha256)
        provable = self._provable(circuit, r1cs, wasm, sym)
        if zkey is None:
            key = proving_key(
                provable.digest, provable.r1cs, progress=library.progress, waiting=library.waiting
            )
            keyed = KeyedCircuit(provable, key, library.maker)
            return ZkCircuit(keyed, (), KeyCheck.TEST, self.chain, library.on_proof)
        return self._with_ceremonys_key(provable, Path(zkey), powers, zkey_sha256)

    def verification_key(self, source: VerificationKey | Source) -> ZkVerificationKey:
        """A verification key alone, from a ``verification_key.json``.

        Raises:
            InvalidFormat: It is no JSON of snarkjs.
            InvalidKey: The key is not sound.
        """
        vk = source
        if not isinstance(vk, VerificationKey):
            vk = snarkjs_json.load_verification_key(_text(vk))
        vk.check()
        return ZkVerificationKey(vk, self.chain)

    def proof(self, proof: Proof | Source, public: Sequence[int] | Source) -> ZkProof:
        """A proof made elsewhere, from ``proof.json`` and ``public.json``; whether it holds is not checked.

        Raises:
            InvalidFormat: They are no JSON of snarkjs.
        """
        return ZkProof(_public(public), _proof(proof))

    def _provable(
        self,
        circuit: Provable | None,
        r1cs: Path | str | None,
        wasm: Path | str | None,
        sym: Path | str | None,
    ) -> Provable:
        named = {"a circuit": circuit, "r1cs": r1cs, "wasm": wasm, "sym": sym}
        if circuit is not None and not hasattr(circuit, "r1cs"):
            raise WrongArgumentType(
                "circuit", circuit, "pass what Builder.build() returned, or files by name, as r1cs= and wasm="
            )
        if circuit is not None and r1cs is wasm is sym is None:
            return circuit
        if circuit is not None or r1cs is None or wasm is None:
            raise UnclearCircuit([name for name, value in named.items() if value is not None])
        constraints, calculator = Path(r1cs), Path(wasm)
        symbols = None if sym is None else Path(sym)
        return self._library.once(
            "circuit",
            (constraints, calculator, symbols),
            lambda: circom.load(constraints, calculator, symbols=symbols, progress=self._library.progress),
        )

    def _with_ceremonys_key(
        self, circuit: Provable, path: Path, ptau: Path | None, sha256: str | None
    ) -> ZkCircuit:
        found = self._library.once(
            f"key of {circuit.digest}, {sha256}",
            (path, ptau),
            lambda: read_key(path, circuit.r1cs, ptau=ptau, sha256=sha256),
        )
        return self._keyed(circuit, path, found)

    def _of_key(
        self, wasm: Path, sym: Path | None, path: Path, ptau: Path | None, sha256: str | None
    ) -> ZkCircuit:
        """Without constraints: as much as snarkjs needs to prove."""
        library = self._library
        found = library.once(
            f"key alone, {sha256}", (path, ptau), lambda: read_key(path, None, ptau=ptau, sha256=sha256)
        )
        circuit = library.once(
            "circuit of a key",
            (path, wasm, sym),
            lambda: keycircuit.load(path, found.zkey, wasm, symbols=sym, progress=library.progress),
        )
        return self._keyed(circuit, path, found)

    def _keyed(self, circuit: Provable, path: Path, found: CeremonyKey) -> ZkCircuit:
        library = self._library
        library.on_key(path.name, found.check)
        if found.check is KeyCheck.NOTHING:
            warnings.warn(UnverifiedKeyWarning(path), stacklevel=4)
        keyed = KeyedCircuit(circuit, found.zkey.key, library.maker)
        return ZkCircuit(keyed, found.zkey.contributions, found.check, self.chain, library.on_proof)


def _deploy(chain: Chain, sender: "Sender | None", vk: VerificationKey, mode: ProofMode) -> Contract:
    return deploy_verifier(chain, chain.accounts[-1] if sender is None else sender, vk, mode=mode)


def _named(circuit: Provable) -> circom.CircomCircuit:
    if not isinstance(circuit, circom.CircomCircuit):
        raise NamelessSignals(circuit.name)
    return circuit


def _stamp(file: Path) -> Hashable:
    status = file.stat()
    return file.resolve(), status.st_mtime_ns, status.st_size


def _text(source: Source) -> str:
    is_json = isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    # What is no UTF-8 is no JSON either, and refused as such.
    return str(source) if is_json else Path(source).read_text(encoding="utf-8", errors="replace")


def _proof(source: Proof | Source) -> Proof:
    return source if isinstance(source, Proof) else snarkjs_json.load_proof(_text(source))


def _public(source: Sequence[int] | Source) -> tuple[int, ...]:
    if isinstance(source, str | Path):
        return snarkjs_json.load_public(_text(source))
    return tuple(source)


def _inputs(count: int) -> str:
    return f"{count} public input{'' if count == 1 else 's'}"
