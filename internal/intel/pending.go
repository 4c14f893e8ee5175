package intel

type Bundle struct{}

func Default() *Bundle { return &Bundle{} }
