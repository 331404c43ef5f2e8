pragma circom 2.2.0;

// One input equals another, a whole table is unused, and a public input is declared after private ones.
template Tied() {
    signal input table[2][2];
    signal input left;
    signal input right;
    signal input seed;
    signal output product;

    left === right;
    product <== left * right + seed;
}

component main {public [seed]} = Tied();
