// Run after the page settled: what a browser has that the HTML had not.
(() => {
	const seen = window[Symbol.for("MARK")] || { routes: [], listeners: [], sockets: [], clicks: new Set() };
	const out = { html: "", routes: [...seen.routes], storage: [], listeners: [], sockets: seen.sockets };
	const roots = [document];
	const frames = [];
	for (let i = 0; i < roots.length && i < 200; i++) {
		const root = roots[i];
		for (const el of root.querySelectorAll("*")) {
			if (el.shadowRoot) roots.push(el.shadowRoot);
			if (el.tagName === "IFRAME") { try { if (el.contentDocument) frames.push(el.contentDocument); } catch (_) {} }
		}
	}
	for (const root of [...roots.slice(1), ...frames]) {
		for (const el of root.querySelectorAll("a[href],area[href],form[action],iframe[src]")) out.routes.push(el.href || el.action || el.src);
	}
	out.html = document.documentElement ? document.documentElement.outerHTML.slice(0, 4 << 20) : "";
	for (const area of ["localStorage", "sessionStorage"]) {
		try {
			const s = window[area];
			for (let i = 0; i < s.length && i < 100; i++) out.storage.push({ Area: area, Key: s.key(i).slice(0, 200), Value: String(s.getItem(s.key(i))).slice(0, 2000) });
		} catch (_) {}
	}
	const sensitive = el => {
		if (!el) return "document";
		if (el instanceof HTMLFormElement) return el.querySelector("input[type=password],input[autocomplete^=cc-],input[name*=card i],input[id*=card i]") ? "form:" + (el.id || el.name || el.getAttribute("action") || "") : "";
		const words = [el.name, el.id, el.autocomplete, el.type, el.placeholder].join(" ");
		return /pass|cc-|card|cvv|cvc|security.?code|カード/i.test(words) ? (el.name || el.id || el.type) : "";
	};
	const field = !!document.querySelector("input[type=password],input[autocomplete^=cc-],input[name*=card i],input[id*=card i]");
	for (const l of seen.listeners) {
		const name = sensitive(l.el);
		if (name && (name !== "document" || field)) out.listeners.push({ Field: name, Event: l.type, Script: l.script });
	}
	out.routes = [...new Set(out.routes)].filter(r => r.length <= 16384).slice(0, 500);
	return out;
})()
