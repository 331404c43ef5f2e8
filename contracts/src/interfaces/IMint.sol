// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "./IERC20.sol";

/// @notice Layer 2's ERC-20 face of one locked token: what wallets and explorers read.
/// Its truth is the proven ledger; only the operator writes it.
interface IMint is IERC20 {
    /// @notice Only the operator writes.
    error NotOperator(address caller);

    /// @notice The ledger moves tokens, this contract only shows them. `how` says what to do instead.
    error TransferThroughOperator(string how);

    /// @notice The account holds less than is to be taken.
    error InsufficientBalance(address account, uint256 balance, uint256 amount);

    /// @notice Shows a deposit.
    function mint(address to, uint256 amount) external;

    /// @notice Shows a withdrawal.
    function burn(address from, uint256 amount) external;

    /// @notice Shows a transfer.
    function move(address from, address to, uint256 amount) external;

    /// @notice Who writes.
    function operator() external view returns (address);

    /// @notice The token that is locked on layer 1; zero is ETH.
    function l1Token() external view returns (address);
}
