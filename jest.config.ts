import type { Config } from "jest";

const common = { transform: {}, testEnvironment: "node", extensionsToTreatAsEsm: [".ts"] } as const;
/** ms. Real servers start, stop and recover in these; each test waits on conditions with shorter limits of its own. */
const testTimeout = 300_000;
/** One Postgres server for the whole run; each test makes its own database on it. */
const sharedPostgres = {
  globalSetup: "<rootDir>/test/harness/global-setup.ts",
  globalTeardown: "<rootDir>/test/harness/global-teardown.ts",
};

const config: Config = {
  testTimeout,
  // The tests mostly wait for servers and schedules: more of them than processors.
  maxWorkers: 3,
  testSequencer: "<rootDir>/test/harness/long-first.ts",
  projects: [
    { ...common, displayName: "unit", roots: ["<rootDir>/internal", "<rootDir>/cmd"], testMatch: ["**/*.spec.ts"] },
    {
      ...common,
      ...sharedPostgres,
      displayName: "integration",
      roots: ["<rootDir>/test/integration"],
      testMatch: ["**/*.spec.ts"],
    },
    {
      ...common,
      ...sharedPostgres,
      displayName: "e2e",
      roots: ["<rootDir>/test/e2e"],
      testMatch: ["**/*.spec.ts"],
    },
    {
      ...common,
      // One Kubernetes API server more; each test works in namespaces of its own.
      globalSetup: "<rootDir>/test/harness/cluster-setup.ts",
      globalTeardown: "<rootDir>/test/harness/cluster-teardown.ts",
      displayName: "cluster",
      roots: ["<rootDir>/test/cluster"],
      testMatch: ["**/*.spec.ts"],
    },
  ],
};

export default config;
