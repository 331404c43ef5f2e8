// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {R} from "./libraries/Field.sol";

/// @notice The proof check of one verification key. See IGroth16Verifier.
/// @dev One runtime for every key. The deployer appends the key, in words:
///     -delta (4)  alpha (2)  -beta (4)  -gamma (4)  IC[0] (2) ... IC[n] (2)  selector(4 bytes) n(28 bytes)
/// G2 coordinates have c1 first, as the precompile reads them. The deployer has checked the key (on curve, in
/// subgroup, gamma != delta). Points of the proof are checked by the precompiles, which refuse coordinates that are
/// not reduced, so a proof has one encoding.
contract Groth16Verifier is IGroth16Verifier {
    /// @dev Selector and the proof's eight words.
    uint256 private constant PROOF_END = 260;

    /// @dev Words of the key apart from the inputs' points: 14 of the pairing, 1 for selector and n.
    uint256 private constant PAIRING_BYTES = 448;

    /// @notice Answers verifyProof with true or false; any other call reverts.
    fallback() external {
        uint256 last;
        assembly ("memory-safe") {
            codecopy(0x00, sub(codesize(), 32), 32)
            last := mload(0x00)
        }
        if (msg.sig != bytes4(bytes32(last))) revert UnknownSelector(bytes4(bytes32(last)), msg.sig);
        uint256 n = uint224(last);
        uint256 expected = PROOF_END + 32 * n;
        if (msg.data.length != expected) revert WrongCalldataLength(expected, msg.data.length);

        // The function ends by returning from assembly, so Solidity's memory layout need not survive.
        assembly {
            let ic := sub(sub(codesize(), 96), mul(n, 64))
            let key := sub(ic, PAIRING_BYTES)

            // 0x00: the sum IC[0] + input[i] IC[i + 1]; 0x40: the point, then the product to add; 0x80: the input.
            codecopy(0x00, ic, 0x40)
            let ok := 1
            for { let at := PROOF_END } lt(at, expected) { at := add(at, 32) } {
                ic := add(ic, 0x40)
                codecopy(0x40, ic, 0x40)
                let input := calldataload(at)
                mstore(0x80, input)
                ok := and(ok, lt(input, R))
                ok := and(ok, staticcall(gas(), 7, 0x40, 0x60, 0x40, 0x40))
                ok := and(ok, staticcall(gas(), 6, 0x00, 0x80, 0x00, 0x40))
            }

            // e(a, b) e(c, -delta) e(alpha, -beta) e(sum, -gamma) = 1
            calldatacopy(0x100, 4, 0x100)
            codecopy(0x200, key, 0x140)
            mcopy(0x340, 0x00, 0x40)
            codecopy(0x380, add(key, 0x140), 0x80)
            // The precompile may fail before it answers: the product counts only together with its success.
            ok := and(ok, staticcall(gas(), 8, 0x100, 0x300, 0x00, 0x20))
            mstore(0x00, and(ok, mload(0x00)))
            return(0x00, 0x20)
        }
    }
}
