// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILock} from "../interfaces/ILock.sol";
import {IRollup} from "../interfaces/IRollup.sol";
import {Parameters} from "../interfaces/Types.sol";
import {R} from "../libraries/Field.sol";

/// @notice What all parts of a Rollup share: what it was made with, how far it has come, and how it asks a verifier.
abstract contract RollupState is IRollup {
    /// @inheritdoc IRollup
    uint256 public constant override PROTOCOL_VERSION = 2;

    /// @dev Account indices have 32 bits in a slot's word.
    uint256 private constant MAX_LEVELS = 16;

    /// @dev The exit tree has 4 quad levels at every size, so that one claim circuit serves all.
    uint256 private constant MAX_SLOTS = 256;

    /// @dev Ten years: a deadline is far from the end of its 64 bits.
    uint256 private constant MAX_PERIOD = 3650 days;

    /// @inheritdoc IRollup
    ILock public immutable override lock;

    /// @inheritdoc IRollup
    address public immutable override operator;

    /// @inheritdoc IRollup
    address public immutable override batchVerifier;

    /// @inheritdoc IRollup
    address public immutable override claimVerifier;

    /// @inheritdoc IRollup
    address public immutable override escapeVerifier;

    /// @inheritdoc IRollup
    uint256 public immutable override domain;

    /// @inheritdoc IRollup
    uint256 public immutable override accountCapacity;

    /// @inheritdoc IRollup
    uint256 public immutable override slotCount;

    /// @inheritdoc IRollup
    uint256 public immutable override genesisRoot;

    /// @inheritdoc IRollup
    uint256 public immutable override emptyExitRoot;

    /// @inheritdoc IRollup
    uint256 public immutable override queuePeriod;

    /// @inheritdoc IRollup
    uint256 public immutable override queueInterval;

    /// @inheritdoc IRollup
    uint256 public immutable override forcedFee;

    /// @inheritdoc IRollup
    uint256 public override stateRoot;

    // One storage slot: a commit and a proof move these.

    /// @inheritdoc IRollup
    uint64 public override provenBatches;

    /// @inheritdoc IRollup
    uint64 public override committedBatches;

    /// @inheritdoc IRollup
    uint64 public override provenQueue;

    /// @inheritdoc IRollup
    uint64 public override committedQueue;

    /// @inheritdoc IRollup
    uint256 public override committedRoot;

    // One storage slot: a deposit or a request moves these, and all that moves on reads whether it may.

    /// @inheritdoc IRollup
    uint64 public override queueLength;

    /// @inheritdoc IRollup
    uint64 public override lastExpiry;

    /// @inheritdoc IRollup
    uint64 public override forcedCount;

    /// @inheritdoc IRollup
    uint32 public override accountCount;

    /// @inheritdoc IRollup
    bool public override frozen;

    /// @dev Everything that moves the rollup on ends with a freeze.
    modifier whenActive() {
        if (frozen) revert IsFrozen();
        _;
    }

    /// @param p What the rollup is made with; see Parameters.
    constructor(Parameters memory p) {
        _requireRange("levels", p.levels, 1, MAX_LEVELS);
        _requireRange("slotCount", p.slotCount, 1, MAX_SLOTS);
        _requireRange("queueInterval", p.queueInterval, 1, MAX_PERIOD);
        _requireRange("queuePeriod", p.queuePeriod, p.queueInterval, MAX_PERIOD);
        _requireRange("forcedFee", p.forcedFee, 0, type(uint128).max);
        _requireField(p.genesisRoot);
        _requireField(p.emptyExitRoot);
        if (p.lock.rollup() != address(this)) revert LockMismatch(address(p.lock), p.lock.rollup());
        _requireCode(p.batchVerifier, p.batchVerifierHash);
        _requireCode(p.claimVerifier, p.claimVerifierHash);
        _requireCode(p.escapeVerifier, p.escapeVerifierHash);

        lock = p.lock;
        operator = p.operator;
        batchVerifier = p.batchVerifier;
        claimVerifier = p.claimVerifier;
        escapeVerifier = p.escapeVerifier;
        accountCapacity = 4 ** p.levels;
        slotCount = p.slotCount;
        genesisRoot = p.genesisRoot;
        emptyExitRoot = p.emptyExitRoot;
        queuePeriod = p.queuePeriod;
        queueInterval = p.queueInterval;
        forcedFee = p.forcedFee;
        domain = uint256(keccak256(abi.encode(block.chainid, address(this), PROTOCOL_VERSION))) >> 8;
        stateRoot = p.genesisRoot;
        committedRoot = p.genesisRoot;
    }

    /// @dev A verifier answers with exactly one word that is 1; anything else, a missing answer too, is a refusal.
    function _requireVerified(address verifier, bytes memory call) internal view {
        (bool ok, bytes memory answer) = verifier.staticcall(call);
        if (!ok || answer.length != 32 || uint256(bytes32(answer)) != 1) revert InvalidProof();
    }

    function _requireCode(address verifier, bytes32 expected) private view {
        bytes32 actual = verifier.codehash;
        if (verifier.code.length == 0 || actual != expected) revert VerifierCodeMismatch(verifier, expected, actual);
    }

    function _requireRange(string memory name, uint256 value, uint256 lowest, uint256 highest) private pure {
        if (value < lowest || value > highest) revert BadParameter(name, value);
    }

    function _requireField(uint256 value) internal pure {
        if (value >= R) revert NotInField(value);
    }
}
