// The results page: a ticked facet asks at once; the list that stands stays until the answer is there.
const fold = () => document.getElementById("facets-fold");
let slow = 0;
let wasOpen = false;
let place = "";

document.addEventListener("htmx:beforeRequest", (event) => {
  wasOpen = fold()?.open ?? false;
  place = document.activeElement?.id ?? "";
  event.detail.target.setAttribute("aria-busy", "true");
  const status = document.getElementById("status");
  slow = setTimeout(() => { status.textContent = document.getElementById("results-failed").dataset.slow; }, 2000);
});

document.addEventListener("htmx:afterRequest", (event) => {
  clearTimeout(slow);
  event.detail.target.removeAttribute("aria-busy");
});

// A reader at work in the filters keeps them open, or the ticked box would vanish under the focus.
document.addEventListener("htmx:afterSwap", () => {
  if (fold()) fold().open = wasOpen;
  if (place && document.activeElement === document.body) document.getElementById(place)?.focus();
});

function fail() {
  const box = document.getElementById("results-failed");
  box.hidden = false;
  box.querySelector("a").href = location.href;
}

for (const name of ["htmx:timeout", "htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, fail);
}
