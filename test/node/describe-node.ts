import { describe } from "@jest/globals";
import { absentVariable } from "./single-node.ts";

/** `describe` for what needs a node: skipped where there can be none, which global-setup.ts says loudly. */
export const describeNode = process.env[absentVariable] === undefined ? describe : describe.skip;
