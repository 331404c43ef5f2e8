// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMockVerifier} from "./interfaces/IMockVerifier.sol";
import {R} from "./libraries/Field.sol";

/// @notice FOR TESTS ONLY: checks no proof. See IMockVerifier.
/// @dev One runtime for every number of inputs. The deployer appends one word: selector(4 bytes) n(28 bytes)
contract MockVerifier is IMockVerifier {
    /// @dev Bytes of calldata before the inputs: selector and the proof's eight words.
    uint256 private constant PROOF_END = 260;

    uint256 private constant TAG = uint216(bytes27("MOCK PROOF: attests nothing"));

    /// @notice Answers verifyProof with true or false; any other call reverts.
    fallback(bytes calldata data) external returns (bytes memory) {
        uint256 last;
        assembly ("memory-safe") {
            codecopy(0x00, sub(codesize(), 32), 32)
            last := mload(0x00)
        }
        bytes4 selector = bytes4(bytes32(last));
        if (msg.sig != selector) revert UnknownSelector(selector, msg.sig);
        uint256 expected = PROOF_END + 32 * uint256(uint224(last));
        if (data.length != expected) revert WrongCalldataLength(expected, data.length);
        return abi.encode(_areInField(data[PROOF_END:]) && _isMockOf(data[4:PROOF_END], data[PROOF_END:]));
    }

    function _areInField(bytes calldata inputs) private pure returns (bool) {
        for (uint256 i = 0; i < inputs.length; i += 32) {
            if (uint256(bytes32(inputs[i:i + 32])) >= R) return false;
        }
        return true;
    }

    function _isMockOf(bytes calldata proof, bytes calldata inputs) private pure returns (bool) {
        return keccak256(proof) == keccak256(abi.encode(TAG, uint256(keccak256(inputs)) % R, [uint256(0), 0, 0, 0, 0, 0]));
    }
}
