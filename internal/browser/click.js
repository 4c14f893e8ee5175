(i => {
	const el = document.querySelector("[data-MARK='" + i + "']");
	if (!el) return false;
	const o = { bubbles: true, cancelable: true, composed: true, view: window };
	if (el.tagName === "SELECT") {
		for (const op of el.options) if (!op.selected && op.value) { el.value = op.value; break; }
		el.dispatchEvent(new Event("change", o));
		return true;
	}
	for (const t of ["pointerover", "mouseover", "mouseenter", "mousemove", "pointerdown", "mousedown", "pointerup", "mouseup"]) el.dispatchEvent(new MouseEvent(t, o));
	el.click();
	return true;
})
