// Shows the tileset.json beside this page. No token, no imagery service, no other host.
/* global Cesium */

const TEXTS = {
  en: {
    byClass: "Colour by class", ground: "Ellipsoid with grid", fly: "Fly there",
    none: "There is no tileset.json beside this page.", objects: "objects",
    object_id: "Object", class_code: "Class", class_name: "Class name", asset_code: "Identifier",
    name: "Name", level: "Level", kind: "Kind", source: "Source", source_class: "Source class",
    source_key: "Source key", z_min: "Lowest (m)", height: "Height (m)", points: "Points",
    layer: "Layer", features: "Objects", withheld: "withheld", leftOut: "not drawn",
  },
  zh: {
    byClass: "按分类着色", ground: "椭球面网格", fly: "飞到此处",
    none: "此页面旁没有 tileset.json。", objects: "个对象",
    object_id: "对象", class_code: "分类代码", class_name: "分类名称", asset_code: "标识码",
    name: "名称", level: "级别", kind: "类型", source: "来源", source_class: "来源类别",
    source_key: "来源标识", z_min: "最低点（米）", height: "高度（米）", points: "点数",
    layer: "图层", features: "对象数", withheld: "未公开", leftOut: "未绘制",
  },
  ja: {
    byClass: "分類で色分け", ground: "楕円体グリッド", fly: "ここへ移動",
    none: "このページの隣に tileset.json がありません。", objects: "件",
    object_id: "オブジェクト", class_code: "分類コード", class_name: "分類名", asset_code: "識別コード",
    name: "名称", level: "レベル", kind: "種別", source: "ソース", source_class: "ソース分類",
    source_key: "ソースキー", z_min: "最低高（m）", height: "高さ（m）", points: "点数",
    layer: "レイヤー", features: "件数", withheld: "非公開", leftOut: "描画なし",
  },
};
const params = new URLSearchParams(location.search);
const asked = params.get("lang") ?? navigator.language;
const lang = ["zh", "ja"].find((code) => asked.startsWith(code)) ?? "en";
const text = (key) => TEXTS[lang][key] ?? key;
const byId = (id) => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

document.documentElement.lang = lang;
for (const node of document.querySelectorAll("[data-text]")) {
  node.textContent = text(node.dataset.text);
}

// The library's own credit is a picture from another host; its name in words will do.
Cesium.CreditDisplay.cesiumCredit = new Cesium.Credit("CesiumJS", true);
const widget = new Cesium.CesiumWidget("scene", {
  baseLayer: false,
  skyBox: false,
  skyAtmosphere: false,
  shouldAnimate: false,
  creditContainer: "credits",
  contextOptions: { webgl: { preserveDrawingBuffer: true } },
});
const { scene } = widget;
scene.backgroundColor = Cesium.Color.fromCssColorString("#dfe6ee");
scene.moon = undefined;
scene.sun = undefined;
scene.fog.enabled = false;
scene.globe.show = false;
scene.globe.baseColor = Cesium.Color.fromCssColorString("#c9d6c4");
scene.globe.showGroundAtmosphere = false;
// A lamp on the camera: no side of the city lies in the dark, at any hour.
const lamp = new Cesium.DirectionalLight({ direction: scene.camera.directionWC, intensity: 2.2 });
scene.light = lamp;
scene.preRender.addEventListener(() => {
  const { directionWC, rightWC, upWC } = scene.camera;
  const direction = Cesium.Cartesian3.clone(directionWC);
  Cesium.Cartesian3.add(direction, Cesium.Cartesian3.multiplyByScalar(rightWC, 0.4, new Cesium.Cartesian3()), direction);
  Cesium.Cartesian3.subtract(direction, Cesium.Cartesian3.multiplyByScalar(upWC, 0.4, new Cesium.Cartesian3()), direction);
  lamp.direction = Cesium.Cartesian3.normalize(direction, direction);
});

const colorOf = (index) => `hsl(${(index * 137.5) % 360}, 60%, ${55 + (index % 3) * 8}%)`;
const title = (said) => said[`title_${lang}`] ?? said.title ?? said.name;
const layers = [];
let schema = {};
// Ground, pictures and points show what they are by themselves.
const UNCLASSED = new Set(["terrain", "photos", "pointclouds"]);
// The ground is drawn finer than what stands on it: roads and areas lie close above it.
const ERRORS = { terrain: 2 };
const ON_GROUND = new Set(["areas", "lines"]);
// What lies on the ground is moved towards the eye, by as much as ground seen from afar is off; its
// picture stays where it is. Little enough that no pipe shines through.
const nearer = new Cesium.CustomShader({
  vertexShaderText: `
    void vertexMain(VertexInput vsInput, inout czm_modelVertexOutput vsOutput) {
      vec4 at = vec4(vsOutput.positionMC, 1.0);
      vec3 toEye = -(czm_modelView * at).xyz;
      float far = length(toEye);
      vec3 up = czm_viewRotation * normalize((czm_model * at).xyz);
      float rise = dot(toEye / far, up);
      float shift = rise > 0.0 ? min((0.2 + 0.001 * min(far, 3000.0)) / max(rise, 0.1), 0.1 * far) : 0.0;
      vec3 eye = (czm_inverseModelView * vec4(0.0, 0.0, 0.0, 1.0)).xyz;
      vsOutput.positionMC = mix(at.xyz, eye, shift / far);
    }`,
});
// The same light from all sides at any hour, instead of a sky whose colour is that of the hour.
const even = () => new Cesium.ImageBasedLighting({
  sphericalHarmonicCoefficients: Array.from({ length: 9 }, (_, i) =>
    i ? new Cesium.Cartesian3() : new Cesium.Cartesian3(0.35, 0.35, 0.35)),
});
let classes = [];

function style() {
  const on = byId("by-class").checked;
  byId("legend").hidden = !on;
  const conditions = classes.map(({ code }, i) => [
    `\${class_code} === ${JSON.stringify(code)}`, `color(${JSON.stringify(hex(colorOf(i)))})`,
  ]);
  for (const { tileset, said } of layers) {
    // A colour is that of the legend, whatever the object's own; the light still shades it.
    tileset.colorBlendMode = Cesium.Cesium3DTileColorBlendMode[on ? "REPLACE" : "HIGHLIGHT"];
    tileset.style = on && conditions.length && !UNCLASSED.has(said.name)
      ? new Cesium.Cesium3DTileStyle({ color: { conditions: [...conditions, ["true", "color('white')"]] } })
      : undefined;
  }
}

const hex = (css) => Cesium.Color.fromCssColorString(css).toCssHexString();

function fly(tilesets) {
  goto(Cesium.BoundingSphere.fromBoundingSpheres(tilesets.map((tileset) => tileset.boundingSphere)));
}

// Where most of the city is; a stray object far away does not empty the first view.
function sphereOf([west, south, east, north, low, high]) {
  const corners = [west, south, low, east, north, high];
  return Cesium.BoundingSphere.fromPoints(Cesium.Cartesian3.fromDegreesArrayHeights(corners));
}

function goto(all) {
  const range = Math.max(all.radius * 1.7, 30);
  if (Cesium.Cartesian3.magnitude(all.center) < 1e6) {
    // A model in metres of its own: near the centre of the Earth up is no direction but z.
    const frame = Cesium.Matrix4.fromTranslation(all.center);
    const near = Math.max(all.radius * 2.5, 2);
    scene.camera.lookAtTransform(frame, new Cesium.HeadingPitchRange(0.5, -0.5, near));
    return;
  }
  scene.camera.flyToBoundingSphere(all, {
    duration: 0,
    offset: new Cesium.HeadingPitchRange(0.5, all.radius > 2e6 ? -1.57 : -0.6, range),
  });
}

// A view that can be sent to a colleague: ?at=longitude,latitude,height&range=300&heading=30&pitch=-40
function look(asked) {
  const [lon, lat, height = 0] = asked.get("at").split(",").map(Number);
  const degrees = (key, otherwise) => Cesium.Math.toRadians(Number(asked.get(key) ?? otherwise));
  const range = Number(asked.get("range") ?? 500);
  scene.camera.lookAt(
    Cesium.Cartesian3.fromDegrees(lon, lat, height),
    new Cesium.HeadingPitchRange(degrees("heading", 30), degrees("pitch", -40), range),
  );
  scene.camera.lookAtTransform(Cesium.Matrix4.IDENTITY);
}

function listed(layer) {
  const box = make("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => (layer.tileset.show = box.checked));
  const go = make("button", { type: "button", title: text("fly"), textContent: "→" });
  go.addEventListener("click", () => fly([layer.tileset]));
  const count = make("span", { className: "count", textContent: layer.said.features?.toLocaleString(lang) ?? "" });
  return make("li", {}, make("label", {}, box, title(layer.said)), count, go);
}

// The class has a name for each language: the page's own stands where the English one would.
function ofLanguage(properties) {
  const own = properties.find(([key, value]) => key === `class_name_${lang}` && value)?.[1];
  return properties
    .filter(([key]) => !/^(class_name|title)_(zh|ja)$/.test(key))
    .map(([key, value]) => [key, key === "class_name" && own ? own : value]);
}

// A code of a list with what it means, where the schema says so.
function meaning(key, value) {
  const list = schema.enums?.[schema.classes?.feature?.properties[key]?.enumType];
  const extras = list?.values.find((one) => one.name === value)?.extras;
  const said = extras?.[`name_${lang}`] ?? extras?.name_en;
  return said && said !== value ? `${value} ${said}` : value;
}

const titled = (key) =>
  TEXTS[lang][key] ?? schema.classes?.feature?.properties[key]?.name ?? text(key);

function show(properties) {
  const rows = ofLanguage(properties)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => {
      const said = typeof value === "number" ? Math.round(value * 1000) / 1000 : meaning(key, value);
      return make("tr", {}, make("th", { textContent: titled(key) }), make("td", { textContent: said }));
    });
  byId("object").querySelector("table").replaceChildren(...rows);
  byId("object").hidden = rows.length === 0;
}

function pick(position) {
  const picked = scene.pick(position);
  if (picked instanceof Cesium.Cesium3DTileFeature && picked.getPropertyIds().length) {
    show(picked.getPropertyIds().map((key) => [key, picked.getProperty(key)]));
    return;
  }
  const group = picked?.content?.group?.metadata;
  if (!group) return show([]);
  const said = Object.fromEntries(group.getPropertyIds().map((key) => [key, group.getProperty(key)]));
  show([["layer", title(said)], ["features", said.features]]);
}

async function start() {
  const answer = await fetch("tileset.json");
  if (!answer.ok) throw new Error(text("none"));
  const root = await answer.json();
  const extras = root.asset.extras?.cimkit ?? {};
  byId("title").textContent = extras.title || "cimkit";
  byId("heights").textContent = extras.heights ?? "";
  byId("missing").textContent = [["withheld", extras.withheld], ["leftOut", extras.left_out]]
    .map(([key, counts]) => [Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0), text(key)])
    .filter(([count]) => count)
    .map(([count, why]) => `${count.toLocaleString(lang)} ${why}`)
    .join(", ");
  byId("missing").title = Object.entries(extras.left_out ?? {})
    .map(([why, count]) => `${why}: ${count.toLocaleString(lang)}`).join("\n");
  if (root.schemaUri) {
    const told = await fetch(root.schemaUri);
    if (told.ok) schema = await told.json();
  } else schema = root.schema ?? {};
  classes = extras.classes ?? [];
  // One layer alone is the root itself.
  for (const child of root.root.children ?? [root.root]) {
    const said = root.groups?.[child.content.group]?.properties ?? { name: child.content.uri };
    const tileset = await Cesium.Cesium3DTileset.fromUrl(child.content.uri, {
      maximumScreenSpaceError: ERRORS[said.name] ?? 8,
      customShader: ON_GROUND.has(said.name) ? nearer : undefined,
      imageBasedLighting: even(),
      environmentMapOptions: { enabled: false },
      pointCloudShading: { attenuation: true, maximumAttenuation: 4, eyeDomeLighting: false },
    });
    scene.primitives.add(tileset);
    layers.push({ tileset, said });
  }
  byId("layers").replaceChildren(...layers.map(listed));
  byId("legend").replaceChildren(
    ...classes.map((one, i) => make(
      "li", {},
      Object.assign(make("span", { className: "swatch" }), { style: `background:${colorOf(i)}` }),
      `${one.code} ${one[`name_${lang}`] || one.name_en || ""}`,
    )),
  );
  style();
  if (params.has("at")) look(params);
  else if (extras.view) goto(sphereOf(extras.view));
  else if (layers.length) fly(layers.map((layer) => layer.tileset));
}

byId("by-class").addEventListener("change", style);
byId("ground").addEventListener("change", (event) => {
  scene.globe.show = event.target.checked;
  if (!scene.imageryLayers.length) {
    scene.imageryLayers.addImageryProvider(new Cesium.GridImageryProvider());
  }
});
byId("close").addEventListener("click", () => show([]));
new Cesium.ScreenSpaceEventHandler(scene.canvas).setInputAction(
  (event) => pick(event.position), Cesium.ScreenSpaceEventType.LEFT_CLICK,
);
// For tests in a browser, and for the console.
window.cimkit = { widget, layers, pick, fly, loaded: () => layers.every((l) => l.tileset.tilesLoaded) };
start().catch((error) => (byId("status").textContent = error.message));
