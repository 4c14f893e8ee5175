// Runs before the page's own scripts. It notes where scripts want to go and
// what listens on password and card fields; it changes nothing they can see.
(() => {
	const note = (kind, data) => {
		const s = window[Symbol.for("MARK")] || (window[Symbol.for("MARK")] = { routes: [], listeners: [], sockets: [], clicks: new Set() });
		if (kind === "click") s.clicks.add(data);
		else if (s[kind].length < 500 && !(typeof data === "string" && data.length > 16384)) s[kind].push(data);
	};
	const wrap = (obj, name, before) => {
		const real = obj[name];
		if (typeof real !== "function") return;
		const fake = { [name](...args) { try { before.call(this, args); } catch (_) {} return real.apply(this, args); } }[name];
		fake.toString = () => real.toString();
		Object.defineProperty(obj, name, { value: fake, configurable: true, writable: true, enumerable: false });
	};
	const url = v => { try { return new URL(String(v), document.baseURI).href; } catch (_) { return String(v); } };
	for (const m of ["pushState", "replaceState"]) wrap(History.prototype, m, a => { if (a[2] != null) note("routes", url(a[2])); });
	wrap(window, "open", a => { if (a[0]) note("routes", url(a[0])); });
	const caller = () => {
		for (const line of (new Error().stack || "").split("\n").slice(1)) {
			const m = /((?:https?|blob|data):[^\s)]+?)(?::\d+){1,2}\)?$/.exec(line);
			if (m) return m[1];
		}
		return "";
	};
	const clicky = new Set(["click", "mousedown", "mouseup", "pointerdown", "touchstart", "mouseover", "mouseenter", "keydown"]);
	wrap(EventTarget.prototype, "addEventListener", function (a) {
		const type = a[0];
		if (this instanceof HTMLInputElement || this instanceof HTMLFormElement || this instanceof HTMLSelectElement) {
			note("listeners", { el: this, type, script: caller() });
		} else if ((this === document || this === window || this === document.body) && /^(key|input|change|submit|paste|beforeunload)/.test(type)) {
			note("listeners", { el: null, type, script: caller() });
		}
		if (this instanceof Element && clicky.has(type)) note("click", this);
	});
	if (window.WebSocket) {
		const Real = window.WebSocket;
		window.WebSocket = new Proxy(Real, { construct(t, args) { note("sockets", url(args[0])); return Reflect.construct(t, args); } });
	}
	window.print = () => {};
})();
