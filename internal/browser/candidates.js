// Marks what a visitor could click besides links and form buttons, and lists it.
(() => {
	const seen = window[Symbol.for("MARK")] || { clicks: new Set() };
	const list = [];
	const add = el => {
		if (!(el instanceof Element) || !el.isConnected || el === document.body || el === document.documentElement || list.includes(el) || list.length >= 24) return;
		if (el.matches("input:not([type=button]):not([type=checkbox]):not([type=radio]),textarea,form,button[type=submit],input[type=submit],input[type=image]")) return;
		if (el.matches("button") && el.form && (el.type === "submit" || el.type === "reset")) return;
		if (el.matches("a[href]") && !/^(#|javascript:|$)/i.test(el.getAttribute("href"))) return;
		list.push(el);
	};
	for (const el of seen.clicks) add(el);
	for (const el of document.querySelectorAll("[onclick],[onmousedown],[onmouseover],[ondblclick],[role=button],[role=link],[role=tab],a[href='#'],a[href^='javascript:' i],a:not([href]),button[type=button],summary,select[onchange],[data-href],[data-url]")) add(el);
	return list.map((el, i) => {
		el.setAttribute("data-MARK", i);
		return { Index: i, Tag: el.tagName, Text: (el.innerText || el.value || el.getAttribute("aria-label") || el.title || "").trim().slice(0, 80), Name: [el.id, el.className, el.getAttribute("name"), el.getAttribute("onclick")].filter(Boolean).join(" ").slice(0, 200) };
	});
})()
