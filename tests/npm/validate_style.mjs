// Judges MapLibre styles: prints {file: [messages]}.
import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";

const found = {};
for (const file of process.argv.slice(2)) {
  found[file] = validateStyleMin(JSON.parse(readFileSync(file, "utf8"))).map((e) => e.message);
}
console.log(JSON.stringify(found));
