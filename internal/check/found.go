package check

// Found is the fact f if a check of this runner asked for it and it was found;
// nothing is asked for. It tells afterwards what the checks worked with.
func Found[T any](r *Runner, f *Fact[T]) (T, bool) {
	var none T
	r.facts.mu.Lock()
	o := r.facts.m[f.Name]
	r.facts.mu.Unlock()
	if o == nil {
		return none, false
	}
	o.once.Do(func() {}) // whoever finds it now ends first
	v, ok := o.v.(T)
	return v, ok && o.err == nil
}
