// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IThing {
    function thing() external view returns (uint256);
}

library Outside {
    function twice(uint256 value) external pure returns (uint256) {
        return 2 * value;
    }
}

abstract contract Abstract {
    function todo() external virtual;
}

contract Clock {
    uint256 public constant zone = 7;
    string public name = "Clock";
    uint256 public immutable started = block.timestamp;
    address public immutable owner = msg.sender;
    bytes32 public immutable salt;

    constructor(bytes32 salt_, uint8[2] memory) {
        salt = salt_;
    }
}

contract Strange {
    constructor(IThing thing) {
        thing.thing();
    }
}

contract Picky {
    error Wanted(uint256 amount);

    constructor(uint256 amount) {
        if (amount != 7) revert Wanted(amount);
    }
}

contract Holder {
    Clock public immutable clock;

    constructor(Clock clock_) {
        clock = clock_;
    }

    function zone() external view returns (uint256) {
        return clock.zone();
    }
}

contract FeeToken {
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value - 3;
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        balanceOf[from] -= value;
        balanceOf[to] += value - 3;
        return true;
    }
}
