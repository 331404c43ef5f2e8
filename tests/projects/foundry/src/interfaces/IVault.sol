// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Keeps an asset and gives shares of it.
interface IVault {
    struct Terms {
        uint256 cap;
        uint16 feePermille;
    }

    event Deposited(address indexed owner, uint256 assets, uint256 shares);

    error CapExceeded(uint256 assets, uint256 room);

    function deposit(uint256 assets) external returns (uint256 shares);

    function terms() external view returns (Terms memory);
}
