// What a visitor does at a sign-in: fill the fields, then press the button.
// The values are set as typing sets them, so that frameworks hear of it.
(() => {
	const roots = [document];
	for (let i = 0; i < roots.length && i < 200; i++) {
		for (const el of roots[i].querySelectorAll("*")) if (el.shadowRoot) roots.push(el.shadowRoot);
	}
	const shown = el => !el.disabled && !el.readOnly && el.getClientRects().length > 0;
	const all = sel => roots.flatMap(r => [...r.querySelectorAll(sel)]).filter(shown);
	const words = el => [el.name, el.id, el.autocomplete, el.placeholder, el.className, el.value, el.textContent, el.getAttribute("aria-label")].join(" ");
	const up = el => el.parentElement || (el.getRootNode().host ?? null);
	const other = /検索|登録|購読|メルマガ|再設定|再発行|忘れ|パスワードを表示|search|regist|sign-?\s?up|subscribe|newsletter|reset|forgot|remind|google|facebook|apple|amazon|yahoo|line|twitter/i;
	const login = /ログイン|サインイン|次へ|続ける|続行|進む|送信|log\s?-?in|sign\s?-?in|log\s?-?on|continue|next|submit/i;
	const typed = el => el.tagName === "INPUT" && ["text", "email", "tel", ""].includes((el.getAttribute("type") || "").toLowerCase());

	// The box of a field: its form, or the nearest element around it that has a button.
	const buttons = box => [...box.querySelectorAll("button,input[type=submit],input[type=button],input[type=image],[role=button],a[href='#'],a:not([href])")].filter(el => el.getClientRects().length > 0 && (el.type || "") !== "reset");
	const boxOf = el => {
		if (el.form) return el.form;
		for (let p = up(el), n = 0; p && n < 12; p = up(p), n++) if (buttons(p).some(b => login.test(words(b)) && !other.test(words(b)))) return p;
		return null;
	};
	const inside = (box, el) => box === el.form || box.contains(el);

	let password = null, user = null, box = null;
	for (const el of all("input[type=password]")) {
		const b = boxOf(el), n = all("input[type=password]").filter(o => b && inside(b, o)).length;
		if (el.autocomplete === "new-password" || b && n > 1) continue; // a registration, or a change
		password = el; box = b;
		break;
	}
	const inputs = all("input").filter(typed);
	if (password) {
		for (const el of inputs) if ((!box || inside(box, el)) && password.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_PRECEDING) user = el;
		const named = inputs.find(el => (!box || inside(box, el)) && /user|mail|login|account|会員|メール/i.test(words(el)));
		if (named) user = named;
	} else {
		for (const el of inputs) {
			const b = boxOf(el);
			if (!/user|mail|login|account|identif|会員|メール|ログイン/i.test(words(el)) || other.test([el.name, el.id, el.placeholder].join(" "))) continue;
			if (!b || !buttons(b).some(x => login.test(words(x)) && !other.test(words(x)))) continue;
			user = el; box = b;
			break;
		}
	}
	const type = (el, value) => {
		el.focus();
		Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(el, value);
		for (const name of ["input", "change", "keyup"]) el.dispatchEvent(new Event(name, { bubbles: true, composed: true }));
	};
	const press = () => {
		const list = box ? buttons(box).filter(b => !b.disabled && !other.test(words(b))) : [];
		const button = list.find(b => login.test(words(b))) || list.find(b => b.type === "submit");
		if (button) { button.click(); return true; }
		if (box instanceof HTMLFormElement) { box.requestSubmit(); return true; }
		return false;
	};
	return { password, user, type, press };
})()
