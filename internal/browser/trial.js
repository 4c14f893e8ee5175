// Runs before the page's own scripts: puts tagged values where they may read
// them, and notes where such values are made a document, a script or an address.
(() => {
	const trial = TRIAL, word = trial.Word;
	const seen = { sinks: [], ran: false };
	Object.defineProperty(window, Symbol.for("MARKt"), { value: seen });
	// What runs as a script reads this variable; nothing else knows its name.
	Object.defineProperty(window, word, { get() { seen.ran = true; return undefined; }, configurable: false });
	if (window === window.top) {
		try { if (trial.Name) window.name = trial.Name; } catch (_) {}
		for (const s of trial.Storage || []) { try { window[s.Area].setItem(s.Key, s.Value); } catch (_) {} }
	}
	const has = v => { try { return String(v).toLowerCase().includes(word); } catch (_) { return false; } };
	const caller = () => {
		for (const line of (new Error().stack || "").split("\n").slice(1)) {
			const m = /((?:https?|blob|data):[^\s)]+?)(?::\d+){1,2}\)?$/.exec(line);
			if (m) return m[1];
		}
		return "";
	};
	const note = (name, v) => { if (has(v) && seen.sinks.length < 100) seen.sinks.push({ Name: name, Value: String(v).slice(0, 4000), Script: caller() }); };
	const setter = (proto, prop, name) => {
		const d = proto && Object.getOwnPropertyDescriptor(proto, prop);
		if (!d || !d.set || !d.configurable) return;
		Object.defineProperty(proto, prop, { ...d, set(v) { note(name, v); return d.set.call(this, v); } });
	};
	const method = (proto, prop, pick) => {
		const real = proto && proto[prop];
		if (typeof real !== "function") return;
		const fake = { [prop](...args) { try { pick.call(this, args); } catch (_) {} return real.apply(this, args); } }[prop];
		fake.toString = () => real.toString();
		Object.defineProperty(proto, prop, { value: fake, configurable: true, writable: true, enumerable: false });
	};
	setter(Element.prototype, "innerHTML", "innerHTML");
	setter(Element.prototype, "outerHTML", "outerHTML");
	setter(window.ShadowRoot && ShadowRoot.prototype, "innerHTML", "innerHTML");
	setter(HTMLIFrameElement.prototype, "srcdoc", "srcdoc");
	setter(HTMLScriptElement.prototype, "src", "script src");
	setter(HTMLScriptElement.prototype, "text", "script text");
	setter(HTMLIFrameElement.prototype, "src", "frame src");
	setter(HTMLAnchorElement.prototype, "href", "link href");
	setter(HTMLFormElement.prototype, "action", "form action");
	method(Element.prototype, "insertAdjacentHTML", a => note("insertAdjacentHTML", a[1]));
	method(Element.prototype, "setHTMLUnsafe", a => note("innerHTML", a[0]));
	method(Range.prototype, "createContextualFragment", a => note("createContextualFragment", a[0]));
	method(Element.prototype, "setAttribute", function (a) {
		const n = String(a[0]).toLowerCase(), t = this.tagName.toLowerCase();
		if (n.startsWith("on")) note("handler", a[1]);
		else if (n === "srcdoc") note("srcdoc", a[1]);
		else if (n === "src" && t === "script") note("script src", a[1]);
		else if (n === "src" && t === "iframe") note("frame src", a[1]);
		else if (n === "href" && t === "a") note("link href", a[1]);
		else if (n === "action") note("form action", a[1]);
	});
	method(Document.prototype, "write", a => note("document.write", a.join("")));
	method(Document.prototype, "writeln", a => note("document.write", a.join("")));
	method(window, "eval", a => note("eval", a[0]));
	for (const t of ["setTimeout", "setInterval"]) method(window, t, a => { if (typeof a[0] === "string") note("eval", a[0]); });
	const RealFunction = window.Function;
	try {
		window.Function = new Proxy(RealFunction, {
			apply(t, self, args) { note("eval", args[args.length - 1]); return Reflect.apply(t, self, args); },
			construct(t, args) { note("eval", args[args.length - 1]); return Reflect.construct(t, args); },
		});
	} catch (_) {}
	method(window, "open", a => note("location", a[0]));
	for (const m of ["assign", "replace"]) method(Location.prototype, m, a => note("location", a[0]));
	if (trial.Message && window === window.top) {
		const post = () => {
			for (const data of trialMessages(trial.Message)) window.postMessage(data, "*");
		};
		addEventListener("load", () => setTimeout(post, 50));
	}
	function trialMessages(text) {
		const keys = ["data", "message", "msg", "html", "content", "text", "url", "src", "href", "value", "body", "title", "code", "payload", "action", "type", "name"];
		const all = Object.fromEntries(keys.map(k => [k, text]));
		return [text, all, JSON.stringify(all)];
	}
})();
