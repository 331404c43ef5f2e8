pragma circom 2.2.0;

// Fewer wires than the one, outputs and inputs would take.
template Scarce() {
    signal input pair[2];
    signal input factor;
    signal output product;

    pair[0] === 5;
    product <== pair[1] * factor;
}

component main = Scarce();
