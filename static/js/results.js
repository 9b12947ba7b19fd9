// The results page: a ticked facet asks at once; the list that stands stays until the answer is there.
const fold = () => document.getElementById("facets-fold");
let slow = 0;
let wasOpen = false;
let place = "";
let facet = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  wasOpen = fold()?.open ?? false;
  place = document.activeElement?.id ?? "";
  facet = document.activeElement?.name ?? "";
  event.detail.target.setAttribute("aria-busy", "true");
  const status = document.getElementById("status");
  slow = setTimeout(() => { status.textContent = document.getElementById("results-failed").dataset.slow; }, 2000);
});

document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(slow);
  event.detail.target.removeAttribute("aria-busy");
});

// A reader at work in the filters keeps them open, or the ticked box would vanish under the focus. The box may
// have moved into the fold of its facet; one that is gone leaves the focus to the next of its facet.
document.addEventListener("htmx:afterSwap", () => {
  if (fold()) fold().open = wasOpen;
  if (!place) return;
  const boxes = [...document.querySelectorAll(".facet input")];
  const box = document.getElementById(place) ?? boxes.find((input) => input.name === facet) ?? boxes[0];
  box?.closest("details.disclosure")?.setAttribute("open", "");
  if (document.activeElement !== box) box?.focus();
  place = "";
});

function fail() {
  const box = document.getElementById("results-failed");
  box.hidden = false;
  box.querySelector("a").href = location.href;
}

for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, fail);
}
