// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The part of ERC-721 (EIP-721) by which Lock tells such a token from an ERC-20: its drafts have it too.
interface IERC721 {
    /// @notice Who holds the token `id`.
    function ownerOf(uint256 id) external view returns (address);
}
