// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "../interfaces/IERC20.sol";
import {IERC721} from "../interfaces/IERC721.sol";

/// @notice Moves ETH and the ERC-20 tokens that exist: those that return true, and those that return nothing.
library Transfers {
    /// @notice There is no contract at the token's address, so a call would succeed and move nothing.
    error TokenWithoutCode(address token);

    /// @notice The token refused the transfer: it reverted or did not return true. `answer` is what it said.
    error TokenTransferFailed(address token, address from, address to, uint256 amount, bytes answer);

    /// @notice After being paid, Lock held less than before.
    error TokenBalanceShrank(address token, uint256 before, uint256 afterwards);

    /// @notice The token is an ERC-721: what would be locked is the one token `id`, and no transfer could pay it out.
    error TokenNotFungible(address token, uint256 id);

    /// @dev ownerOf of an ERC-721 that has just moved takes a fraction of this. WETH9's fallback takes all of it.
    uint256 private constant OWNER_GAS = 50_000;

    /// @notice Refuses addresses without code.
    function requireCode(address token) internal view {
        if (token.code.length == 0) revert TokenWithoutCode(token);
    }

    /// @notice Takes tokens from `from` and returns how many arrived.
    function pull(address token, address from, uint256 amount) internal returns (uint256) {
        uint256 before = IERC20(token).balanceOf(address(this));
        (bool ok, bytes memory answer) = token.call(abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)));
        if (!_affirms(ok, answer)) revert TokenTransferFailed(token, from, address(this), amount, answer);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        if (afterwards < before) revert TokenBalanceShrank(token, before, afterwards);
        uint256 received = afterwards - before;
        // An ERC-721 takes the same call and counts one token more, whatever its id. So an ERC-20 of which the whole
        // amount arrived is asked nothing, unless the amount is 1.
        if ((received != amount || amount == 1) && _ownsToken(token, amount)) revert TokenNotFungible(token, amount);
        return received;
    }

    /// @notice Sends tokens and returns how many left.
    function push(address token, address to, uint256 amount) internal returns (uint256) {
        uint256 before = IERC20(token).balanceOf(address(this));
        (bool ok, bytes memory answer) = token.call(abi.encodeCall(IERC20.transfer, (to, amount)));
        if (!_affirms(ok, answer)) revert TokenTransferFailed(token, address(this), to, amount, answer);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        return afterwards < before ? before - afterwards : 0;
    }

    /// @notice Sends ETH and returns whether the receiver took it. What it answers is not copied, so that a long
    /// answer cannot eat the caller's gas.
    function sendETH(address to, uint256 amount) internal returns (bool taken) {
        assembly ("memory-safe") {
            taken := call(gas(), to, amount, 0, 0, 0, 0)
        }
    }

    /// @dev Whether `token` says that this contract owns the token `id`. An ERC-20 has no ownerOf: it reverts, or its
    /// fallback answers something else. A caller who leaves too little gas to ask has too little left for a deposit.
    function _ownsToken(address token, uint256 id) private view returns (bool) {
        (bool ok, bytes memory answer) = token.staticcall{gas: OWNER_GAS}(abi.encodeCall(IERC721.ownerOf, (id)));
        return ok && uint256(bytes32(answer)) == uint160(address(this));
    }

    /// @dev Success is no revert, and either no answer or exactly a word that is 1.
    function _affirms(bool ok, bytes memory answer) private pure returns (bool) {
        return ok && (answer.length == 0 || (answer.length == 32 && uint256(bytes32(answer)) == 1));
    }
}
