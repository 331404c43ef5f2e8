// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One deposit in the L1 queue. Everything that a slot of the batch circuit needs to apply it.
/// @param account Index of the account that receives it, assigned by the Rollup.
/// @param amount What Lock really received; 0 only registers the account.
/// @param owner L1 address that the account belongs to.
/// @param token ERC-20, or the zero address for ETH.
/// @param keyX BabyJubJub public key of the account, affine.
/// @param keyY Its second coordinate.
struct QueueEntry {
    uint32 account;
    uint128 amount;
    address owner;
    address token;
    uint256 keyX;
    uint256 keyY;
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
