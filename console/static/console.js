// What pages do beyond forms and links: copy a text, and send a form only once.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
  button.textContent = "已复制";
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});

// back from the next page: the form may be sent again
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
  // the clipboard exists only on https and on this machine
  if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
});
