// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Pausable} from "./Pausable.sol";
import {Token} from "./Token.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Shares} from "./libraries/Shares.sol";

contract Vault is IVault, Pausable {
    Token public immutable asset;
    uint256 private immutable cap;
    uint16 private immutable feePermille;

    mapping(address => uint256) public sharesOf;

    constructor(Token asset_, Terms memory terms_) {
        asset = asset_;
        cap = terms_.cap;
        feePermille = terms_.feePermille;
    }

    function terms() external view returns (Terms memory) {
        return Terms(cap, feePermille);
    }

    function deposit(uint256 assets) external whenNotPaused returns (uint256 shares) {
        uint256 room = cap - asset.balanceOf(address(this));
        if (assets > room) revert CapExceeded(assets, room);
        require(asset.transferFrom(msg.sender, address(this), assets), "transfer failed");
        shares = Shares.afterFee(assets, feePermille);
        sharesOf[msg.sender] += shares;
        emit Deposited(msg.sender, assets, shares);
    }
}
