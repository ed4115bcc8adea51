import { existsSync, readFileSync } from "node:fs";

// Counts what .ci/run did, from what the check printed and what jest wrote: for each run of it a name, its results and
// its exit code. Anything that could not run has failed.
const [checkLog = "", ...runs] = process.argv.slice(2);

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

for (let at = 0; at + 2 < runs.length; at += 3) count(...(runs.slice(at, at + 3) as [string, string, string]));

function count(name: string, testResults: string, testStatus: string): void {
  if (!existsSync(testResults)) {
    failed++;
    console.log(`${name}: did not run to their end`);
    return;
  }
  const tests = JSON.parse(readFileSync(testResults, "utf8")) as TestResults;
  const skipped = tests.numPendingTests + tests.numTodoTests;
  passed += tests.numPassedTests;
  // A suite that cannot be loaded has no tests to count; a skipped test has not passed.
  const notPassed = tests.numFailedTests + tests.numRuntimeErrorTestSuites + skipped;
  // No test at all, or a run that had to be ended because something was left open.
  const endedBadly = tests.numPassedTests === 0 || !tests.success || testStatus !== "0";
  failed += endedBadly ? Math.max(notPassed, 1) : notPassed;
  console.log(
    `${name}: ${tests.numPassedTests} passed, ${tests.numFailedTests} failed, ${skipped} skipped; ` +
      `suites: ${tests.numPassedTestSuites} of ${tests.numTotalTestSuites} passed, ` +
      `${tests.numRuntimeErrorTestSuites} could not run`,
  );
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
