// Puts the page and as much of CesiumJS as it uses into dist/.
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const from = join(here, "node_modules", "cesium");
const built = join(from, "Build", "Cesium");
const dist = join(here, "dist");
if (!existsSync(built)) {
  console.error("CesiumJS is not installed: run 'npm ci' here first");
  process.exit(1);
}
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "cesium", "Assets"), { recursive: true });
for (const part of ["Cesium.js", "Workers", "ThirdParty"]) {
  cpSync(join(built, part), join(dist, "cesium", part), { recursive: true });
}
// Pictures of sky, moon and earth stay behind: the page shows none.
for (const part of ["IAU2006_XYS", "approximateTerrainHeights.json"]) {
  cpSync(join(built, "Assets", part), join(dist, "cesium", "Assets", part), { recursive: true });
}
cpSync(join(from, "LICENSE.md"), join(dist, "cesium", "LICENSE.md"));
cpSync(join(here, "src"), dist, { recursive: true });
