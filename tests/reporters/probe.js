// What a reader does with the page; what it saw becomes the page's text.
const wait = setInterval(async () => {
  if (document.documentElement.dataset.ready !== "true") return;
  clearInterval(wait);
  const R = window.cimkit, out = { rows: R.rows, title: document.title };
  const button = (l) => document.querySelector(`#languages button[lang="${l}"]`);
  out.told = Object.fromEntries(["en", "zh", "ja"].map((l) => [l,
    [...Array(R.rows).keys()].map((i) => [R.told(i, "message", l), R.told(i, "hint", l)])]));
  button("zh").click();
  out.zh = [document.documentElement.lang, document.title, document.querySelector("#section-unchecked").innerText];
  const set = (id, value) => { const e = document.getElementById(id); e.value = value;
    e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input", { bubbles: true })); };
  const settle = () => new Promise((done) => setTimeout(done, 400));
  set("by-rule", "t/ring"); await settle(); out.rule = R.shown().length;
  set("by-text", "line 12"); await settle(); out.text = R.shown().length;
  document.getElementById("clear").click(); await settle(); out.all = R.shown().length;
  set("by-state", "waived"); await settle(); out.waived = R.shown().length;
  document.getElementById("clear").click();
  set("by-path", "m3"); await settle(); out.path = R.shown().length;
  document.getElementById("clear").click();
  const canvas = R.map.canvas, [x, y] = R.map.px(7), box = canvas.getBoundingClientRect();
  const at = (type) => new PointerEvent(type, { clientX: box.left + x, clientY: box.top + y, pointerId: 1, bubbles: true });
  canvas.setPointerCapture = () => {};
  canvas.dispatchEvent(at("pointerdown")); canvas.dispatchEvent(at("pointerup")); await settle();
  out.picked = R.chosen();
  out.detail = document.getElementById("detail").innerText;
  document.querySelector('#list tr[data-row="0"] button').click(); await settle();
  out.solid = document.querySelectorAll("#detail canvas").length;
  const more = [...document.querySelectorAll(".group button")].find((b) => b.textContent.includes("35"));
  more.click(); await settle(); out.group = R.shown().length;
  dispatchEvent(new Event("beforeprint")); out.printed = document.querySelectorAll("details:not([open])").length;
  document.title = "done"; document.body.textContent = JSON.stringify(out);
}, 50);
