// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILock} from "./ILock.sol";
import {BatchHeader, Proof, QueueEntry} from "./Types.sol";

/// @notice Queue, batches, roots and claims of one rollup. A root moves only through a verified proof.
/// Immutable: the operator may commit batches and drop unproven ones, and nothing else. Who leaves the queue unproven
/// past its deadline can be stopped by anybody, for good; then everybody leaves with the last proven state.
interface IRollup {
    /// @notice A constructor parameter is outside its range.
    error BadParameter(string name, uint256 value);

    /// @notice The Lock given pays for another Rollup.
    error LockMismatch(address lock, address itsRollup);

    /// @notice The verifier given has no code, or other code than the deployer expects.
    error VerifierCodeMismatch(address verifier, bytes32 expected, bytes32 actual);

    /// @notice Only the operator commits and reverts.
    error NotOperator(address caller);

    /// @notice Deposits enter through Lock only.
    error NotLock(address caller);

    /// @notice All leaves of the account tree are assigned. Nothing was taken.
    error TreeFull(uint256 capacity);

    /// @notice A word must be below the order of the scalar field.
    error NotInField(uint256 value);

    /// @notice A batch asks for entries that the queue does not have.
    error QueueExceeded(uint256 end, uint256 length);

    /// @notice The entries supplied are not those of the queue.
    error QueueMismatch(uint64 start, uint256 count);

    /// @notice No such batch is committed and unproven.
    error BatchNotCommitted(uint256 number);

    /// @notice Batches are proved in order.
    error ProofOutOfOrder(uint256 expected, uint256 number);

    /// @notice Header, C, x or y differ from what was committed.
    error CommitmentMismatch(uint256 number, bytes32 committed, bytes32 supplied);

    /// @notice submitBatch commits and proves at once, so nothing unproven may stand before it.
    error UnprovenBatches(uint64 proven, uint64 committed);

    /// @notice Every committed batch is proven.
    error NothingToRevert(uint64 proven);

    /// @notice This batch is not proven (yet), so it has no exits.
    error BatchNotProven(uint64 batch);

    /// @notice This exit or account was paid before.
    error AlreadyClaimed(uint256 nullifier);

    /// @notice The Rollup is frozen: it takes neither deposits nor requests, commits nor proofs.
    error IsFrozen();

    /// @notice The Rollup is not frozen, so there is nothing to escape from.
    error NotFrozen();

    /// @notice Every entry of the queue is proven.
    error NothingDue(uint64 provenQueue);

    /// @notice Among the entries that proven batches took, there is no forced withdrawal whose fee was not paid.
    error NothingEarned(uint64 provenQueue);

    /// @notice The first unproven entry may be proved until `expiry`.
    error NotOverdue(uint64 expiry, uint256 timestamp);

    /// @notice The tree has no account of this index.
    error NoSuchAccount(uint32 account, uint256 capacity);

    /// @notice A forced withdrawal costs exactly `fee` wei.
    error WrongForcedFee(uint256 fee, uint256 sent);

    /// @notice A proven batch has taken this entry, or there is none: there is nothing to give back.
    error NotRefundable(uint64 index, uint64 provenQueue, uint64 length);

    /// @notice This entry was given back before.
    error AlreadyRefunded(uint64 index);

    /// @notice The receiver did not take its wei; nothing changed.
    error NotDelivered(address receiver, uint256 amount);

    /// @notice The verifier did not accept the proof.
    error InvalidProof();

    /// @notice A deposit entered the queue. With the data of batches, this is all that layer 2's state consists of.
    event DepositQueued(
        uint64 indexed index,
        uint32 indexed account,
        address indexed owner,
        address token,
        uint128 amount,
        uint256 keyX,
        uint256 keyY,
        uint64 expiry,
        uint64 forcedCount
    );

    /// @notice A forced withdrawal entered the queue.
    event ForcedWithdrawalQueued(
        uint64 indexed index,
        uint32 indexed account,
        address indexed owner,
        uint128 amount,
        uint64 expiry,
        uint64 forcedCount
    );

    /// @notice A batch was committed. The event holds what anybody needs for proveBatch, except the proof.
    event BatchCommitted(uint64 indexed number, BatchHeader header, uint256 commitment, uint256 x, uint256 y);

    /// @notice A batch was proved; the state root has moved.
    event BatchProven(uint64 indexed number, uint256 stateRoot, uint256 exitRoot);

    /// @notice Unproven batches, `first` to `last`, were dropped: by the operator, or by a freeze.
    event BatchesReverted(uint64 first, uint64 last);

    /// @notice An exit was paid.
    event Claimed(
        uint64 indexed batch, uint256 indexed nullifier, address indexed recipient, address token, uint128 amount
    );

    /// @notice The Rollup stopped for good, `queueIndex` being overdue. `stateRoot` is what everybody leaves with.
    event Frozen(uint64 indexed queueIndex, uint64 provenBatches, uint256 stateRoot);

    /// @notice An account of the last proven state was paid out.
    event Escaped(uint256 indexed nullifier, address indexed owner, address token, uint128 amount);

    /// @notice An entry that no proven batch took was given back.
    event Refunded(uint64 indexed index, address indexed owner, address token, uint256 amount);

    /// @notice Fees of proven forced withdrawals were paid to the operator.
    event ForcedFeesCollected(uint256 amount);

    /// @notice Puts a deposit into the queue. Only Lock calls this, after it has received the amount.
    /// @return account Index of (key, owner, token): assigned at its first deposit, reused afterwards.
    function enqueueDeposit(address owner, address token, uint128 amount, uint256 keyX, uint256 keyY)
        external
        returns (uint32 account);

    /// @notice Posts a batch on top of the last committed one.
    /// @param newRoot State root after the batch.
    /// @param exitRoot Root of its exit tree.
    /// @param commitment C: the Poseidon chain over all words of the batch.
    /// @param feeAccount Index of the account that is paid its fees; 0 where it has none.
    /// @param entries The queue entries that it takes, next in the queue.
    /// @param data Its layer 2 operations: transfers of 27 bytes and withdrawals of 47.
    function commitBatch(
        uint256 newRoot,
        uint256 exitRoot,
        uint256 commitment,
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external;

    /// @notice Proves the next committed batch and moves the state root. Anybody may.
    function proveBatch(
        BatchHeader calldata header,
        uint256 commitment,
        uint256 x,
        uint256 y,
        Proof calldata proof
    ) external;

    /// @notice Commits and proves a batch in one transaction.
    function submitBatch(
        uint256 newRoot,
        uint256 exitRoot,
        uint256 commitment,
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data,
        Proof calldata proof
    ) external;

    /// @notice Drops all committed batches that are not proven; their queue entries are next again.
    function revertBatches() external;

    /// @notice Pays an exit of a proven batch to its recipient. Anyone may send this.
    /// @param batch Batch that the withdrawal was in.
    /// @param nullifier The exit's nullifier; spent by this call.
    /// @param recipient Who is paid.
    /// @param token What is paid; zero is ETH.
    /// @param amount How much.
    /// @param proof Claim proof for exactly these values.
    function claim(
        uint64 batch,
        uint256 nullifier,
        address recipient,
        address token,
        uint128 amount,
        Proof calldata proof
    ) external;

    /// @notice Puts a withdrawal into the queue that the operator cannot leave out. It pays the caller, and applies if
    /// the account is the caller's and covers the amount when its batch is made; else it applies nothing.
    /// Costs exactly forcedFee, which the operator gets once it is proven, and the caller back if it never is.
    function requestForcedWithdrawal(uint32 account, uint128 amount) external payable;

    /// @notice Pays the operator the fees of forced withdrawals that are proven. Anyone may send this.
    /// @param last The last entry that proven batches have taken.
    function collectForcedFees(QueueEntry calldata last) external;

    /// @notice Stops the Rollup for good, since its first unproven entry is overdue. Anyone may send this; committed
    /// batches that are not proven are dropped, and exits of proven ones stay claimable.
    /// @param first The first entry that no proven batch has taken.
    function freeze(QueueEntry calldata first) external;

    /// @notice Pays an account's whole balance in the last proven state to its owner, once. Anyone may send this.
    /// @param nullifier The account's nullifier; spent by this call.
    /// @param owner Who is paid.
    /// @param token What is paid; zero is ETH.
    /// @param amount How much.
    /// @param proof Escape proof for exactly these values.
    function escape(uint256 nullifier, address owner, address token, uint128 amount, Proof calldata proof) external;

    /// @notice Gives an entry back that no proven batch took: a deposit to the owner of its account, the fee of a
    /// forced withdrawal to who paid it. Anyone may send this.
    /// @param index Its place in the queue.
    /// @param entry The entry.
    function refund(uint64 index, QueueEntry calldata entry) external;

    /// @notice What commitBatch would commit to: the operator's second opinion on x and y before it proves.
    function previewBatch(
        uint256 newRoot,
        uint256 exitRoot,
        uint256 commitment,
        uint32 feeAccount,
        QueueEntry[] calldata entries,
        bytes calldata data
    ) external view returns (BatchHeader memory header, uint256 x, uint256 y);

    /// @notice Version that the domain binds.
    function PROTOCOL_VERSION() external view returns (uint256);

    /// @notice Custody.
    function lock() external view returns (ILock);

    /// @notice Who commits batches.
    function operator() external view returns (address);

    /// @notice Verifier of batch proofs.
    function batchVerifier() external view returns (address);

    /// @notice Verifier of claim proofs.
    function claimVerifier() external view returns (address);

    /// @notice Verifier of escape proofs.
    function escapeVerifier() external view returns (address);

    /// @notice Seconds that the operator has to prove a queue entry, at least.
    function queuePeriod() external view returns (uint256);

    /// @notice Seconds between the deadlines of two entries, at least.
    function queueInterval() external view returns (uint256);

    /// @notice Wei that a forced withdrawal costs.
    function forcedFee() external view returns (uint256);

    /// @notice Forced withdrawals that ever entered the queue.
    function forcedCount() external view returns (uint64);

    /// @notice Deadline of the queue's last entry.
    function lastExpiry() external view returns (uint64);

    /// @notice Fees of proven forced withdrawals that the operator has been paid, in wei.
    function forcedFeesCollected() external view returns (uint256);

    /// @notice Whether the Rollup has stopped for good.
    function frozen() external view returns (bool);

    /// @notice Whether the entry was given back.
    function isRefunded(uint64 index) external view returns (bool);

    /// @notice What separates this rollup's signatures, exits and proofs from all others': 248 bits over chain,
    /// address and version.
    function domain() external view returns (uint256);

    /// @notice Accounts that the tree holds.
    function accountCapacity() external view returns (uint256);

    /// @notice Slots of the batch circuit.
    function slotCount() external view returns (uint256);

    /// @notice State root before the first batch.
    function genesisRoot() external view returns (uint256);

    /// @notice Root of an exit tree without exits.
    function emptyExitRoot() external view returns (uint256);

    /// @notice State root after the last proven batch.
    function stateRoot() external view returns (uint256);

    /// @notice State root after the last committed batch, proven or not.
    function committedRoot() external view returns (uint256);

    /// @notice Number of proven batches, which is the last one's number.
    function provenBatches() external view returns (uint64);

    /// @notice Number of committed batches, proven ones included.
    function committedBatches() external view returns (uint64);

    /// @notice Queue entries that proven batches have taken.
    function provenQueue() external view returns (uint64);

    /// @notice Queue entries that committed batches have taken.
    function committedQueue() external view returns (uint64);

    /// @notice Entries that ever entered the queue.
    function queueLength() external view returns (uint64);

    /// @notice Rolling hash over the first `length` entries of the queue.
    function queueHash(uint64 length) external view returns (bytes32);

    /// @notice Accounts assigned so far.
    function accountCount() external view returns (uint32);

    /// @notice Whether (key, owner, token) has an account, and its index.
    function accountIndex(uint256 keyX, uint256 keyY, address owner, address token)
        external
        view
        returns (bool registered, uint32 account);

    /// @notice Exit root of a proven batch; BatchNotProven for others.
    function exitRoot(uint64 batch) external view returns (uint256);

    /// @notice Whether the exit or account with this nullifier was paid.
    function isClaimed(uint256 nullifier) external view returns (bool);

    /// @notice Hash that commitBatch stored for a committed, unproven batch; BatchNotCommitted for others.
    function commitmentHash(uint64 number) external view returns (bytes32);
}
