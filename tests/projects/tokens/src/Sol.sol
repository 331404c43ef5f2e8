// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "solady/src/tokens/ERC20.sol";
// Makes an artifact of it too.
import {WETH} from "solady/src/tokens/WETH.sol";

/// @notice Solady's ERC-20, whose errors are raised in assembly, of which the deployer gets all.
contract Sol is ERC20 {
    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }

    function name() public pure override returns (string memory) {
        return "Sol";
    }

    function symbol() public pure override returns (string memory) {
        return "SOL";
    }
}
