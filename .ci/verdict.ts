import { existsSync, readFileSync } from "node:fs";

// Counts what .ci/run did, from what the check printed and what jest wrote. Anything that could not run has failed.
const [checkLog = "", testResults = "", testStatus = ""] = process.argv.slice(2);

interface TestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numTotalTestSuites: number;
  numPassedTestSuites: number;
  numRuntimeErrorTestSuites: number;
  success: boolean;
}

let passed = 0;
let failed = 0;

const checks = /^(\d+) checks passed, (\d+) failed$/m.exec(readFileSync(checkLog, "utf8"));
if (checks) {
  passed += Number(checks[1]);
  failed += Number(checks[2]);
  console.log(`checks: ${checks[1]} passed, ${checks[2]} failed`);
} else {
  failed++;
  console.log("checks: did not run to their end");
}

if (existsSync(testResults)) {
  const tests = JSON.parse(readFileSync(testResults, "utf8")) as TestResults;
  const skipped = tests.numPendingTests + tests.numTodoTests;
  passed += tests.numPassedTests;
  // A suite that cannot be loaded has no tests to count; a skipped test has not passed.
  failed += tests.numFailedTests + tests.numRuntimeErrorTestSuites + skipped;
  // No test at all, or a run that had to be ended because something was left open.
  if (tests.numPassedTests === 0 || !tests.success || testStatus !== "0") failed = Math.max(failed, 1);
  console.log(
    `tests: ${tests.numPassedTests} passed, ${tests.numFailedTests} failed, ${skipped} skipped; ` +
      `suites: ${tests.numPassedTestSuites} of ${tests.numTotalTestSuites} passed, ` +
      `${tests.numRuntimeErrorTestSuites} could not run`,
  );
} else {
  failed++;
  console.log("tests: did not run to their end");
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
