// The results page: a ticked facet asks at once; the list that stands stays until the answer is there.
const words = document.currentScript?.dataset ?? {};
let slow = 0;

function target(event) {
  return event.detail.target ?? document.getElementById("results");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  target(event).setAttribute("aria-busy", "true");
  slow = setTimeout(() => { document.getElementById("status").textContent = words.slow ?? ""; }, 2000);
});

document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(slow);
  target(event).removeAttribute("aria-busy");
});

function fail() {
  const box = document.getElementById("results-failed");
  if (box) { box.hidden = false; box.querySelector("a").href = location.href; }
}

for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, fail);
}
