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
    /// @dev Bytes of calldata before the inputs: selector and the proof's eight words.
    uint256 private constant PROOF_END = 260;

    /// @notice Answers verifyProof with true or false; any other call reverts.
    fallback() external {
        uint256 last;
        assembly ("memory-safe") {
            codecopy(0x00, sub(codesize(), 32), 32)
            last := mload(0x00)
        }
        if (msg.sig != bytes4(bytes32(last))) revert UnknownSelector(bytes4(bytes32(last)), msg.sig);
        uint256 expected;
        unchecked {
            // n is a few hundred at most: its points lie in the code.
            expected = PROOF_END + 32 * uint224(last);
        }
        if (msg.data.length != expected) revert WrongCalldataLength(expected, msg.data.length);

        // The function ends by returning from assembly, so Solidity's memory layout need not survive. From 0x000 on
        // lies what the pairing will read:
        //     a (2)  b (4)  c (2)  -delta (4)  alpha (2)  -beta (4)  sum (2)  -gamma (4)
        // Until -gamma is copied, its place holds a point and its input for the multiplication, then the product.
        assembly {
            // IC[0] lies before the last word and n other points.
            let point := sub(sub(codesize(), 96), shl(1, sub(expected, PROOF_END)))
            calldatacopy(0x000, 4, 0x100)
            codecopy(0x100, sub(point, 0x1c0), 0x140)
            let gamma := sub(point, 0x80)

            // sum = IC[0] + input[0] IC[1] + input[1] IC[2] + ...
            codecopy(0x240, point, 0x40)
            let ok := 1
            for { let at := PROOF_END } lt(at, expected) { at := add(at, 32) } {
                point := add(point, 0x40)
                codecopy(0x280, point, 0x40)
                let input := calldataload(at)
                mstore(0x2c0, input)
                // Arguments are evaluated from the last to the first: ecMul, then ecAdd.
                ok := and(
                    and(lt(input, R), ok),
                    and(
                        staticcall(gas(), 6, 0x240, 0x80, 0x240, 0x40),
                        staticcall(gas(), 7, 0x280, 0x60, 0x280, 0x40)
                    )
                )
            }

            // e(a, b) e(c, -delta) e(alpha, -beta) e(sum, -gamma) = 1
            codecopy(0x280, gamma, 0x80)
            // The precompile may fail before it answers: the product counts only together with its success.
            ok := and(staticcall(gas(), 8, 0x000, 0x300, 0x000, 0x20), ok)
            mstore(0x00, and(mload(0x00), ok))
            return(0x00, 0x20)
        }
    }
}
