// snarkjs in one process: key and witness are in memory, its workers stay between proofs. Speaks as workers/__init__.py
// says.
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {groth16} from "snarkjs";

const folder = process.argv[2];
const inMemory = (name) => ({type: "mem", data: new Uint8Array(readFileSync(join(folder, name)))});
const key = inMemory("statement.zkey");
const witness = inMemory("witness.wtns");

console.log(JSON.stringify({node: process.version}));
for await (const _ of createInterface({input: process.stdin})) {
  const start = performance.now();
  const {proof} = await groth16.prove(key, witness);
  console.log(JSON.stringify({seconds: (performance.now() - start) / 1000, proof}));
}
process.exit(0); // its workers would keep the process alive
