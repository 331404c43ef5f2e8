// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchHeader, QueueEntry} from "contracts/src/interfaces/Types.sol";
import {BatchData} from "contracts/src/libraries/BatchData.sol";

/// @notice The library that Rollup reads batches with, for any header: a vector's batch need not come next anywhere.
contract BatchDataHarness {
    function instance(
        uint256 commitment,
        BatchHeader memory header,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external pure returns (uint256 x, uint256 y) {
        uint256[] memory words = BatchData.queueWords(entries);
        x = BatchData.challenge(commitment, header, words, data);
        y = BatchData.evaluate(x, header, words, data);
    }
}
