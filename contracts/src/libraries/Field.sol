// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Order of BN254's scalar field, in which circuits compute.
uint256 constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
