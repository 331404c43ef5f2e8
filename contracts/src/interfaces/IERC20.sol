// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice ERC-20 (EIP-20) with its metadata.
interface IERC20 {
    /// @notice Tokens moved; the zero address stands for minting and burning.
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @notice `spender` may now take `value` from `owner`.
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice The token's name.
    function name() external view returns (string memory);

    /// @notice The token's ticker.
    function symbol() external view returns (string memory);

    /// @notice Decimal places that user interfaces show.
    function decimals() external view returns (uint8);

    /// @notice All tokens there are.
    function totalSupply() external view returns (uint256);

    /// @notice Tokens of `account`.
    function balanceOf(address account) external view returns (uint256);

    /// @notice What `spender` may still take from `owner`.
    function allowance(address owner, address spender) external view returns (uint256);

    /// @notice Moves `value` from the caller to `to`.
    function transfer(address to, uint256 value) external returns (bool);

    /// @notice Lets `spender` take up to `value` from the caller.
    function approve(address spender, uint256 value) external returns (bool);

    /// @notice Moves `value` from `from` to `to` out of the caller's allowance.
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}
