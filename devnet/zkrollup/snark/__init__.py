"""R1CS and Groth16: build, set up, prove, verify, store. Knows no rollup."""
