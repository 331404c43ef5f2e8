// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

interface IERC20 {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

interface IQueue {
    function enqueueDeposit(address owner, address token, uint128 amount, uint256 keyX, uint256 keyY)
        external
        returns (uint32 account);
}

/// @notice Custody for a rollup's first months: no more of each token than the cap, and a guardian who may stop
/// deposits, but never a payout. Tokens must return true from transfers.
contract CappedBridge {
    error NotRollup(address caller);
    error NotGuardian(address caller);
    error DepositsPaused();
    error CapExceeded(address token, uint256 total, uint256 cap);
    error PayoutFailed(address token, address recipient, uint256 amount);

    address public immutable rollup;
    address public immutable guardian;
    uint256 public immutable cap;

    bool public paused;
    mapping(address token => uint256 amount) public locked;

    bool private transient _entered;

    modifier nonReentrant() {
        require(!_entered, "reentered");
        _entered = true;
        _;
        _entered = false;
    }

    constructor(address rollup_, uint256 cap_) {
        require(cap_ <= type(uint128).max, "the rollup's amounts have 128 bits");
        rollup = rollup_;
        guardian = msg.sender;
        cap = cap_;
    }

    function setPaused(bool paused_) external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        paused = paused_;
    }

    function depositETH(address owner, uint256 keyX, uint256 keyY)
        external
        payable
        nonReentrant
        returns (uint32 account)
    {
        return _deposit(address(0), msg.value, owner, keyX, keyY);
    }

    function depositERC20(address token, uint256 amount, address owner, uint256 keyX, uint256 keyY)
        external
        nonReentrant
        returns (uint32 account)
    {
        uint256 before = IERC20(token).balanceOf(address(this));
        require(amount == 0 || IERC20(token).transferFrom(msg.sender, address(this), amount), "not transferred");
        return _deposit(token, IERC20(token).balanceOf(address(this)) - before, owner, keyX, keyY);
    }

    /// @notice Pays an exit whose proof the rollup has verified; paused or not.
    function release(address token, address recipient, uint256 amount) external nonReentrant {
        if (msg.sender != rollup) revert NotRollup(msg.sender);
        locked[token] -= amount;
        bool paid;
        if (token == address(0)) (paid,) = recipient.call{value: amount}("");
        else paid = IERC20(token).transfer(recipient, amount);
        if (!paid) revert PayoutFailed(token, recipient, amount);
    }

    function _deposit(address token, uint256 received, address owner, uint256 keyX, uint256 keyY)
        private
        returns (uint32 account)
    {
        if (paused) revert DepositsPaused();
        uint256 total = locked[token] + received;
        if (total > cap) revert CapExceeded(token, total, cap);
        locked[token] = total;
        return IQueue(rollup).enqueueDeposit(owner, token, uint128(received), keyX, keyY);
    }
}
