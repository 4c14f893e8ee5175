package dns

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// DanglingCNAME asks whether an alias of the shop points at a name that does
// not exist any more. It is proven by the name alone; a provider's "nobody
// here" page makes it possible.
var DanglingCNAME = &check.Check{
	Name: "dangling-cname", Level: wire.Safe, Severity: check.Medium, CWE: 350,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachZone(ctx, p, func(z *zone) error {
			names := append([]string{z.domain, "www." + z.domain}, z.hosts...)
			for _, s := range p.Site.Siblings {
				if h := strings.ToLower(s.Host); organisational(h) == z.domain && !strings.HasPrefix(h, "*") && len(names) < 32 {
					names = append(names, h)
				}
			}
			slices.Sort(names)
			for _, name := range slices.Compact(names) {
				target, gone, err := aliasOf(ctx, p, name)
				if err != nil {
					return err
				}
				p.ExaminedThing(name)
				switch {
				case target == "":
				case gone:
					f := p.Report(nil, name, i18n.Args{"target": target})
					if service := claimable(target); service != "" {
						f.Case, f.Severity, f.Args["service"] = "claimable", check.High, service
						f.CVSS31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:H/A:N"
						f.CVSS40 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:H/VA:N/SC:L/SI:H/SA:N"
					}
				default:
					if ex, words := unclaimed(p.Site, name, target); ex != nil {
						f := p.Report(ex, name, i18n.Args{"target": target, "words": words})
						f.Case, f.Confidence, f.Severity = "unclaimed", check.Possible, check.Medium
					}
				}
			}
			return nil
		})
	},
}

// aliasOf follows name's CNAMEs to the last one and says whether that name does not exist.
func aliasOf(ctx context.Context, p *check.Pass, name string) (target string, gone bool, err error) {
	a, err := ask(ctx, p, name, "A", "alias")
	if err != nil {
		return "", false, nil // a resolver that cannot answer proves nothing
	}
	at := name
	for range 8 {
		i := slices.IndexFunc(a.Records, func(r wire.DNSRecord) bool {
			return r.Type == "CNAME" && strings.EqualFold(strings.TrimSuffix(r.Name, "."), at)
		})
		if i < 0 {
			break
		}
		target = strings.TrimSuffix(strings.ToLower(a.Records[i].Value), ".")
		at = target
	}
	if target == "" || len(a.Values("A")) > 0 {
		return target, false, nil
	}
	last, err := ask(ctx, p, target, "A", "target of an alias")
	if err != nil {
		return target, false, nil
	}
	return target, last.Rcode == "NXDOMAIN", nil
}

// services are places where anybody can take a name that is free.
var services = map[string]string{
	"s3.amazonaws.com": "Amazon S3", "elasticbeanstalk.com": "AWS Elastic Beanstalk", "azurewebsites.net": "Azure App Service",
	"cloudapp.net": "Azure", "cloudapp.azure.com": "Azure", "trafficmanager.net": "Azure Traffic Manager", "blob.core.windows.net": "Azure Storage",
	"azureedge.net": "Azure CDN", "herokuapp.com": "Heroku", "herokudns.com": "Heroku", "github.io": "GitHub Pages", "netlify.app": "Netlify",
	"myshopify.com": "Shopify", "wordpress.com": "WordPress.com", "fastly.net": "Fastly", "pantheonsite.io": "Pantheon", "surge.sh": "Surge", "zendesk.com": "Zendesk",
}

func claimable(target string) string {
	for suffix, name := range services {
		if strings.HasSuffix(target, "."+suffix) {
			return name
		}
	}
	if strings.Contains(target, ".s3") && strings.HasSuffix(target, ".amazonaws.com") {
		return "Amazon S3"
	}
	return ""
}

// nobodyHere is what providers answer for names that belong to nobody.
var nobodyHere = []string{
	"NoSuchBucket", "There isn't a GitHub Pages site here", "No such app", "Fastly error: unknown domain",
	"Sorry, this shop is currently unavailable", "Do you want to register", "Not Found - Request ID",
}

// unclaimed finds an answer of the crawl in which the provider says that nobody has the name.
func unclaimed(s *check.Site, name, target string) (*wire.Exchange, string) {
	if claimable(target) == "" {
		return nil, ""
	}
	for _, ex := range s.Exchanges {
		if ex.Status < 400 || !strings.EqualFold(ex.URL.Hostname(), name) {
			continue
		}
		for _, w := range nobodyHere {
			if strings.Contains(string(ex.Body), w) {
				return ex, w
			}
		}
	}
	return nil, ""
}
