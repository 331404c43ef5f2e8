// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILock} from "./ILock.sol";

/// @notice What a Rollup is made with, for good.
/// @param lock Custody; deployed first, for the address that the Rollup will have.
/// @param operator Who commits batches.
/// @param batchVerifier Verifier of batch proofs.
/// @param batchVerifierHash Hash of its code, which ends with the verification key.
/// @param claimVerifier Verifier of claim proofs.
/// @param claimVerifierHash Hash of its code.
/// @param escapeVerifier Verifier of escape proofs.
/// @param escapeVerifierHash Hash of its code.
/// @param levels Quad levels of the account tree.
/// @param slotCount Slots of the batch circuit.
/// @param genesisRoot State root to start from: that of the empty tree.
/// @param emptyExitRoot Root of an exit tree without exits.
/// @param queuePeriod Seconds that the operator has to prove a queue entry, at least.
/// @param queueInterval Seconds between the deadlines of two entries, at least: what proving one takes.
/// @param forcedFee Wei that a forced withdrawal costs.
struct Parameters {
    ILock lock;
    address operator;
    address batchVerifier;
    bytes32 batchVerifierHash;
    address claimVerifier;
    bytes32 claimVerifierHash;
    address escapeVerifier;
    bytes32 escapeVerifierHash;
    uint256 levels;
    uint256 slotCount;
    uint256 genesisRoot;
    uint256 emptyExitRoot;
    uint256 queuePeriod;
    uint256 queueInterval;
    uint256 forcedFee;
}

/// @notice One entry of the L1 queue. Everything that a slot of the batch circuit needs to apply it, and when it is due.
/// @param op 1 for a deposit, 4 for a forced withdrawal.
/// @param account Index of the account that receives it, assigned by the Rollup; of a forced withdrawal, that pays it.
/// @param amount What Lock really received, 0 only registering the account; or what is to be withdrawn.
/// @param owner L1 address that the account belongs to; of a forced withdrawal, who asked for it and is paid.
/// @param token ERC-20, or the zero address for ETH; zero for a forced withdrawal, whose token is its account's.
/// @param keyX BabyJubJub public key of the account, affine; zero for a forced withdrawal.
/// @param keyY Its second coordinate.
/// @param expiry When it must be proven: afterwards anybody may freeze the Rollup.
/// @param forcedCount How many entries up to this one are forced withdrawals.
struct QueueEntry {
    uint8 op;
    uint32 account;
    uint128 amount;
    address owner;
    address token;
    uint256 keyX;
    uint256 keyY;
    uint64 expiry;
    uint64 forcedCount;
}

/// @notice The header words of a batch, in the order in which circuit and contract read them.
/// @dev Every field is one word: the struct's ABI encoding is the list of words.
/// @param oldRoot State root before the batch.
/// @param newRoot State root after it.
/// @param exitRoot Root of the batch's exit tree.
/// @param accumulatorIn Exit tree before this part; the empty tree's root while batches have one part.
/// @param number Batch number; the first is 1.
/// @param part Which part of the batch this is; 0.
/// @param parts How many parts the batch has; 1.
/// @param domain The Rollup's domain.
/// @param queueStart First queue entry that the batch takes.
/// @param queueCount How many entries it takes.
/// @param feeAccount Index of the account that is paid the fees of its operations.
/// @param slotCount Slots of the batch circuit.
/// @param wordStart First word of this part; 0.
/// @param wordCount Words of this part, header included.
struct BatchHeader {
    uint256 oldRoot;
    uint256 newRoot;
    uint256 exitRoot;
    uint256 accumulatorIn;
    uint256 number;
    uint256 part;
    uint256 parts;
    uint256 domain;
    uint256 queueStart;
    uint256 queueCount;
    uint256 feeAccount;
    uint256 slotCount;
    uint256 wordStart;
    uint256 wordCount;
}

/// @notice A Groth16 proof in the order of snarkjs's Solidity calldata: in `b`, each pair is (c1, c0).
struct Proof {
    uint256[2] a;
    uint256[2][2] b;
    uint256[2] c;
}
