// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchHeader, QueueEntry} from "../interfaces/Types.sol";
import {R} from "./Field.sol";

/// @notice The words of a batch: 14 of the header, then 5 a slot. Slots take their words from the queue first and
/// from the posted data after it; slots that are left are noops, all zero.
/// @dev A slot's words: op(1) fee(2) from(4) to(4) amount(16) packed big-endian; owner or recipient; token; key x; key y.
library BatchData {
    /// @notice Only transfers (2) and withdrawals (3) may be posted: L1 operations come from the queue.
    error OperationNotAllowed(uint256 offset, uint256 op);

    /// @notice Data ends within a record.
    error TruncatedRecord(uint256 offset, uint256 size, uint256 remaining);

    /// @notice The batch holds more operations than the circuit has slots.
    error TooManyOperations(uint256 operations, uint256 slots);

    uint256 internal constant HEADER_WORDS = 14;
    uint256 internal constant SLOT_WORDS = 5;

    uint8 internal constant DEPOSIT = 1;
    uint8 internal constant FORCED_WITHDRAW = 4;

    uint256 private constant TRANSFER = 2;
    uint256 private constant WITHDRAW = 3;
    uint256 private constant PACKED_BYTES = 27;
    uint256 private constant WITHDRAW_BYTES = 47;

    /// @notice The words of the batch's queue slots, five an entry.
    function queueWords(QueueEntry[] calldata entries) internal pure returns (uint256[] memory words) {
        words = new uint256[](entries.length * SLOT_WORDS);
        uint256 i = 0;
        for (uint256 e = 0; e < entries.length; ++e) {
            QueueEntry calldata entry = entries[e];
            // A deposit's account receives, that of a forced withdrawal pays.
            uint256 position = entry.op == DEPOSIT ? 128 : 160;
            words[i++] = (uint256(entry.op) << 208) | (uint256(entry.account) << position) | entry.amount;
            words[i++] = uint160(entry.owner);
            words[i++] = uint160(entry.token);
            words[i++] = entry.keyX;
            words[i++] = entry.keyY;
        }
    }

    /// @notice x: where the words are evaluated. It covers C and everything that the words are made of, so nothing
    /// can be chosen after it. The header fixes where queue words end and data begins.
    function challenge(
        uint256 commitment,
        BatchHeader memory header,
        uint256[] memory fromQueue,
        bytes calldata data
    ) internal pure returns (uint256) {
        bytes memory fixedPart = abi.encode(commitment, header);
        return uint256(keccak256(bytes.concat(fixedPart, abi.encodePacked(fromQueue), data))) % R;
    }

    /// @notice y = sum of words[i] * x^i. Checks the data while it reads it.
    /// @dev All words are below R: the caller checks roots, the queue its keys, and the rest have at most 31 bytes.
    function evaluate(uint256 x, BatchHeader memory header, uint256[] memory fromQueue, bytes calldata data)
        internal
        pure
        returns (uint256 y)
    {
        uint256 power = 1;
        uint256[HEADER_WORDS] memory headerWords = _words(header);
        for (uint256 i = 0; i < HEADER_WORDS; ++i) {
            y = addmod(y, mulmod(headerWords[i], power, R), R);
            power = mulmod(power, x, R);
        }
        for (uint256 i = 0; i < fromQueue.length; ++i) {
            y = addmod(y, mulmod(fromQueue[i], power, R), R);
            power = mulmod(power, x, R);
        }
        return _evaluateData(x, y, power, data, header.queueCount, header.slotCount);
    }

    /// @dev A record fills at most the first two words of its slot, so that a slot costs two or three products, and
    /// the noops at the end cost nothing.
    function _evaluateData(
        uint256 x,
        uint256 y,
        uint256 power,
        bytes calldata data,
        uint256 operations,
        uint256 slots
    ) private pure returns (uint256) {
        uint256 slotStep = mulmod(x, x, R);
        slotStep = mulmod(mulmod(slotStep, slotStep, R), x, R);
        uint256 offset = 0;
        while (offset < data.length) {
            (uint256 packed, uint256 recipient, uint256 next) = _record(data, offset);
            y = addmod(y, mulmod(packed, power, R), R);
            if (recipient != 0) y = addmod(y, mulmod(recipient, mulmod(power, x, R), R), R);
            power = mulmod(power, slotStep, R);
            offset = next;
            ++operations;
        }
        if (operations > slots) revert TooManyOperations(operations, slots);
        return y;
    }

    /// @dev The record at `offset`: its first two words, and where the next record begins.
    function _record(bytes calldata data, uint256 offset)
        private
        pure
        returns (uint256 packed, uint256 recipient, uint256 next)
    {
        uint256 remaining = data.length - offset;
        if (remaining < PACKED_BYTES) revert TruncatedRecord(offset, PACKED_BYTES, remaining);
        packed = _load(data, offset) >> 40;
        uint256 op = packed >> 208;
        next = offset + PACKED_BYTES;
        if (op == WITHDRAW) {
            if (remaining < WITHDRAW_BYTES) revert TruncatedRecord(offset, WITHDRAW_BYTES, remaining);
            recipient = _load(data, next) >> 96;
            next = offset + WITHDRAW_BYTES;
        } else if (op != TRANSFER) {
            revert OperationNotAllowed(offset, op);
        }
    }

    /// @dev The 32 bytes at `offset`; beyond the data's end they are whatever follows, and the caller shifts them out.
    function _load(bytes calldata data, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    /// @dev A struct of 14 words lies in memory as an array of 14 words does.
    function _words(BatchHeader memory header) private pure returns (uint256[HEADER_WORDS] memory words) {
        assembly ("memory-safe") {
            words := header
        }
    }
}
