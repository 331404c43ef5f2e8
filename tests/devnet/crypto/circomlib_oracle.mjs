// Answers questions with circomlibjs: a JSON object on stdin, one on stdout. Numbers are decimal strings.
import { buildBabyjub, buildEddsa, buildPoseidon } from "circomlibjs";

const read = async () => {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
};

const questions = await read();
const [babyjub, eddsa, poseidon] = await Promise.all([buildBabyjub(), buildEddsa(), buildPoseidon()]);
const F = babyjub.F;
const field = (text) => F.e(text);
const point = (pair) => pair.map(field);
const show = (pair) => pair.map((value) => F.toObject(value).toString());

const answers = {
  hashes: (questions.hashes ?? []).map((inputs) => F.toObject(poseidon(inputs.map(field))).toString()),
  sums: (questions.sums ?? []).map(([p, q]) => show(babyjub.addPoint(point(p), point(q)))),
  products: (questions.products ?? []).map(([p, k]) => show(babyjub.mulPointEscalar(point(p), BigInt(k)))),
  verdicts: (questions.verdicts ?? []).map(({ publicKey, message, r8, s }) =>
    eddsa.verifyPoseidon(field(message), { R8: point(r8), S: BigInt(s) }, point(publicKey)),
  ),
  signatures: (questions.signatures ?? []).map(({ secret, message }) => {
    const key = Buffer.from(secret, "hex");
    const signature = eddsa.signPoseidon(key, field(message));
    return { publicKey: show(eddsa.prv2pub(key)), r8: show(signature.R8), s: signature.S.toString() };
  }),
};

// The curve's WebAssembly workers would keep the process alive.
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
