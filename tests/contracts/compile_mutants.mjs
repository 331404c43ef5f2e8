// Compiles one contract again and again, each time with one source changed, in one run of the pinned solc.
//
//   node tests/contracts/compile_mutants.mjs < jobs    [{folder, top, source, text}], as JSON
//
// Writes FOLDER/CONTRACT.json in the form of contracts/build.mjs, and nothing where solc refuses. The optimizer is off, as
// it takes most of the time, but for what keeps Rollup below the limit of code's size.
import {mkdirSync, readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {basename, join} from "node:path";

const contracts = new URL("../../contracts/", import.meta.url).pathname;
const solc = createRequire(import.meta.url)("solc");
const {language, settings} = JSON.parse(readFileSync(join(contracts, "solc-input.json"), "utf8"));
settings.optimizer = {enabled: false, details: {peephole: true, jumpdestRemover: true, deduplicate: true}};

for (const {folder, top, source, text} of JSON.parse(readFileSync(0, "utf8"))) {
  const read = (name) => (name === `src/${source}` ? text : readFileSync(join(contracts, name), "utf8"));
  const unit = `src/${top}`;
  const input = {language, settings, sources: {[unit]: {content: read(unit)}}};
  const output = JSON.parse(solc.compile(JSON.stringify(input), {import: (name) => ({contents: read(name)})}));
  if (output.errors?.some(({severity}) => severity === "error")) continue;
  const contractName = basename(top, ".sol");
  const {abi, evm, storageLayout} = output.contracts[unit][contractName];
  const {bytecode, deployedBytecode} = evm;
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, `${contractName}.json`), JSON.stringify({
    abi,
    bytecode: `0x${bytecode.object}`,
    contractName,
    deployedBytecode: `0x${deployedBytecode.object}`,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
    sourceIds: Object.fromEntries(Object.entries(output.sources).map(([name, {id}]) => [id, name])),
    sourceMap: deployedBytecode.sourceMap ?? "",
    sourceName: unit,
    storageLayout,
  }));
}
