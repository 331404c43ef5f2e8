// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILock} from "./interfaces/ILock.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {IBatchVerifier, IClaimVerifier} from "./interfaces/IVerifiers.sol";
import {BatchHeader, Proof, QueueEntry} from "./interfaces/Types.sol";
import {BabyJubJub} from "./libraries/BabyJubJub.sol";
import {BatchData} from "./libraries/BatchData.sol";
import {R} from "./libraries/Field.sol";

/// @notice Queue, batches, roots, claims. See IRollup.
contract Rollup is IRollup {
    /// @inheritdoc IRollup
    uint256 public constant override PROTOCOL_VERSION = 1;

    /// @dev Account indices have 32 bits in a slot's word.
    uint256 private constant MAX_LEVELS = 16;

    /// @dev The exit tree has 4 quad levels at every size, so that one claim circuit serves all.
    uint256 private constant MAX_SLOTS = 256;

    /// @inheritdoc IRollup
    ILock public immutable override lock;

    /// @inheritdoc IRollup
    address public immutable override operator;

    /// @inheritdoc IRollup
    address public immutable override batchVerifier;

    /// @inheritdoc IRollup
    address public immutable override claimVerifier;

    /// @inheritdoc IRollup
    uint256 public immutable override domain;

    /// @inheritdoc IRollup
    uint256 public immutable override accountCapacity;

    /// @inheritdoc IRollup
    uint256 public immutable override slotCount;

    /// @inheritdoc IRollup
    uint256 public immutable override genesisRoot;

    /// @inheritdoc IRollup
    uint256 public immutable override emptyExitRoot;

    /// @inheritdoc IRollup
    uint256 public override stateRoot;

    /// @inheritdoc IRollup
    uint256 public override committedRoot;

    /// @inheritdoc IRollup
    uint64 public override provenBatches;

    /// @inheritdoc IRollup
    uint64 public override committedBatches;

    /// @inheritdoc IRollup
    uint64 public override provenQueue;

    /// @inheritdoc IRollup
    uint64 public override committedQueue;

    /// @inheritdoc IRollup
    uint64 public override queueLength;

    /// @inheritdoc IRollup
    uint32 public override accountCount;

    /// @inheritdoc IRollup
    mapping(uint64 length => bytes32 hash) public override queueHash;

    /// @inheritdoc IRollup
    mapping(uint256 nullifier => bool claimed) public override isClaimed;

    /// @dev Index + 1, so that 0 means none.
    mapping(bytes32 account => uint256 indexPlusOne) private _accounts;

    /// @dev Hashes of dropped batches stay here, out of reach: only numbers up to committedBatches are read.
    mapping(uint64 number => bytes32 hash) private _commitments;

    mapping(uint64 batch => uint256 root) private _exitRoots;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    /// @param lock_ Custody; deployed first, for the address that this contract will have.
    /// @param operator_ Who commits batches.
    /// @param batchVerifier_ Verifier of batch proofs.
    /// @param batchVerifierHash Hash of its code, which ends with the verification key.
    /// @param claimVerifier_ Verifier of claim proofs.
    /// @param claimVerifierHash Hash of its code.
    /// @param levels Quad levels of the account tree.
    /// @param slotCount_ Slots of the batch circuit.
    /// @param genesisRoot_ State root to start from: that of the empty tree.
    /// @param emptyExitRoot_ Root of an exit tree without exits.
    constructor(
        ILock lock_,
        address operator_,
        address batchVerifier_,
        bytes32 batchVerifierHash,
        address claimVerifier_,
        bytes32 claimVerifierHash,
        uint256 levels,
        uint256 slotCount_,
        uint256 genesisRoot_,
        uint256 emptyExitRoot_
    ) {
        if (levels == 0 || levels > MAX_LEVELS) revert BadParameter("levels", levels);
        if (slotCount_ == 0 || slotCount_ > MAX_SLOTS) revert BadParameter("slotCount", slotCount_);
        _requireField(genesisRoot_);
        _requireField(emptyExitRoot_);
        if (lock_.rollup() != address(this)) revert LockMismatch(address(lock_), lock_.rollup());
        _requireCode(batchVerifier_, batchVerifierHash);
        _requireCode(claimVerifier_, claimVerifierHash);

        lock = lock_;
        operator = operator_;
        batchVerifier = batchVerifier_;
        claimVerifier = claimVerifier_;
        accountCapacity = 4 ** levels;
        slotCount = slotCount_;
        genesisRoot = genesisRoot_;
        emptyExitRoot = emptyExitRoot_;
        domain = uint256(keccak256(abi.encode(block.chainid, address(this), PROTOCOL_VERSION))) >> 8;
        stateRoot = genesisRoot_;
        committedRoot = genesisRoot_;
    }

    // Queue

    /// @inheritdoc IRollup
    function enqueueDeposit(address owner, address token, uint128 amount, uint256 keyX, uint256 keyY)
        external
        override
        returns (uint32 account)
    {
        if (msg.sender != address(lock)) revert NotLock(msg.sender);
        BabyJubJub.check(keyX, keyY);
        account = _assignAccount(keyX, keyY, owner, token);
        uint64 index = queueLength;
        QueueEntry memory entry = QueueEntry(account, amount, owner, token, keyX, keyY);
        queueHash[index + 1] = keccak256(abi.encode(queueHash[index], entry));
        queueLength = index + 1;
        emit DepositQueued(index, account, owner, token, amount, keyX, keyY);
    }

    // Batches

    /// @inheritdoc IRollup
    function commitBatch(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external override onlyOperator {
        (BatchHeader memory header, uint256 x, uint256 y) = _build(newRoot, exitRoot_, commitment, entries, data);
        _recordCommit(header, commitment, x, y);
        _commitments[uint64(header.number)] = _hash(header, commitment, x, y);
    }

    /// @inheritdoc IRollup
    function proveBatch(BatchHeader calldata header, uint256 commitment, uint256 x, uint256 y, Proof calldata proof)
        external
        override
    {
        uint256 number = header.number;
        if (number > committedBatches || number <= provenBatches) revert BatchNotCommitted(number);
        if (number != provenBatches + 1) revert ProofOutOfOrder(provenBatches + 1, number);
        bytes32 committed = _commitments[uint64(number)];
        bytes32 supplied = _hash(header, commitment, x, y);
        if (supplied != committed) revert CommitmentMismatch(number, committed, supplied);
        delete _commitments[uint64(number)];
        _prove(header, commitment, x, y, proof);
    }

    /// @inheritdoc IRollup
    function submitBatch(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        QueueEntry[] calldata entries,
        bytes calldata data,
        Proof calldata proof
    ) external override onlyOperator {
        if (committedBatches != provenBatches) revert UnprovenBatches(provenBatches, committedBatches);
        (BatchHeader memory header, uint256 x, uint256 y) = _build(newRoot, exitRoot_, commitment, entries, data);
        _recordCommit(header, commitment, x, y);
        _prove(header, commitment, x, y, proof);
    }

    /// @inheritdoc IRollup
    function revertBatches() external override onlyOperator {
        uint64 proven = provenBatches;
        uint64 committed = committedBatches;
        if (committed == proven) revert NothingToRevert(proven);
        committedBatches = proven;
        committedQueue = provenQueue;
        committedRoot = stateRoot;
        emit BatchesReverted(proven + 1, committed);
    }

    // Claims

    /// @inheritdoc IRollup
    function claim(
        uint64 batch,
        uint256 nullifier,
        address recipient,
        address token,
        uint128 amount,
        Proof calldata proof
    ) external override {
        uint256 root = exitRoot(batch);
        // The same exit must not be spent twice under two names of one field element.
        _requireField(nullifier);
        if (isClaimed[nullifier]) revert AlreadyClaimed(nullifier);
        isClaimed[nullifier] = true;
        uint256[6] memory inputs = [root, nullifier, uint160(recipient), uint160(token), amount, domain];
        _requireVerified(
            claimVerifier, abi.encodeCall(IClaimVerifier.verifyProof, (proof.a, proof.b, proof.c, inputs))
        );
        emit Claimed(batch, nullifier, recipient, token, amount);
        lock.release(token, recipient, amount);
    }

    // Views

    /// @inheritdoc IRollup
    function previewBatch(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external view override returns (BatchHeader memory header, uint256 x, uint256 y) {
        return _build(newRoot, exitRoot_, commitment, entries, data);
    }

    /// @inheritdoc IRollup
    function accountIndex(uint256 keyX, uint256 keyY, address owner, address token)
        external
        view
        override
        returns (bool registered, uint32 account)
    {
        uint256 indexPlusOne = _accounts[keccak256(abi.encode(keyX, keyY, owner, token))];
        registered = indexPlusOne != 0;
        if (registered) account = uint32(indexPlusOne - 1);
    }

    /// @inheritdoc IRollup
    function commitmentHash(uint64 number) external view override returns (bytes32) {
        if (number > committedBatches || number <= provenBatches) revert BatchNotCommitted(number);
        return _commitments[number];
    }

    /// @inheritdoc IRollup
    function exitRoot(uint64 batch) public view override returns (uint256) {
        if (batch == 0 || batch > provenBatches) revert BatchNotProven(batch);
        return _exitRoots[batch];
    }

    // Internals

    function _assignAccount(uint256 keyX, uint256 keyY, address owner, address token) private returns (uint32) {
        bytes32 id = keccak256(abi.encode(keyX, keyY, owner, token));
        uint256 indexPlusOne = _accounts[id];
        if (indexPlusOne != 0) return uint32(indexPlusOne - 1);
        uint32 account = accountCount;
        if (account >= accountCapacity) revert TreeFull(accountCapacity);
        _accounts[id] = uint256(account) + 1;
        accountCount = account + 1;
        return account;
    }

    /// @dev Checks a batch against queue and data, and computes where and to what its words evaluate.
    function _build(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) private view returns (BatchHeader memory header, uint256 x, uint256 y) {
        _requireField(newRoot);
        _requireField(exitRoot_);
        _requireField(commitment);
        _requireQueue(entries);
        header = BatchHeader({
            oldRoot: committedRoot,
            newRoot: newRoot,
            exitRoot: exitRoot_,
            accumulatorIn: emptyExitRoot,
            number: uint256(committedBatches) + 1,
            part: 0,
            parts: 1,
            domain: domain,
            queueStart: committedQueue,
            queueCount: entries.length,
            slotCount: slotCount,
            wordStart: 0,
            wordCount: BatchData.HEADER_WORDS + BatchData.SLOT_WORDS * slotCount
        });
        uint256[] memory fromQueue = BatchData.queueWords(entries);
        x = BatchData.challenge(commitment, header, fromQueue, data);
        y = BatchData.evaluate(x, header, fromQueue, data);
    }

    function _requireQueue(QueueEntry[] calldata entries) private view {
        if (entries.length > slotCount) revert BatchData.TooManyOperations(entries.length, slotCount);
        uint64 start = committedQueue;
        uint256 end = start + entries.length;
        if (end > queueLength) revert QueueExceeded(end, queueLength);
        bytes32 hash = queueHash[start];
        for (uint256 i = 0; i < entries.length; ++i) {
            hash = keccak256(abi.encode(hash, entries[i]));
        }
        if (hash != queueHash[uint64(end)]) revert QueueMismatch(start, entries.length);
    }

    function _recordCommit(BatchHeader memory header, uint256 commitment, uint256 x, uint256 y) private {
        committedBatches = uint64(header.number);
        committedQueue = uint64(header.queueStart + header.queueCount);
        committedRoot = header.newRoot;
        emit BatchCommitted(uint64(header.number), header, commitment, x, y);
    }

    function _prove(BatchHeader memory header, uint256 commitment, uint256 x, uint256 y, Proof calldata proof)
        private
    {
        uint256[3] memory inputs = [commitment, x, y];
        _requireVerified(
            batchVerifier, abi.encodeCall(IBatchVerifier.verifyProof, (proof.a, proof.b, proof.c, inputs))
        );
        uint64 number = uint64(header.number);
        provenBatches = number;
        provenQueue = uint64(header.queueStart + header.queueCount);
        stateRoot = header.newRoot;
        _exitRoots[number] = header.exitRoot;
        emit BatchProven(number, header.newRoot, header.exitRoot);
    }

    /// @dev A verifier answers with exactly one word that is 1; anything else, a missing answer too, is a refusal.
    function _requireVerified(address verifier, bytes memory call) private view {
        (bool ok, bytes memory answer) = verifier.staticcall(call);
        if (!ok || answer.length != 32 || uint256(bytes32(answer)) != 1) revert InvalidProof();
    }

    function _requireCode(address verifier, bytes32 expected) private view {
        bytes32 actual = verifier.codehash;
        if (verifier.code.length == 0 || actual != expected) revert VerifierCodeMismatch(verifier, expected, actual);
    }

    function _hash(BatchHeader memory header, uint256 commitment, uint256 x, uint256 y)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(commitment, x, y, header));
    }

    function _requireField(uint256 value) private pure {
        if (value >= R) revert NotInField(value);
    }
}
