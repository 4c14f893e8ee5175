// Passkeys: registering one, signing in with one, confirming with one. The
// button stays hidden where the browser has none.
"use strict";
const supported = window.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;

async function post(url, body) {
  const r = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body || {}) });
  if (!r.ok) throw new Error(await r.text());
  return r.status === 204 ? null : r.json();
}

async function run(button) {
  const { options, finish, kind, to } = button.dataset;
  const asked = (await post(options)).publicKey;
  const credential = kind === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  const name = document.getElementById("f-passkey-name");
  const query = name ? "?name=" + encodeURIComponent(name.value) : "";
  const answer = await post(finish + query, credential.toJSON());
  location.assign((answer && answer.to) || to || location.href);
}

document.querySelectorAll("[data-passkey]").forEach((block) => {
  if (!supported) return;
  block.hidden = false;
  const button = block.querySelector("button");
  const said = block.querySelector("[role=alert]");
  button.addEventListener("click", async () => {
    said.textContent = "";
    button.disabled = true;
    try {
      await run(button);
    } catch (e) {
      said.textContent = e.name === "NotAllowedError" || e.name === "AbortError" ? button.dataset.cancelled : button.dataset.failed;
      button.disabled = false;
    }
  });
});
