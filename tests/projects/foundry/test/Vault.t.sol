// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Token} from "../src/Token.sol";

/// A forge test, and a mock of its own: neither is the project's to deploy.
contract MockToken is Token(1000) {}

contract VaultTest {
    function test_supply() external {
        require(new MockToken().totalSupply() == 1000, "supply");
    }
}
