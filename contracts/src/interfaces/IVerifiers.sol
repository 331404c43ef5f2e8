// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Verifier of batch proofs. Public inputs: C, x, y.
interface IBatchVerifier {
    /// @notice Whether the proof holds for the inputs. Inputs of the field's order or above never hold.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata inputs
    ) external view returns (bool);
}

/// @notice Verifier of claim and escape proofs. Public inputs: exit or state root, nullifier, recipient, token, amount,
/// domain.
interface IPayoutVerifier {
    /// @notice Whether the proof holds for the inputs. Inputs of the field's order or above never hold.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[6] calldata inputs
    ) external view returns (bool);
}
