// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@oz/token/ERC20/ERC20.sol";

/// @notice OpenZeppelin's ERC-20, of which the deployer gets all.
contract Oak is ERC20 {
    constructor(uint256 supply) ERC20("Oak", "OAK") {
        _mint(msg.sender, supply);
    }
}
