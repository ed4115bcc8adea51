import { describe } from "@jest/globals";
import { absentVariable } from "./cluster.ts";

/** `describe` for what needs a cluster: skipped where there can be none, which cluster-setup.ts says loudly. */
export const describeCluster = process.env[absentVariable] === undefined ? describe : describe.skip;
