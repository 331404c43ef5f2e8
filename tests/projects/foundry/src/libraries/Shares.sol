// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Rounding} from "./Rounding.sol";

/// Its functions are external, so that who uses it has to be linked; it has to be linked itself.
library Shares {
    function afterFee(uint256 assets, uint16 feePermille) external pure returns (uint256) {
        return assets - Rounding.up(assets * feePermille, 1000);
    }
}
