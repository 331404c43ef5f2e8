#!/usr/bin/env node
// npm's solc behind the command line that forge calls: `solc --version` and `solc --standard-json`.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const solc = createRequire(import.meta.url)("solc");

if (process.argv.includes("--version")) {
  // forge takes the version from the second line, and knows no compiler named Emscripten.
  const version = solc.version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (process.argv.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
} else {
  process.stderr.write(`solc.mjs only knows --version and --standard-json, not ${process.argv.slice(2).join(" ")}\n`);
  process.exit(1);
}
