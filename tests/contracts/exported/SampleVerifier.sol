// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// Written by `zkrollup verifier export` for one verification key:
// the tests' own.

/// @title A Groth16 verifier over BN254, for one key with 3 public inputs
/// @notice Answers whether a proof holds for public inputs. What these mean is for its callers to check.
/// @dev Groth16 asks whether e(a, b) = e(alpha, beta) e(sum, gamma) e(c, delta), where
///     sum = IC[0] + inputs[0] IC[1] + inputs[1] IC[2] + ...
/// The negatives of beta, gamma and delta are written down here, so that all of it is one product:
///     e(a, b) e(alpha, -beta) e(sum, -gamma) e(c, -delta) = 1
/// The proof's points are checked by the pairing precompile, which refuses coordinates that are not reduced and
/// points outside their group, so that a proof has one encoding. Anybody can still turn a proof into another one of
/// the same statement: do not tell uses apart by a proof's bytes. The key was checked when this was written.
contract SampleVerifier {
    /// @notice Bytes follow the last input. Where bytes are missing, the call reverts without data.
    /// @param expected Bytes of calldata that verifyProof takes.
    /// @param given Bytes of calldata that came.
    error CalldataTooLong(uint256 expected, uint256 given);

    /// @notice The chain lacks a precompile that adds or multiplies points.
    error NoPrecompile();

    /// @dev Order of both groups. Inputs are below it, since x and x + R would be the same to the equation.
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev The selector, the proof's eight words, and the inputs.
    uint256 private constant CALLDATA_BYTES = 4 + 32 * (8 + 3);

    // Precompiles: EIP-196 and EIP-197.
    uint256 private constant ADD = 6;
    uint256 private constant MULTIPLY = 7;
    uint256 private constant PAIRING = 8;

    // The key. A point of G1 is (X, Y); one of G2 is (X0 + X1 u, Y0 + Y1 u), and the precompile reads X1 and Y1 first.
    uint256 private constant ALPHA_X = 8983924043777773402028639262886127314814843126215352392645135991215486540093;
    uint256 private constant ALPHA_Y = 17753116272344933205388908264611662678269484897180747273409720608723792790735;
    uint256 private constant NEGATIVE_BETA_X1 = 7843555612539466786868853544856825958510008557516658833013093684389252767445;
    uint256 private constant NEGATIVE_BETA_X0 = 3431557105309936504964264565345159658257517764880075564757372718383075989974;
    uint256 private constant NEGATIVE_BETA_Y1 = 9408107861945640299124059895932874882575899233298781087138185369293391446899;
    uint256 private constant NEGATIVE_BETA_Y0 = 738318120153030502669905059289557219286446325300857220712223029217209307899;
    uint256 private constant NEGATIVE_GAMMA_X1 = 15459642583893867536573838136337026021196969721748773930968964482216969365194;
    uint256 private constant NEGATIVE_GAMMA_X0 = 19062564422907871893856153529328745499536033408931963349968840484176278793643;
    uint256 private constant NEGATIVE_GAMMA_Y1 = 7209795202337670872189859794833390293595314562468124186108564428093863344788;
    uint256 private constant NEGATIVE_GAMMA_Y0 = 6866321535298103381063473521520579748773975591027011926086208739483796790404;
    uint256 private constant NEGATIVE_DELTA_X1 = 8749997877996761914578557826714666882777253439862698949465993086218511182654;
    uint256 private constant NEGATIVE_DELTA_X0 = 13474652640364708512715347750630632215943184304679066000621120766941421831366;
    uint256 private constant NEGATIVE_DELTA_Y1 = 1140945079251990369574800213172151705542782876984396367644853308881542048580;
    uint256 private constant NEGATIVE_DELTA_Y0 = 9597065034424440117469661639862608504706637123119892434579493641375157934245;
    uint256 private constant IC0_X = 12680992349513794614668535481164373194447316758727597105014099902730663494655;
    uint256 private constant IC0_Y = 19679829858796372964194253290786440589095812363814925127687741579480374395258;
    uint256 private constant IC1_X = 21038299817999904543814122663670241462083775830285034953088978283889507222962;
    uint256 private constant IC1_Y = 4324370271177780280631049896705310404086117985781800818110121308720176338608;
    uint256 private constant IC2_X = 4025593170748799544059138938939933987767908147959867289828704015591253396700;
    uint256 private constant IC2_Y = 18280144909994013137506755248889479760712689605808308319076222295588368855391;
    uint256 private constant IC3_X = 19206340329158945105720192266559665546164150865171329666282311524597517068383;
    uint256 private constant IC3_Y = 10704013998225864944478655124388291404151836486952510296080378680066312023033;

    /// @notice Whether (a, b, c) is a proof for `inputs`.
    /// @dev Takes what `snarkjs zkey export soliditycalldata` prints. Reverts if that is shorter or longer.
    /// @param a Point of G1.
    /// @param b Point of G2: [[X1, X0], [Y1, Y0]].
    /// @param c Point of G1.
    /// @param inputs The public inputs, in the circuit's order.
    /// @return False for a false proof, for a malformed one, and for an input that is not below R.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata inputs
    ) external view returns (bool) {
        if (msg.data.length != CALLDATA_BYTES) revert CalldataTooLong(CALLDATA_BYTES, msg.data.length);
        for (uint256 i = 0; i < 3; ++i) {
            if (inputs[i] >= R) return false;
        }

        uint256[4] memory sum = [IC0_X, IC0_Y, 0, 0];
        _addMultiple(sum, IC1_X, IC1_Y, inputs[0]);
        _addMultiple(sum, IC2_X, IC2_Y, inputs[1]);
        _addMultiple(sum, IC3_X, IC3_Y, inputs[2]);

        // forgefmt: disable-next-item
        return _productIsOne([
            a[0], a[1], b[0][0], b[0][1], b[1][0], b[1][1],
            ALPHA_X, ALPHA_Y, NEGATIVE_BETA_X1, NEGATIVE_BETA_X0, NEGATIVE_BETA_Y1, NEGATIVE_BETA_Y0,
            sum[0], sum[1], NEGATIVE_GAMMA_X1, NEGATIVE_GAMMA_X0, NEGATIVE_GAMMA_Y1, NEGATIVE_GAMMA_Y0,
            c[0], c[1], NEGATIVE_DELTA_X1, NEGATIVE_DELTA_X0, NEGATIVE_DELTA_Y1, NEGATIVE_DELTA_Y0
        ]);
    }

    /// @dev sum += scalar * (x, y), for a point of the key. The upper half of `sum` is room for the product.
    /// The precompiles cannot refuse these: where they do not answer, gas is missing or they are. Then nothing can
    /// be said about the proof, not even that it is false.
    function _addMultiple(uint256[4] memory sum, uint256 x, uint256 y, uint256 scalar) private view {
        uint256[3] memory factors = [x, y, scalar];
        uint256 answered;
        assembly ("memory-safe") {
            if staticcall(gas(), MULTIPLY, factors, 0x60, add(sum, 0x40), 0x40) { answered := returndatasize() }
            if staticcall(gas(), ADD, sum, 0x80, sum, 0x40) { answered := add(answered, returndatasize()) }
        }
        if (answered != 0x80) revert NoPrecompile();
    }

    /// @dev Whether the pairings of four points of G1, each followed by one of G2, multiply to one. The precompile
    /// fails for what is no point, and then answers nothing.
    function _productIsOne(uint256[24] memory pairs) private view returns (bool) {
        bool valid;
        uint256[1] memory product;
        assembly ("memory-safe") {
            valid := staticcall(gas(), PAIRING, pairs, 0x300, product, 0x20)
        }
        return valid && product[0] == 1;
    }
}
