import type { Config } from "jest";

/** The tests on a real node, apart from all others: they need root and share one node, so they run one after another. */
const config: Config = {
  displayName: "node",
  rootDir: "../..",
  roots: ["<rootDir>/test/node"],
  testMatch: ["**/*.spec.ts"],
  transform: {},
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  globalSetup: "<rootDir>/test/node/global-setup.ts",
  globalTeardown: "<rootDir>/test/node/global-teardown.ts",
  maxWorkers: 1,
  verbose: true,
  // Roll-outs of everything: seconds each when the machine is idle, minutes when other tests run beside them.
  testTimeout: 360_000,
};

export default config;
