// Suggestions under a search box: an ARIA combobox with a list. Enter without a choice always searches.
const WAIT = 150;
let boxes = 0;

function dress(box) {
  const id = `suggestions-${(boxes += 1)}`;
  const list = Object.assign(document.createElement("div"), { id, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.labels[0]?.textContent ?? "");
  ("fill" in box.dataset ? box : box.form).parentElement.append(list);
  const parts = { role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" };
  for (const [name, value] of Object.entries(parts)) box.setAttribute(name, value);
  return list;
}

function optionOf(item, id) {
  const option = document.createElement("div");
  option.id = id;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.href = item.href ?? "";
  option.dataset.query = item.query ?? item.text;
  const text = Object.assign(document.createElement("span"), { textContent: item.text });
  const kind = Object.assign(document.createElement("span"), { className: "kind", textContent: item.detail ?? "" });
  option.append(text, kind);
  return option;
}

function show(box, list, groups) {
  const parts = groups.filter((group) => group.items.length).map((group, at) => {
    const part = document.createElement("div");
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", group.label);
    const head = Object.assign(document.createElement("div"), { className: "group", textContent: group.label, ariaHidden: "true" });
    part.append(head, ...group.items.map((item, n) => optionOf(item, `${list.id}-${at}-${n}`)));
    return part;
  });
  list.replaceChildren(...parts);
  open(box, list, parts.length > 0);
}

function open(box, list, isOpen) {
  list.hidden = !isOpen;
  box.setAttribute("aria-expanded", String(isOpen));
  box.removeAttribute("aria-activedescendant");
}

const options = (list) => [...list.querySelectorAll("[role=option]")];
const chosen = (list) => list.querySelector("[aria-selected=true]");

function choose(box, list, by) {
  const all = options(list);
  const at = all.indexOf(chosen(list));
  const next = at + by;
  all[at]?.setAttribute("aria-selected", "false");
  if (!all[next]) { box.removeAttribute("aria-activedescendant"); return; }
  all[next].setAttribute("aria-selected", "true");
  all[next].scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", all[next].id);
}

function take(box, list, option) {
  if (option.dataset.href) { location.assign(option.dataset.href); return; }
  box.value = option.dataset.query;
  // A field of a larger form takes the value; a search box asks.
  if ("fill" in box.dataset) { list.hidden = true; box.setAttribute("aria-expanded", "false"); return; }
  box.form.requestSubmit();
}

function onKey(box, list, event) {
  if (event.key === "Escape" && !list.hidden) { open(box, list, false); event.stopPropagation(); }
  if (list.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(box, list, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && chosen(list)) {
    event.preventDefault();
    take(box, list, chosen(list));
  }
}

// `before` is what the box held when it was entered: only what was typed since then is a question.
export function suggestFor(box, before) {
  const list = dress(box);
  let timer = 0;
  let asked = 0;
  async function ask() {
    const number = (asked += 1);
    if (box.value.trim().length < 2) { open(box, list, false); return; }
    const address = `${box.dataset.suggest}?q=${encodeURIComponent(box.value)}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    // A late answer to an older question is dropped.
    if (!answer?.ok || number !== asked || document.activeElement !== box) return;
    show(box, list, (await answer.json()).groups ?? []);
  }
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); });
  box.addEventListener("keydown", (event) => onKey(box, list, event));
  box.addEventListener("blur", () => setTimeout(() => open(box, list, false), 120));
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) { event.preventDefault(); take(box, list, option); }
  });
  if (box.value !== before) ask();
}
