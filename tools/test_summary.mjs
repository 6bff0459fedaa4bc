// test_summary.mjs FOLDER: adds up the results of a test run and prints "N passed, N failed, N skipped" as its last line.
// FOLDER holds ctest.xml (one entry a test program) and, beside it, what the programs themselves say:
//   *.json of GoogleTest ("testsuites": [...]), or {"passed", "failed", "skipped"} of any other runner.
// A program that left no file of its own counts as one test.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const total = { passed: 0, failed: 0, skipped: 0 };
const skips = [];

function addGoogleTest(report) {
  for (const suite of report.testsuites ?? []) {
    for (const test of suite.testsuite ?? []) {
      if (test.result === "SKIPPED" || test.skipped) {
        total.skipped += 1;
        skips.push(`${suite.name}.${test.name}`);
      } else if (test.failures) {
        total.failed += 1;
      } else if (test.status === "RUN") {
        total.passed += 1;
      }
    }
  }
}

const own = new Map();
for (const name of readdirSync(folder)) {
  if (name.endsWith(".json")) own.set(name.replace(/\.json$/, ""), JSON.parse(readFileSync(join(folder, name), "utf8")));
}
for (const report of own.values()) {
  if (report.testsuites) addGoogleTest(report);
  else for (const key of Object.keys(total)) total[key] += report[key] ?? 0;
}

// A program that crashed wrote no report, and one that failed without a failing test (a sanitizer, a leak) counts too.
const xml = readFileSync(join(folder, "ctest.xml"), "utf8");
const reported = total.failed;
let failedPrograms = 0;
for (const match of xml.matchAll(/<testcase name="([^"]*)"[^>]*status="([^"]*)"/g)) {
  const [, name, status] = match;
  const file = `${name.replaceAll("/", "_")}_test`;
  const hasOwn = own.has(file) || own.has(name.replaceAll("/", "_"));
  if (status === "fail") {
    failedPrograms += 1;
    console.log(`failed: ${name}`);
    if (!hasOwn) total.failed += 1;
  } else if (!hasOwn) {
    if (status === "run") total.passed += 1;
    else total.skipped += 1;
  }
}
if (failedPrograms > 0 && reported === 0 && total.failed === 0) total.failed = failedPrograms;

if (skips.length > 0) console.log(`skipped: ${skips.slice(0, 40).join(", ")}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
