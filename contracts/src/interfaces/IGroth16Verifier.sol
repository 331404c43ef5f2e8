// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A Groth16 verifier over BN254 for any number n of public inputs, called as snarkjs's verifier is:
/// verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[n] inputs) returns (bool).
/// @dev The selector depends on n, which only the deployed key knows; so the function stands in no Solidity interface.
interface IGroth16Verifier {
    /// @notice The call is not verifyProof with the key's number of inputs.
    error UnknownSelector(bytes4 expected, bytes4 given);

    /// @notice The calldata is longer or shorter than verifyProof's.
    error WrongCalldataLength(uint256 expected, uint256 given);
}
