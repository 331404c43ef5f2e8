// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16Verifier} from "./IGroth16Verifier.sol";

/// @notice FOR TESTS ONLY. Stands where a Groth16Verifier stands and is called as one, but checks no proof: it takes
/// what anybody can compute from the public inputs alone. A rollup over it attests nothing.
/// @dev verifyProof answers true for exactly one value of the proof's eight words:
///     a = (the text "MOCK PROOF: attests nothing" as a number, keccak256(inputs) mod r)   b = 0   c = 0
/// So a test still sees that other inputs are refused. That a is no point of the curve, for any inputs: a
/// Groth16Verifier refuses it always. Inputs of r or more never hold, real proofs never hold.
interface IMockVerifier is IGroth16Verifier {}
