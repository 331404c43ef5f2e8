// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchHeader} from "../../contracts/src/interfaces/Types.sol";
import {BatchData} from "../../contracts/src/libraries/BatchData.sol";

/// @notice What a rollup's contract would do for a batch whose data is in a blob, with the gas of each part.
contract BlobData {
    /// @notice The transaction brings no blob.
    error NoBlob();

    /// @notice The precompile refuses: the blob's polynomial is not y at z, or the commitment is another blob's.
    error NotTheBlobsValue(bytes32 versionedHash, uint256 z, uint256 y);

    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant Q = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    uint256 private constant ELEMENTS = 4096;
    /// @dev Inverse of 4096, and a primitive 4096th root of unity, modulo Q.
    uint256 private constant SCALE = 0x73e66878b46ae3705eb6a46a89213de7d3686828bfce5c19400fffff00100001;
    uint256 private constant ROOT = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    address private constant POINT_EVALUATION = address(10);
    uint256 private constant LOW_BITS = 144;

    /// @notice The blob of this transaction is y at z, which is drawn after the blob and the words are fixed.
    /// @param words Commitment to the words, as the circuit has it.
    function open(uint256 words, uint256 y, bytes calldata commitment, bytes calldata proof)
        external
        returns (bytes32 versionedHash, uint256 z)
    {
        versionedHash = blobhash(0);
        if (versionedHash == 0) revert NoBlob();
        z = uint256(keccak256(abi.encode(versionedHash, words))) % Q;
        (bool accepted,) =
            POINT_EVALUATION.staticcall(abi.encodePacked(versionedHash, z, y, commitment, proof));
        if (!accepted) revert NotTheBlobsValue(versionedHash, z, y);
    }

    /// @notice Evaluates, at x, the words that tell a circuit of z and y: four limbs of z, two of y.
    function tellPoint(uint256 z, uint256 y, uint256 x) external view returns (uint256 total, uint256 gas) {
        gas = gasleft();
        uint256 power = 1;
        for (uint256 shift = 0; shift < 264; shift += 66) {
            total = addmod(total, mulmod((z >> shift) & ((1 << 66) - 1), power, R), R);
            power = mulmod(power, x, R);
        }
        total = addmod(total, mulmod(y & ((1 << 132) - 1), power, R), R);
        total = addmod(total, mulmod(y >> 132, mulmod(power, x, R), R), R);
        gas -= gasleft();
    }

    /// @notice Evaluates, at x, y's words and those of z, z^2, ... z^(count - 1).
    function tellPowers(uint256 z, uint256 y, uint256 x, uint256 count)
        external
        view
        returns (uint256 total, uint256 gas)
    {
        gas = gasleft();
        uint256 power = mulmod(x, x, R);
        total = _halves(y, x);
        uint256 weight = 1;
        for (uint256 i = 1; i < count; ++i) {
            weight = mulmod(weight, z, Q);
            total = addmod(total, mulmod(_halves(weight, x), power, R), R);
            power = mulmod(power, mulmod(x, x, R), R);
        }
        gas -= gasleft();
    }

    /// @notice The same of the Lagrange weights of the blob's first elements, the first weight too.
    function tellLagrange(uint256 z, uint256 y, uint256 x, uint256 count)
        external
        view
        returns (uint256 total, uint256 gas)
    {
        gas = gasleft();
        (uint256[] memory roots, uint256 scale) = (_roots(count), _scale(z));
        uint256[] memory products = new uint256[](count);
        uint256 product = 1;
        for (uint256 i = 0; i < count; ++i) {
            products[i] = product;
            product = mulmod(product, addmod(z, Q - roots[i], Q), Q);
        }
        product = _inverse(product);
        // From the last to the first, for one inverse: Horner's rule.
        for (uint256 i = count; i > 0; --i) {
            uint256 root = roots[i - 1];
            uint256 weight = mulmod(scale, mulmod(root, mulmod(product, products[i - 1], Q), Q), Q);
            product = mulmod(product, addmod(z, Q - root, Q), Q);
            total = addmod(mulmod(total, mulmod(x, x, R), R), _halves(weight, x), R);
        }
        total = addmod(mulmod(total, mulmod(x, x, R), R), _halves(y, x), R);
        gas -= gasleft();
    }

    /// @notice What the rollup does with data in calldata: hash it for x, then evaluate it there.
    function readCalldata(BatchHeader calldata header, bytes calldata data)
        external
        view
        returns (uint256 total, uint256 gas)
    {
        gas = gasleft();
        uint256[] memory none = new uint256[](0);
        total = BatchData.evaluate(BatchData.challenge(0, header, none, data), header, none, data);
        gas -= gasleft();
    }

    function _halves(uint256 value, uint256 x) private pure returns (uint256) {
        return addmod(value & ((1 << LOW_BITS) - 1), mulmod(value >> LOW_BITS, x, R), R);
    }

    /// @dev (z^4096 - 1) / 4096.
    function _scale(uint256 z) private pure returns (uint256) {
        for (uint256 i = 1; i < ELEMENTS; i *= 2) z = mulmod(z, z, Q);
        return mulmod(addmod(z, Q - 1, Q), SCALE, Q);
    }

    /// @dev The first roots in bit-reversed order: each half is the one before times a root of twice its order.
    function _roots(uint256 count) private pure returns (uint256[] memory roots) {
        uint256[12] memory generators;
        generators[11] = ROOT;
        for (uint256 i = 11; i > 0; --i) generators[i - 1] = mulmod(generators[i], generators[i], Q);
        roots = new uint256[](count);
        roots[0] = 1;
        uint256 half = 1;
        for (uint256 level = 0; half < count; ++level) {
            for (uint256 i = half; i < 2 * half && i < count; ++i) {
                roots[i] = mulmod(roots[i - half], generators[level], Q);
            }
            half *= 2;
        }
    }

    function _inverse(uint256 value) private view returns (uint256 result) {
        (bool done, bytes memory output) =
            address(5).staticcall(abi.encode(32, 32, 32, value, Q - 2, Q));
        assert(done);
        return abi.decode(output, (uint256));
    }
}
