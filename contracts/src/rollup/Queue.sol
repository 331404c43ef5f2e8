// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {QueueEntry} from "../interfaces/Types.sol";
import {BabyJubJub} from "../libraries/BabyJubJub.sol";
import {BatchData} from "../libraries/BatchData.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {RollupState} from "./RollupState.sol";

/// @notice What users have asked for on layer 1, in order, each with a deadline. An entry is accepted only if it can be
/// proved in any state that the rollup may come to.
abstract contract Queue is RollupState {
    /// @inheritdoc IRollup
    mapping(uint64 length => bytes32 hash) public override queueHash;

    /// @inheritdoc IRollup
    uint256 public override forcedFeesCollected;

    /// @dev Index + 1, so that 0 means none.
    mapping(bytes32 account => uint256 indexPlusOne) private _accounts;

    /// @inheritdoc IRollup
    function enqueueDeposit(address owner, address token, uint128 amount, uint256 keyX, uint256 keyY)
        external
        override
        whenActive
        returns (uint32 account)
    {
        if (msg.sender != address(lock)) revert NotLock(msg.sender);
        BabyJubJub.check(keyX, keyY);
        account = _assignAccount(keyX, keyY, owner, token);
        (uint64 index, QueueEntry memory entry) =
            _enqueue(QueueEntry(BatchData.DEPOSIT, account, amount, owner, token, keyX, keyY, 0, forcedCount));
        emit DepositQueued(index, account, owner, token, amount, keyX, keyY, entry.expiry, entry.forcedCount);
    }

    /// @inheritdoc IRollup
    function requestForcedWithdrawal(uint32 account, uint128 amount) external payable override whenActive {
        if (msg.value != forcedFee) revert WrongForcedFee(forcedFee, msg.value);
        if (account >= accountCapacity) revert NoSuchAccount(account, accountCapacity);
        uint64 count = ++forcedCount;
        (uint64 index, QueueEntry memory entry) =
            _enqueue(QueueEntry(BatchData.FORCED_WITHDRAW, account, amount, msg.sender, address(0), 0, 0, 0, count));
        emit ForcedWithdrawalQueued(index, account, msg.sender, amount, entry.expiry, count);
    }

    /// @inheritdoc IRollup
    function collectForcedFees(QueueEntry calldata last) external override {
        uint64 proven = provenQueue;
        if (proven == 0) revert NothingEarned(0);
        _requireEntry(proven - 1, last);
        uint256 earned = last.forcedCount * forcedFee;
        uint256 amount = earned - forcedFeesCollected;
        if (amount == 0) revert NothingEarned(proven);
        forcedFeesCollected = earned;
        emit ForcedFeesCollected(amount);
        if (!Transfers.sendETH(operator, amount)) revert NotDelivered(operator, amount);
    }

    /// @inheritdoc IRollup
    function accountIndex(uint256 keyX, uint256 keyY, address owner, address token)
        external
        view
        override
        returns (bool registered, uint32 account)
    {
        uint256 indexPlusOne = _accounts[keccak256(abi.encode(keyX, keyY, owner, token))];
        registered = indexPlusOne != 0;
        if (registered) account = uint32(indexPlusOne - 1);
    }

    /// @dev Refuses an entry that is not the queue's at `index`. Where the queue has ended there is no hash, and no
    /// entry makes that one.
    function _requireEntry(uint64 index, QueueEntry calldata entry) internal view {
        if (keccak256(abi.encode(queueHash[index], entry)) != queueHash[index + 1]) revert QueueMismatch(index, 1);
    }

    /// @dev Deadlines rise by an interval with each entry, so that many at once cannot make the operator late. With
    /// intervals of at most ten years, 64 bits hold the deadlines of 10^10 entries.
    function _enqueue(QueueEntry memory entry) private returns (uint64 index, QueueEntry memory) {
        uint256 expiry = block.timestamp + queuePeriod;
        uint256 earliest = lastExpiry + queueInterval;
        entry.expiry = uint64(expiry > earliest ? expiry : earliest);
        index = queueLength;
        queueHash[index + 1] = keccak256(abi.encode(queueHash[index], entry));
        queueLength = index + 1;
        lastExpiry = entry.expiry;
        return (index, entry);
    }

    function _assignAccount(uint256 keyX, uint256 keyY, address owner, address token) private returns (uint32) {
        bytes32 id = keccak256(abi.encode(keyX, keyY, owner, token));
        uint256 indexPlusOne = _accounts[id];
        if (indexPlusOne != 0) return uint32(indexPlusOne - 1);
        uint32 account = accountCount;
        if (account >= accountCapacity) revert TreeFull(accountCapacity);
        _accounts[id] = uint256(account) + 1;
        accountCount = account + 1;
        return account;
    }
}
