pragma circom 2.1.0;

// Proves what each customer owes for goods at public prices, without telling what was bought.
//
//   public    owed[customers]              outputs, in order
//             prices[goods]
//   private   quantities[customers][goods] each below 2^bits

template Below(bits) {
    signal input value;
    signal bit[bits];

    var sum = 0;
    for (var i = 0; i < bits; i++) {
        bit[i] <-- (value >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * 2 ** i;
    }
    value === sum;
}

template Invoice(customers, goods, bits) {
    signal input prices[goods];
    signal input quantities[customers][goods];
    signal output owed[customers];

    component below[customers][goods];
    signal cost[customers][goods];
    for (var c = 0; c < customers; c++) {
        var total = 0;
        for (var g = 0; g < goods; g++) {
            below[c][g] = Below(bits);
            below[c][g].value <== quantities[c][g];
            cost[c][g] <== prices[g] * quantities[c][g];
            total += cost[c][g];
        }
        owed[c] <== total;
    }
}

component main {public [prices]} = Invoice(2, 3, 8);
