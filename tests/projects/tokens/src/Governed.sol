// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// Makes an artifact of it too.
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice A number that only its governor sets.
contract Governed {
    error NotGovernor(address caller);

    address public immutable governor;
    uint256 public fee;

    constructor(address governor_) {
        governor = governor_;
    }

    function setFee(uint256 fee_) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        fee = fee_;
    }
}
