// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Custody of everything that lives on layer 2: ETH (token zero) and ERC-20 tokens.
/// It counts what it really received, token by token, and pays only what its Rollup has seen proved.
/// Immutable and without an owner.
interface ILock {
    /// @notice Only the Rollup may call this.
    error NotRollup(address caller);

    /// @notice A token or a receiver called back into Lock.
    error Reentrancy();

    /// @notice Amounts are below 2^128.
    error AmountTooLarge(uint256 amount);

    /// @notice The locked total of a token stays below 2^128, so that no balance on layer 2 can overflow.
    error LockedTotalTooLarge(address token, uint256 total);

    /// @notice More is to be released than is locked of this token.
    error InsufficientLocked(address token, uint256 locked, uint256 amount);

    /// @notice The token took more from Lock than was to be released; other depositors would pay for it.
    error ReleaseOvercharged(address token, uint256 amount, uint256 taken);

    /// @notice Nothing is credited to this recipient.
    error NoCredit(address recipient);

    /// @notice The recipient refused its ETH again; the credit stays.
    error CreditNotDelivered(address recipient, uint256 amount);

    /// @notice ETH enters through depositETH only: a plain transfer names no account.
    error DirectTransfer(address sender, uint256 amount);

    /// @notice ETH could not be delivered by a release and waits for withdrawCredit.
    event CreditAdded(address indexed recipient, uint256 amount);

    /// @notice A credit was paid.
    event CreditWithdrawn(address indexed recipient, uint256 amount);

    /// @notice Locks the ETH sent, for the account (key, owner, ETH) on layer 2.
    /// @param owner L1 address that the account belongs to.
    /// @param keyX BabyJubJub public key of the account, affine.
    /// @param keyY Its second coordinate.
    /// @return account The account's index. A deposit of 0 only registers it.
    function depositETH(address owner, uint256 keyX, uint256 keyY) external payable returns (uint32 account);

    /// @notice Locks tokens that the caller has approved, for the account (key, owner, token) on layer 2.
    /// @dev What is credited is what arrived: a token that takes a fee credits less than `amount`.
    /// @param token ERC-20 contract; an address without code is refused, and so is an ERC-721.
    /// @param amount How much to take from the caller.
    /// @param owner L1 address that the account belongs to.
    /// @param keyX BabyJubJub public key of the account, affine.
    /// @param keyY Its second coordinate.
    /// @return account The account's index. A deposit of 0 only registers it, without a transfer.
    function depositERC20(address token, uint256 amount, address owner, uint256 keyX, uint256 keyY)
        external
        returns (uint32 account);

    /// @notice Pays a proven exit, an escape or a refund. Only the Rollup calls this, after it has marked it as paid.
    /// @dev ETH that the recipient does not take becomes a credit; a failing ERC-20 transfer reverts.
    function release(address token, address recipient, uint256 amount) external;

    /// @notice Pays a recipient's credit. Anyone may call it; only `recipient` is ever paid.
    function withdrawCredit(address recipient) external;

    /// @notice The one contract that may release.
    function rollup() external view returns (address);

    /// @notice How much of `token` is locked, credits included.
    function locked(address token) external view returns (uint256);

    /// @notice ETH that waits for `recipient`.
    function credits(address recipient) external view returns (uint256);

    /// @notice ETH that waits for all recipients together.
    function totalCredits() external view returns (uint256);
}
