// The compiler is npm's, at SOLC: nothing is downloaded.
const {TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD} = require("hardhat/builtin-tasks/task-names");

subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({solcVersion}) => ({
  version: solcVersion,
  longVersion: require(process.env.SOLC).version(),
  compilerPath: `${process.env.SOLC}/soljson.js`,
  isSolcJs: true,
}));

module.exports = {solidity: {version: "0.8.37", settings: {evmVersion: "prague"}}};
