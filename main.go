// Miseban keeps Japanese online shops to IPA's guideline. See docs/design.md.
package main

import (
	"os"

	"miseban/internal/cli"
)

func main() { os.Exit(cli.Main()) }
