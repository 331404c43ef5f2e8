// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

library Rounding {
    function up(uint256 value, uint256 divisor) external pure returns (uint256) {
        return (value + divisor - 1) / divisor;
    }
}
