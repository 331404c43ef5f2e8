// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Reverts every call with one word that is 1, as if that were an answer.
contract RevertingVerifier {
    fallback() external {
        assembly {
            mstore(0, 1)
            revert(0, 32)
        }
    }
}

/// @notice Answers every call with the bytes it was made with: for tests of how Rollup reads an answer.
contract AnsweringVerifier {
    bytes public answer;

    constructor(bytes memory answer_) {
        answer = answer_;
    }

    fallback() external {
        bytes memory out = answer;
        assembly {
            return(add(out, 32), mload(out))
        }
    }
}
