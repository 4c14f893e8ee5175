// Small comforts of the shop: none of its pages needs them.
"use strict";
document.querySelectorAll("form").forEach(function (form) {
  form.addEventListener("submit", function () {
    form.querySelectorAll("button").forEach(function (b) { b.setAttribute("aria-busy", "true"); });
  });
});
// The provider's frame hands over a token, never a card number.
window.addEventListener("message", function (e) {
  var frame = document.querySelector(".card-entry iframe");
  var token = document.querySelector("input[name=psp_token]");
  if (frame && token && e.source === frame.contentWindow && e.origin === new URL(frame.src).origin && typeof e.data === "string") {
    token.value = e.data;
  }
});
