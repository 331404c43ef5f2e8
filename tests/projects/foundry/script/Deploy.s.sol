// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Token} from "../src/Token.sol";

contract Deploy {
    function run() external returns (Token) {
        return new Token(5000);
    }
}
