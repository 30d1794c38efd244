// Read each glTF file named on standard input (one a line) by glTF-Transform, and print one JSON line
// for each primitive: positions and feature ids as a reader gets them, copies put in their places.
import { readFileSync } from "node:fs";
import { Logger, NodeIO, Verbosity } from "@gltf-transform/core";
import { ALL_EXTENSIONS } from "@gltf-transform/extensions";
import { MeshoptDecoder } from "meshoptimizer";

await MeshoptDecoder.ready;
const io = new NodeIO()
  .registerExtensions(ALL_EXTENSIONS)
  .registerDependencies({ "meshopt.decoder": MeshoptDecoder })
  .setLogger(new Logger(Verbosity.ERROR));

const times = (m, [x, y, z]) =>
  [0, 1, 2].map((i) => m[i] * x + m[4 + i] * y + m[8 + i] * z + m[12 + i]);

function matrix(t, [x, y, z, w], s) {
  const axes = [
    [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
    [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
    [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
  ];
  return [...axes.flatMap((axis, i) => [...axis.map((v) => v * s[i]), 0]), ...t, 1];
}

for (const file of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const document = await io.readBinary(new Uint8Array(readFileSync(file)));
  for (const node of document.getRoot().listNodes()) {
    const copies = node.getExtension("EXT_mesh_gpu_instancing");
    const places = [];
    const count = copies ? copies.getAttribute("TRANSLATION").getCount() : 0;
    for (let i = 0; i < count; i++) {
      const one = (name) => copies.getAttribute(name).getElement(i, []);
      places.push(matrix(one("TRANSLATION"), one("ROTATION"), one("SCALE")));
    }
    for (const primitive of node.getMesh().listPrimitives()) {
      const at = (name, i) => primitive.getAttribute(name)?.getElement(i, []);
      const vertices = primitive.getAttribute("POSITION").getCount();
      const positions = [], normals = [], features = [];
      for (const place of places.length ? places : [null]) {
        for (let i = 0; i < vertices; i++) {
          const own = place ? times(place, at("POSITION", i)) : at("POSITION", i);
          positions.push(times(node.getWorldMatrix(), own));
          normals.push(at("NORMAL", i));
          features.push(at("_FEATURE_ID_0", i)?.[0] ?? null);
        }
      }
      const indices = Array.from(primitive.getIndices().getArray());
      const material = primitive.getMaterial();
      const texture = material.getBaseColorTexture();
      console.log(JSON.stringify({
        file, positions, normals, features, indices,
        alpha: material.getAlphaMode(), image: texture && texture.getMimeType(),
        unlit: material.getExtension("KHR_materials_unlit") !== null,
      }));
    }
  }
}
