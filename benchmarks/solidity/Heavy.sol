// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Work that is all opcodes: what an interpreter in Python is worst at.
contract Heavy {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice A permutation of Poseidon's shape, width 3: 8 full and 57 partial rounds, constants made up.
    function permute(uint256 x, uint256 y) external pure returns (uint256) {
        uint256 z;
        for (uint256 round; round < 65; ++round) {
            x = _power(addmod(x, round + 1, R));
            if (round < 4 || round > 60) {
                y = _power(addmod(y, round + 2, R));
                z = _power(addmod(z, round + 3, R));
            }
            uint256 sum = addmod(addmod(x, y, R), z, R);
            (x, y, z) = (addmod(sum, x, R), addmod(sum, mulmod(2, y, R), R), addmod(sum, mulmod(3, z, R), R));
        }
        return x;
    }

    /// @notice The Keccak root of 128 leaves that a seed makes, in memory.
    function merkle(uint256 seed) external pure returns (bytes32) {
        bytes32[] memory nodes = new bytes32[](128);
        for (uint256 i; i < 128; ++i) nodes[i] = bytes32(seed + i);
        for (uint256 width = 64; width > 0; width /= 2) {
            for (uint256 i; i < width; ++i) nodes[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
        }
        return nodes[0];
    }

    function _power(uint256 x) private pure returns (uint256) {
        uint256 square = mulmod(x, x, R);
        return mulmod(mulmod(square, square, R), x, R);
    }
}
