pragma circom 2.2.0;

// One input, which is a constant: no wire but the one, no constraint, nothing public.
template Alone() {
    signal input answer;

    answer === 42;
}

component main = Alone();
