// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BabyJubJub} from "contracts/src/libraries/BabyJubJub.sol";

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

interface ITinyVerifier {
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[9] calldata inputs
    ) external view returns (bool);
}

/// @notice A validity rollup in miniature, of another shape than the reference: one ERC-20, sixteen accounts, batches
/// of two operations that are committed, proved and executed, and withdrawals paid by Merkle proofs over keccak.
/// The token is trusted. The sequencer can leave operations out, and stop everything by a root that has no proof; it
/// cannot take or make anything.
/// @dev Custody, queue, batches and exits in one contract. All that a batch's operations consist of are public inputs
/// of its proof, so nothing is hashed in the circuit but leaves, nodes and signed messages.
contract TinyRollup {
    struct Request {
        uint256 account;
        uint256 amount;
    }

    struct BatchInfo {
        uint256 oldRoot;
        uint256 newRoot;
        uint256[2] words;
    }

    error AccountsFull();
    error TokenRefused();
    error TotalTooLarge(uint256 total);
    error NotSequencer(address caller);
    error BadWord(uint256 word);
    error RequestMissing(uint256 index);
    error UnknownBatch(uint256 number);
    error WrongBatchData(uint256 number);
    error ProofRejected(uint256 number);
    error NotExecuted(uint256 number);
    error WrongWithdrawal(uint256 number, uint256 slot);
    error AlreadyFinalized(uint256 number, uint256 slot);

    event DepositRequested(uint256 indexed index, uint256 indexed account, uint256 amount);
    event BatchCommitted(uint256 indexed number, BatchInfo info);
    event BatchProved(uint256 indexed number, uint256 root);
    event BatchExecuted(uint256 indexed number, bytes32 withdrawalsRoot);

    uint256 private constant ACCOUNTS = 16;
    uint256 private constant DEPOSIT = 1;
    uint256 private constant TRANSFER = 2;
    uint256 private constant WITHDRAW = 3;
    /// @dev op 2 bits, from 4, to 4, amount 64, recipient 160.
    uint256 private constant WORD_BITS = 234;

    IToken public immutable token;
    ITinyVerifier public immutable verifier;
    address public immutable sequencer;
    uint256 public immutable domain;

    uint256 public provedRoot;
    uint256 public lastCommittedRoot;
    uint256 public committed;
    uint256 public proved;
    uint256 public executed;
    uint256 public requestsTaken;
    uint256 public totalLocked;

    Request[] public requests;
    uint256[2][] public keys;
    mapping(bytes32 owner => uint256 indexPlusOne) public accountOf;
    mapping(uint256 number => bytes32) private _batches;
    mapping(uint256 number => bytes32) public withdrawalsRoot;
    mapping(uint256 number => mapping(uint256 slot => bool)) public isFinalized;

    constructor(IToken token_, ITinyVerifier verifier_, uint256 genesis) {
        token = token_;
        verifier = verifier_;
        sequencer = msg.sender;
        domain = uint256(keccak256(abi.encode(block.chainid, address(this)))) >> 8;
        provedRoot = genesis;
        lastCommittedRoot = genesis;
    }

    /// @notice Takes tokens in for the account of (owner, key), which is opened at its first deposit.
    /// @dev All amounts together stay below 2^64, so that no balance overflows: the circuit counts on it.
    function requestDeposit(address owner, uint256 keyX, uint256 keyY, uint256 amount)
        external
        returns (uint256 account)
    {
        totalLocked += amount;
        if (totalLocked > type(uint64).max) revert TotalTooLarge(totalLocked);
        account = _account(owner, keyX, keyY);
        requests.push(Request(account, amount));
        emit DepositRequested(requests.length - 1, account, amount);
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TokenRefused();
    }

    /// @notice Posts a batch. A word is a signed operation, or DEPOSIT alone for the next request, or zero for nothing.
    function commitBatches(uint256 newRoot, uint256[2] calldata words) external {
        if (msg.sender != sequencer) revert NotSequencer(msg.sender);
        BatchInfo memory info = BatchInfo(lastCommittedRoot, newRoot, words);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 word = words[i];
            if (word == DEPOSIT) {
                if (requestsTaken == requests.length) revert RequestMissing(requestsTaken);
                Request memory request = requests[requestsTaken++];
                info.words[i] = DEPOSIT | (request.account << 6) | (request.amount << 10);
            } else if (word != 0 && (word >> WORD_BITS != 0 || word & 3 < TRANSFER)) {
                revert BadWord(word);
            }
        }
        lastCommittedRoot = newRoot;
        _batches[++committed] = keccak256(abi.encode(info));
        emit BatchCommitted(committed, info);
    }

    /// @notice Moves the root. Anybody may, with a proof of the next committed batch.
    function proveBatches(
        BatchInfo calldata info,
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c
    ) external {
        uint256 number = proved + 1;
        if (number > committed) revert UnknownBatch(number);
        if (keccak256(abi.encode(info)) != _batches[number]) revert WrongBatchData(number);
        uint256[9] memory inputs;
        (inputs[0], inputs[1], inputs[2]) = (info.oldRoot, info.newRoot, domain);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 word = info.words[i];
            inputs[3 + 3 * i] = word;
            if (word & 3 == DEPOSIT) {
                uint256[2] storage key = keys[(word >> 6) & 15];
                (inputs[4 + 3 * i], inputs[5 + 3 * i]) = (key[0], key[1]);
            }
        }
        if (!verifier.verifyProof(a, b, c, inputs)) revert ProofRejected(number);
        proved = number;
        provedRoot = info.newRoot;
        emit BatchProved(number, info.newRoot);
    }

    /// @notice Opens a proved batch's withdrawals to their recipients.
    function executeBatches(BatchInfo calldata info) external {
        uint256 number = executed + 1;
        if (number > proved) revert UnknownBatch(number);
        if (keccak256(abi.encode(info)) != _batches[number]) revert WrongBatchData(number);
        executed = number;
        bytes32 root = keccak256(abi.encode(_leaf(number, 0, info.words[0]), _leaf(number, 1, info.words[1])));
        withdrawalsRoot[number] = root;
        emit BatchExecuted(number, root);
    }

    /// @notice Pays a withdrawal of an executed batch to its recipient, whoever sends this.
    function finalizeWithdrawal(uint256 number, uint256 slot, address recipient, uint256 amount, bytes32 sibling)
        external
    {
        if (number == 0 || number > executed) revert NotExecuted(number);
        bytes32 leaf = keccak256(abi.encode(number, slot, recipient, amount));
        bytes32 root = slot == 0 ? keccak256(abi.encode(leaf, sibling)) : keccak256(abi.encode(sibling, leaf));
        if (slot > 1 || root != withdrawalsRoot[number]) revert WrongWithdrawal(number, slot);
        if (isFinalized[number][slot]) revert AlreadyFinalized(number, slot);
        isFinalized[number][slot] = true;
        totalLocked -= amount;
        if (!token.transfer(recipient, amount)) revert TokenRefused();
    }

    function requestCount() external view returns (uint256) {
        return requests.length;
    }

    /// @dev Zero where the operation is no withdrawal: nothing hashes to it.
    function _leaf(uint256 number, uint256 slot, uint256 word) private pure returns (bytes32) {
        if (word & 3 != WITHDRAW) return 0;
        return keccak256(abi.encode(number, slot, address(uint160(word >> 74)), uint256(uint64(word >> 10))));
    }

    function _account(address owner, uint256 keyX, uint256 keyY) private returns (uint256) {
        bytes32 id = keccak256(abi.encode(owner, keyX, keyY));
        if (accountOf[id] == 0) {
            if (keys.length == ACCOUNTS) revert AccountsFull();
            BabyJubJub.check(keyX, keyY);
            keys.push([keyX, keyY]);
            accountOf[id] = keys.length;
        }
        return accountOf[id] - 1;
    }
}
