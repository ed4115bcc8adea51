import type { Config } from "jest";

const common = { transform: {}, testEnvironment: "node", extensionsToTreatAsEsm: [".ts"] } as const;

const config: Config = {
  projects: [
    { ...common, displayName: "unit", roots: ["<rootDir>/internal", "<rootDir>/cmd"], testMatch: ["**/*.spec.ts"] },
    { ...common, displayName: "integration", roots: ["<rootDir>/test/integration"], testMatch: ["**/*.spec.ts"] },
    { ...common, displayName: "e2e", roots: ["<rootDir>/test/e2e"], testMatch: ["**/*.spec.ts"] },
  ],
};

export default config;
