pragma circom 2.2.0;

// The last element of an array must be a constant.
template Pinned() {
    signal input limbs[3];
    signal output sum;

    limbs[2] === 7;
    signal square[4];
    square[0] <== limbs[0] * limbs[1];
    for (var i = 1; i < 4; i++) {
        square[i] <== square[i - 1] * square[i - 1];
    }
    sum <== square[3] * limbs[0] + limbs[2];
}

component main = Pinned();
