// Judge each glTF file named on standard input (one a line) by the Khronos validator.
// Prints one JSON line for each file that has errors or warnings, then a last line with the counts.
import { readFileSync } from "node:fs";
import validator from "gltf-validator";

const files = readFileSync(0, "utf8").split("\n").filter(Boolean);
const total = { files: files.length, errors: 0, warnings: 0 };
for (const file of files) {
  const report = await validator.validateBytes(new Uint8Array(readFileSync(file)), { maxIssues: 20 });
  const { numErrors, numWarnings, messages } = report.issues;
  total.errors += numErrors;
  total.warnings += numWarnings;
  if (numErrors + numWarnings) {
    const bad = messages.filter((m) => m.severity < 2);
    console.log(JSON.stringify({ file, messages: bad.slice(0, 5) }));
  }
}
console.log(JSON.stringify(total));
