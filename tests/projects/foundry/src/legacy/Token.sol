// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Of the same name as the token that replaced it.
contract Token {
    uint256 public constant version = 1;
}
