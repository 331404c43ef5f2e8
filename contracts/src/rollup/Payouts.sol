// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRollup} from "../interfaces/IRollup.sol";
import {IPayoutVerifier} from "../interfaces/IVerifiers.sol";
import {Proof, QueueEntry} from "../interfaces/Types.sol";
import {BatchData} from "../libraries/BatchData.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {Batches} from "./Batches.sol";

/// @notice The ways out: exits of proven batches at any time; and after a freeze, which anybody can bring about where
/// the operator does not serve the queue, escapes from the last proven state and refunds of what it did not take.
/// @dev No unit leaves twice: an exit's amount has left its account's leaf in the state that an escape is proved
/// against, and a queue entry is either in that state or beyond the proven pointer, where alone it is given back.
abstract contract Payouts is Batches {
    /// @inheritdoc IRollup
    mapping(uint256 nullifier => bool claimed) public override isClaimed;

    /// @inheritdoc IRollup
    mapping(uint64 index => bool refunded) public override isRefunded;

    modifier whenFrozen() {
        if (!frozen) revert NotFrozen();
        _;
    }

    /// @inheritdoc IRollup
    function claim(
        uint64 batch,
        uint256 nullifier,
        address recipient,
        address token,
        uint128 amount,
        Proof calldata proof
    ) external override {
        _spend(claimVerifier, exitRoot(batch), nullifier, recipient, token, amount, proof);
        emit Claimed(batch, nullifier, recipient, token, amount);
        lock.release(token, recipient, amount);
    }

    /// @inheritdoc IRollup
    function freeze(QueueEntry calldata first) external override whenActive {
        uint64 index = provenQueue;
        if (index == queueLength) revert NothingDue(index);
        _requireEntry(index, first);
        if (block.timestamp <= first.expiry) revert NotOverdue(first.expiry, block.timestamp);
        frozen = true;
        _dropUnproven();
        emit Frozen(index, provenBatches, stateRoot);
    }

    /// @inheritdoc IRollup
    function escape(uint256 nullifier, address owner, address token, uint128 amount, Proof calldata proof)
        external
        override
        whenFrozen
    {
        _spend(escapeVerifier, stateRoot, nullifier, owner, token, amount, proof);
        emit Escaped(nullifier, owner, token, amount);
        lock.release(token, owner, amount);
    }

    /// @inheritdoc IRollup
    function refund(uint64 index, QueueEntry calldata entry) external override whenFrozen {
        if (index < provenQueue || index >= queueLength) revert NotRefundable(index, provenQueue, queueLength);
        _requireEntry(index, entry);
        if (isRefunded[index]) revert AlreadyRefunded(index);
        isRefunded[index] = true;
        if (entry.op == BatchData.DEPOSIT) {
            emit Refunded(index, entry.owner, entry.token, entry.amount);
            lock.release(entry.token, entry.owner, entry.amount);
        } else {
            emit Refunded(index, entry.owner, address(0), forcedFee);
            if (!Transfers.sendETH(entry.owner, forcedFee)) revert NotDelivered(entry.owner, forcedFee);
        }
    }

    /// @dev Spends a nullifier for which `verifier` has a proof that `root` owes `amount` to `recipient`.
    function _spend(
        address verifier,
        uint256 root,
        uint256 nullifier,
        address recipient,
        address token,
        uint128 amount,
        Proof calldata proof
    ) private {
        // The same exit must not be spent twice under two names of one field element.
        _requireField(nullifier);
        if (isClaimed[nullifier]) revert AlreadyClaimed(nullifier);
        uint256[6] memory inputs = [root, nullifier, uint160(recipient), uint160(token), amount, domain];
        _requireVerified(verifier, abi.encodeCall(IPayoutVerifier.verifyProof, (proof.a, proof.b, proof.c, inputs)));
        isClaimed[nullifier] = true;
    }
}
