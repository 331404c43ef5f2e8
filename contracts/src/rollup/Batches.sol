// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {IBatchVerifier} from "../interfaces/IVerifiers.sol";
import {BatchHeader, Proof, QueueEntry} from "../interfaces/Types.sol";
import {BatchData} from "../libraries/BatchData.sol";
import {Queue} from "./Queue.sol";

/// @notice Batches: committed as data by the operator, proved by anybody, and only then moving the root.
abstract contract Batches is Queue {
    /// @dev Hashes of dropped batches stay here, out of reach: only numbers up to committedBatches are read.
    mapping(uint64 number => bytes32 hash) private _commitments;

    mapping(uint64 batch => uint256 root) private _exitRoots;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    /// @inheritdoc IRollup
    function commitBatch(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external override onlyOperator whenActive {
        (BatchHeader memory header, uint256 x, uint256 y) = _build(newRoot, exitRoot_, commitment, feeAccount, entries, data);
        _recordCommit(header, commitment, x, y);
        _commitments[uint64(header.number)] = _hash(header, commitment, x, y);
    }

    /// @inheritdoc IRollup
    function proveBatch(BatchHeader calldata header, uint256 commitment, uint256 x, uint256 y, Proof calldata proof)
        external
        override
        whenActive
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
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data,
        Proof calldata proof
    ) external override onlyOperator whenActive {
        if (committedBatches != provenBatches) revert UnprovenBatches(provenBatches, committedBatches);
        (BatchHeader memory header, uint256 x, uint256 y) = _build(newRoot, exitRoot_, commitment, feeAccount, entries, data);
        _recordCommit(header, commitment, x, y);
        _prove(header, commitment, x, y, proof);
    }

    /// @inheritdoc IRollup
    function revertBatches() external override onlyOperator whenActive {
        if (committedBatches == provenBatches) revert NothingToRevert(provenBatches);
        _dropUnproven();
    }

    /// @inheritdoc IRollup
    function previewBatch(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external view override returns (BatchHeader memory header, uint256 x, uint256 y) {
        return _build(newRoot, exitRoot_, commitment, feeAccount, entries, data);
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

    /// @dev What was committed and not proved is as if it had never been; its queue entries are next again.
    function _dropUnproven() internal {
        uint64 proven = provenBatches;
        uint64 committed = committedBatches;
        if (committed == proven) return;
        committedBatches = proven;
        committedQueue = provenQueue;
        committedRoot = stateRoot;
        emit BatchesReverted(proven + 1, committed);
    }

    /// @dev Checks a batch against queue and data, and computes where and to what its words evaluate.
    function _build(
        uint256 newRoot,
        uint256 exitRoot_,
        uint256 commitment,
        uint32 feeAccount,
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
            feeAccount: feeAccount,
            slotCount: slotCount,
            wordStart: 0,
            wordCount: BatchData.HEADER_WORDS + BatchData.SLOT_WORDS * slotCount
        });
        uint256[] memory fromQueue = BatchData.queueWords(entries);
        x = BatchData.challenge(commitment, header, fromQueue, data);
        y = BatchData.evaluate(x, header, fromQueue, data);
    }

    function _requireQueue(QueueEntry[] calldata entries) private view {
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

    function _hash(BatchHeader memory header, uint256 commitment, uint256 x, uint256 y)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(commitment, x, y, header));
    }
}
