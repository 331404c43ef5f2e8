// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "./interfaces/IERC20.sol";
import {IMint} from "./interfaces/IMint.sol";

/// @notice Layer 2's face of a token. See IMint.
contract Mint is IMint {
    string private constant HOW = "sign a rollup transfer with your L2 key and send it to the operator";

    /// @inheritdoc IMint
    address public immutable override operator;

    /// @inheritdoc IMint
    address public immutable override l1Token;

    /// @inheritdoc IERC20
    uint8 public immutable override decimals;

    /// @inheritdoc IERC20
    string public override name;

    /// @inheritdoc IERC20
    string public override symbol;

    /// @inheritdoc IERC20
    uint256 public override totalSupply;

    /// @inheritdoc IERC20
    mapping(address account => uint256 amount) public override balanceOf;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    /// @param operator_ Who writes.
    /// @param l1Token_ The token locked on layer 1; zero is ETH.
    /// @param name_ Name to show.
    /// @param symbol_ Ticker to show.
    /// @param decimals_ Those of the locked token.
    constructor(address operator_, address l1Token_, string memory name_, string memory symbol_, uint8 decimals_) {
        operator = operator_;
        l1Token = l1Token_;
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    /// @inheritdoc IMint
    function mint(address to, uint256 amount) external override onlyOperator {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    /// @inheritdoc IMint
    function burn(address from, uint256 amount) external override onlyOperator {
        _take(from, amount);
        totalSupply -= amount;
        emit Transfer(from, address(0), amount);
    }

    /// @inheritdoc IMint
    function move(address from, address to, uint256 amount) external override onlyOperator {
        _take(from, amount);
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    /// @inheritdoc IERC20
    function allowance(address, address) external pure override returns (uint256) {
        return 0;
    }

    /// @inheritdoc IERC20
    function transfer(address, uint256) external pure override returns (bool) {
        revert TransferThroughOperator(HOW);
    }

    /// @inheritdoc IERC20
    function approve(address, uint256) external pure override returns (bool) {
        revert TransferThroughOperator(HOW);
    }

    /// @inheritdoc IERC20
    function transferFrom(address, address, uint256) external pure override returns (bool) {
        revert TransferThroughOperator(HOW);
    }

    function _take(address from, uint256 amount) private {
        uint256 balance = balanceOf[from];
        if (amount > balance) revert InsufficientBalance(from, balance, amount);
        balanceOf[from] = balance - amount;
    }
}
