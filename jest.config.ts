import type { Config } from "jest";

const common = { transform: {}, testEnvironment: "node", extensionsToTreatAsEsm: [".ts"] } as const;
/** One Postgres server for the whole run; each test makes its own database on it. */
const sharedPostgres = {
  globalSetup: "<rootDir>/test/harness/global-setup.ts",
  globalTeardown: "<rootDir>/test/harness/global-teardown.ts",
};

const config: Config = {
  projects: [
    { ...common, displayName: "unit", roots: ["<rootDir>/internal", "<rootDir>/cmd"], testMatch: ["**/*.spec.ts"] },
    {
      ...common,
      ...sharedPostgres,
      displayName: "integration",
      roots: ["<rootDir>/test/integration"],
      testMatch: ["**/*.spec.ts"],
    },
    { ...common, ...sharedPostgres, displayName: "e2e", roots: ["<rootDir>/test/e2e"], testMatch: ["**/*.spec.ts"] },
  ],
};

export default config;
