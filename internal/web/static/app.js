// What pages can do a little better with a script. All of it works without.
"use strict";
document.documentElement.classList.add("scripted");

// A form is sent once: a second press while the first is under way does nothing.
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  if (e.target.method === "post") e.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

// What is shown once can be copied with a button.
document.querySelectorAll("[data-copy]").forEach((b) => {
  b.hidden = false;
  b.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent.trim());
    b.textContent = b.dataset.done;
  });
});

// A live view: the server says when there is something new, the page fetches
// its part again and reads it out where it is marked as live.
document.querySelectorAll("[data-events]").forEach((part) => {
  const source = new EventSource(part.dataset.events);
  source.addEventListener("part", (e) => { part.innerHTML = e.data; });
  source.addEventListener("end", () => { source.close(); location.reload(); });
});

// A form that saves itself says when that failed, and keeps what was typed.
for (const failed of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:afterOnLoad"]) {
  document.addEventListener(failed, (e) => {
    const form = e.target.closest && e.target.closest("form[data-autosave]");
    if (!form) return;
    form.querySelector("[data-failed]").hidden = failed === "htmx:afterOnLoad";
  });
}
