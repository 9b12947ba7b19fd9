// Shows the address that a name will get, for as long as no address is typed.
function slugOf(text) {
  const plain = text.normalize("NFKC").toLowerCase().trim().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\x00-\x7f\p{L}\p{N}]/gu, "-");
  // The server knows how names in other scripts are written in Latin letters.
  if (/[^\x00-\x7f]/.test(plain)) return "";
  return plain.replace(/[^a-z0-9._]+/g, "-").replace(/^[-._]+|[-._]+$/g, "").slice(0, 120);
}

for (const part of document.querySelectorAll("[data-slug-of]")) {
  const name = document.getElementById(part.dataset.slugOf);
  const slug = part.querySelector("input");
  const domain = document.getElementById("id_domain");
  const shown = document.createElement("p");
  shown.className = "hint address";
  part.querySelector(".field").append(shown);
  const show = () => {
    const text = slug.value || slugOf(name.value);
    shown.textContent = text ? `${part.dataset.before}${text}` : "";
    slug.placeholder = slugOf(name.value);
  };
  for (const field of [name, slug, domain]) field?.addEventListener("input", show);
  show();
}
