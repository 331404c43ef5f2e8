// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A shop's loyalty points: an ERC-20 that burns one unit in fifty of every transfer.
contract Points {
    error TooFew(address owner, uint256 balance, uint256 amount);
    error NotAllowed(address spender, uint256 allowance, uint256 amount);
    error NotShop(address caller);

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    uint256 public constant FEE_DIVISOR = 50;
    string public constant name = "Shop Points";
    string public constant symbol = "PTS";
    uint8 public constant decimals = 2;

    address public immutable shop = msg.sender;
    uint256 public totalSupply;
    mapping(address owner => uint256 amount) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    function give(address customer, uint256 amount) external {
        if (msg.sender != shop) revert NotShop(msg.sender);
        totalSupply += amount;
        balanceOf[customer] += amount;
        emit Transfer(address(0), customer, amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert NotAllowed(msg.sender, allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (balanceOf[from] < amount) revert TooFew(from, balanceOf[from], amount);
        uint256 fee = amount / FEE_DIVISOR;
        balanceOf[from] -= amount;
        balanceOf[to] += amount - fee;
        totalSupply -= fee;
        emit Transfer(from, to, amount - fee);
        emit Transfer(from, address(0), fee);
        return true;
    }
}
