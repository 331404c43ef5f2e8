pragma circom 2.2.0;

bus Point() {
    signal x;
    signal y;
}

bus Edge() {
    Point() ends[2];
    signal weights[2];
}

// An array of nested buses; circom removes the second weight of each.
template Buses() {
    input Edge() edges[2];
    signal input scale;
    signal output total;

    signal part[2];
    for (var i = 0; i < 2; i++) {
        part[i] <== (edges[i].ends[0].x + 3 * edges[i].ends[1].y) * edges[i].weights[0];
    }
    signal turn <== edges[0].ends[0].y * edges[1].ends[1].x;
    signal back <== edges[0].ends[1].x * edges[1].ends[0].y;
    signal both <== edges[1].ends[0].x * edges[0].ends[1].y;
    total <== (part[0] + 5 * part[1] + 7 * turn + 11 * back + both) * scale;
}

component main = Buses();
