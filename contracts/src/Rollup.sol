// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Parameters} from "./interfaces/Types.sol";
import {Payouts} from "./rollup/Payouts.sol";
import {RollupState} from "./rollup/RollupState.sol";

/// @notice Queue, batches, roots, claims and escapes of one rollup. See IRollup.
contract Rollup is Payouts {
    /// @param parameters What it is made with, for good.
    constructor(Parameters memory parameters) RollupState(parameters) {}
}
