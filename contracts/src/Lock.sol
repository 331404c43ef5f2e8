// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILock} from "./interfaces/ILock.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {Transfers} from "./libraries/Transfers.sol";

/// @notice Custody. See ILock.
contract Lock is ILock {
    address private constant ETH = address(0);

    /// @inheritdoc ILock
    address public immutable override rollup;

    /// @inheritdoc ILock
    mapping(address token => uint256 amount) public override locked;

    /// @inheritdoc ILock
    mapping(address recipient => uint256 amount) public override credits;

    /// @inheritdoc ILock
    uint256 public override totalCredits;

    bool private transient _entered;

    /// @dev One lock over deposit, release and credit: amounts are measured by balances, which no callback may disturb.
    modifier nonReentrant() {
        if (_entered) revert Reentrancy();
        _entered = true;
        _;
        _entered = false;
    }

    /// @param rollup_ The Rollup, whose address the deployer predicts: it checks in turn that this is its Lock.
    constructor(address rollup_) {
        rollup = rollup_;
    }

    /// @dev Without this, a plain transfer would fail without a name.
    receive() external payable {
        revert DirectTransfer(msg.sender, msg.value);
    }

    /// @inheritdoc ILock
    function depositETH(address owner, uint256 keyX, uint256 keyY)
        external
        payable
        override
        nonReentrant
        returns (uint32 account)
    {
        return _deposit(ETH, msg.value, owner, keyX, keyY);
    }

    /// @inheritdoc ILock
    function depositERC20(address token, uint256 amount, address owner, uint256 keyX, uint256 keyY)
        external
        override
        nonReentrant
        returns (uint32 account)
    {
        if (amount > type(uint128).max) revert AmountTooLarge(amount);
        Transfers.requireCode(token);
        // Some tokens refuse transfers of 0; registering an account needs none.
        uint256 received = amount == 0 ? 0 : Transfers.pull(token, msg.sender, amount);
        return _deposit(token, received, owner, keyX, keyY);
    }

    /// @inheritdoc ILock
    function release(address token, address recipient, uint256 amount) external override nonReentrant {
        if (msg.sender != rollup) revert NotRollup(msg.sender);
        uint256 total = locked[token];
        if (amount > total) revert InsufficientLocked(token, total, amount);
        if (amount == 0) return;
        locked[token] = total - amount;
        if (token == ETH) {
            _releaseETH(recipient, amount);
        } else {
            uint256 taken = Transfers.push(token, recipient, amount);
            if (taken > amount) revert ReleaseOvercharged(token, amount, taken);
        }
    }

    /// @inheritdoc ILock
    function withdrawCredit(address recipient) external override nonReentrant {
        uint256 amount = credits[recipient];
        if (amount == 0) revert NoCredit(recipient);
        credits[recipient] = 0;
        totalCredits -= amount;
        locked[ETH] -= amount;
        emit CreditWithdrawn(recipient, amount);
        if (!Transfers.sendETH(recipient, amount)) revert CreditNotDelivered(recipient, amount);
    }

    function _deposit(address token, uint256 received, address owner, uint256 keyX, uint256 keyY)
        private
        returns (uint32 account)
    {
        if (received > type(uint128).max) revert AmountTooLarge(received);
        uint256 total = locked[token] + received;
        if (total > type(uint128).max) revert LockedTotalTooLarge(token, total);
        locked[token] = total;
        return IRollup(rollup).enqueueDeposit(owner, token, uint128(received), keyX, keyY);
    }

    /// @dev A credit stays locked until it is withdrawn.
    function _releaseETH(address recipient, uint256 amount) private {
        if (Transfers.sendETH(recipient, amount)) return;
        locked[ETH] += amount;
        credits[recipient] += amount;
        totalCredits += amount;
        emit CreditAdded(recipient, amount);
    }
}
