// The compiler is npm's, at SOLC: nothing is downloaded.
export default {
  solidity: {
    version: "0.8.37",
    path: `${process.env.SOLC}/soljson.js`,
    settings: {evmVersion: "prague"},
  },
};
