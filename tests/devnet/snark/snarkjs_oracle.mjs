// Reads [{key, public, proof}, ...] from standard input, as snarkjs's JSON files have them, and prints for each
// whether snarkjs accepts the proof.
import {readFileSync} from "node:fs";
import {groth16} from "snarkjs";

const answers = [];
for (const {key, public: inputs, proof} of JSON.parse(readFileSync(0, "utf8"))) {
  answers.push(await groth16.verify(key, inputs, proof));
}
console.log(JSON.stringify(answers));
process.exit(0); // snarkjs's workers would keep the process alive
