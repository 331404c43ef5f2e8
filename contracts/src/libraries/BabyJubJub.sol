// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {R} from "./Field.sol";

/// @notice Checks public keys on the twisted Edwards curve A x^2 + y^2 = 1 + D x^2 y^2 over BN254's scalar
/// field (ERC-2494). A is a square and D is not, so the formulas below have no exceptions.
library BabyJubJub {
    /// @notice A coordinate of the key is not below the field's order.
    error KeyNotInField(uint256 x, uint256 y);

    /// @notice The key is not a point of the curve.
    error KeyOffCurve(uint256 x, uint256 y);

    /// @notice Eight times the key is the identity: signatures for it prove nothing.
    error KeyOfSmallOrder(uint256 x, uint256 y);

    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

    /// @notice Refuses what is no public key: coordinates off the field, off the curve, of small order.
    function check(uint256 x, uint256 y) internal pure {
        if (x >= R || y >= R) revert KeyNotInField(x, y);
        uint256 xx = mulmod(x, x, R);
        uint256 yy = mulmod(y, y, R);
        uint256 left = addmod(mulmod(A, xx, R), yy, R);
        uint256 right = addmod(1, mulmod(D, mulmod(xx, yy, R), R), R);
        if (left != right) revert KeyOffCurve(x, y);

        (uint256 X, uint256 Y, uint256 Z) = _double(x, y, 1);
        (X, Y, Z) = _double(X, Y, Z);
        (X, Y, Z) = _double(X, Y, Z);
        if (X == 0 && Y == Z) revert KeyOfSmallOrder(x, y);
    }

    /// @dev Projective doubling, dbl-2008-bbjlp (Bernstein, Birkner, Joye, Lange, Peters: Twisted Edwards Curves).
    function _double(uint256 X, uint256 Y, uint256 Z) private pure returns (uint256, uint256, uint256) {
        uint256 sum = addmod(X, Y, R);
        uint256 xx = mulmod(X, X, R);
        uint256 yy = mulmod(Y, Y, R);
        uint256 axx = mulmod(A, xx, R);
        uint256 f = addmod(axx, yy, R);
        uint256 j = addmod(f, R - mulmod(2, mulmod(Z, Z, R), R), R);
        // (X + Y)^2 - X^2 - Y^2 = 2 X Y
        uint256 xy2 = addmod(mulmod(sum, sum, R), R - addmod(xx, yy, R), R);
        return (mulmod(xy2, j, R), mulmod(f, addmod(axx, R - yy, R), R), mulmod(f, j, R));
    }
}
