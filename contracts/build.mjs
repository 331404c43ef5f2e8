// Compiles Solidity with the pinned npm solc and writes one JSON artifact a contract. Output depends on nothing but
// the sources, solc-input.json and the compiler: names are relative, keys are sorted, no metadata hash is appended.
//
//   node contracts/build.mjs                      src/*.sol of solc-input.json -> contracts/artifacts (replaced)
//   node contracts/build.mjs --out DIR FILE...    the contracts of these files -> DIR. A FILE is a path, or a name
//                                                 inside node_modules such as solady/src/tokens/WETH.sol
import {createHash} from "node:crypto";
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {dirname, join, relative, resolve, sep} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const modules = join(root, "node_modules");

class BuildError extends Error {}

/** solc prints its version with the commit and the compiler it was built with; the release is what we pin. */
function loadCompiler() {
  const require = createRequire(import.meta.url);
  const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.solc;
  let solc;
  try {
    solc = require("solc");
  } catch (error) {
    throw new BuildError(`npm package solc ${pinned} is not installed: run npm ci in the repository (${error.message})`);
  }
  if (!solc.version().startsWith(`${pinned}+`)) {
    throw new BuildError(`solc is ${solc.version()}, package.json pins ${pinned}: run npm ci in the repository`);
  }
  return solc;
}

/** Where the source unit `name` lies: below contracts/, below the repository, or a package in node_modules. */
function locate(name) {
  return [join(here, name), join(root, name), join(modules, name)].find(existsSync);
}

function findImport(name) {
  const path = locate(name);
  return path ? {contents: readFileSync(path, "utf8")} : {error: `${name} is neither in contracts/, the repository nor node_modules`};
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function artifact(sourceName, contractName, output, sourceIds) {
  const {bytecode, deployedBytecode} = output.evm;
  return sorted({
    abi: output.abi,
    bytecode: `0x${bytecode.object}`,
    contractName,
    deployedBytecode: `0x${deployedBytecode.object}`,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
    sourceIds,
    sourceMap: deployedBytecode.sourceMap ?? "",
    sourceName,
    storageLayout: output.storageLayout,
  });
}

/**
 * Compiles the units named in `input` and returns the artifacts of the contracts that they themselves define.
 * Our own sources have no warnings; those of others do.
 */
function compile(solc, input, strict) {
  const sources = Object.fromEntries(Object.keys(input.sources).sort().map((name) => {
    const {contents, error} = findImport(name);
    if (error) throw new BuildError(error);
    return [name, {content: contents}];
  }));
  const output = JSON.parse(solc.compile(JSON.stringify({...input, sources}), {import: findImport}));
  const fatal = (output.errors ?? []).filter(({severity}) => severity === "error" || (strict && severity === "warning"));
  for (const problem of fatal) console.error(problem.formattedMessage);
  if (fatal.length > 0) throw new BuildError(`solc reports ${fatal.length} problem(s)`);

  const sourceIds = Object.fromEntries(Object.entries(output.sources).map(([name, {id}]) => [id, name]));
  return Object.keys(sources).flatMap((name) =>
    Object.entries(output.contracts[name])
      .filter(([, contract]) => contract.evm.bytecode.object !== "")
      .map(([contract, result]) => artifact(name, contract, result, sourceIds)));
}

function write(folder, artifacts) {
  mkdirSync(folder, {recursive: true});
  for (const item of artifacts) {
    const text = `${JSON.stringify(item, null, 1)}\n`;
    writeFileSync(join(folder, `${item.contractName}.json`), text);
    const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
    console.log(`${item.contractName.padEnd(20)} ${(item.deployedBytecode.length - 2) / 2} bytes  ${digest}`);
  }
}

/** A unit's name: relative to the repository for files in it, else what stands below node_modules. */
function unitName(file) {
  const path = resolve(file);
  if (existsSync(path)) return relative(root, path).split(sep).join("/");
  if (existsSync(join(modules, file))) return file;
  throw new BuildError(`${file} is neither a file nor a name inside node_modules`);
}

function main(args) {
  const solc = loadCompiler();
  const input = JSON.parse(readFileSync(join(here, "solc-input.json"), "utf8"));
  if (args.length === 0) {
    const folder = join(here, "artifacts");
    // One run a source: solc numbers what it reads, and a change in one contract must not renumber the others.
    const artifacts = Object.entries(input.sources).flatMap(([name, source]) =>
      compile(solc, {...input, sources: {[name]: source}}, true));
    mkdirSync(folder, {recursive: true});
    for (const old of readdirSync(folder).filter((name) => name.endsWith(".json"))) rmSync(join(folder, old));
    write(folder, artifacts);
    return;
  }
  if (args[0] !== "--out" || args.length < 3) throw new BuildError("usage: node contracts/build.mjs [--out DIR FILE...]");
  const sources = Object.fromEntries(args.slice(2).map((file) => [unitName(file), {}]));
  write(args[1], compile(solc, {...input, sources}, false));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`contracts/build.mjs: ${error.message}`);
  process.exitCode = 1;
}
