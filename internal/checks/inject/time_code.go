package inject

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/probe"
)

// Waits of shells, languages and templates. Each leaves the original value as
// it was, and none is a form that a database could carry out for each row.
var (
	commandWaits = []*probe.Delay{
		probe.ShipDelay("time-command", delayWithin("$(sleep §)")),
		probe.ShipDelay("time-command-quoted", delayWithin("'$(sleep §)'")),
		probe.ShipDelay("time-command-ticks", delayWithin("`sleep §`")),
	}
	codeTextWaits = []*probe.Delay{
		// PHP and Perl alike.
		probe.ShipDelay("time-code-dot", delayWithin("'.substr('',sleep(§)).'")),
		probe.ShipDelay("time-code-dots", delayWithin(`".substr("",sleep(§))."`)),
		probe.ShipDelay("time-code-ruby", delayWithin("'.tap{sleep §}.concat'")),
		probe.ShipDelay("time-code-python", func(v, seconds string, r *probe.Rand) string {
			return v + "' if not __import__('time').sleep(" + seconds + ")else '" + r.Letters(4)
		}),
	}
	codeNumberWaits = []*probe.Delay{
		probe.ShipDelay("time-code-list", delayNumber("*[1,sleep(§)][0]")), // PHP, Ruby
		probe.ShipDelay("time-code-list-perl", delayNumber("*(1,sleep(§))[0]")),
		probe.ShipDelay("time-code-list-python", delayNumber("*[1,__import__('time').sleep(§)][0]")),
	}
	templateWaits = []*probe.Delay{
		probe.ShipDelay("time-template-erb", delayAfter("<% sleep § %>")),
		probe.ShipDelay("time-template-smarty", delayAfter("{sleep(§)}")),
	}
)

func commandTimed(ctx context.Context, p *check.Pass, t *probe.Target) error {
	return timed(ctx, p, t, commandWaits)
}

func codeTimed(ctx context.Context, p *check.Pass, t *probe.Target) error {
	if numeric(t.Sample) {
		return timed(ctx, p, t, append(codeNumberWaits[:len(codeNumberWaits):len(codeNumberWaits)], codeTextWaits[0]))
	}
	return timed(ctx, p, t, codeTextWaits)
}

func templateTimed(ctx context.Context, p *check.Pass, t *probe.Target) error {
	return timed(ctx, p, t, templateWaits)
}
