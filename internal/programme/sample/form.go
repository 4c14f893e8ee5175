package sample

import (
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// smeCapital is the capital of a made-up company that is no SME any more, in yen.
const smeCapital = 300_000_000

// Form is the made-up application as the form of a call holds it: complete, with
// a corporate number and a telephone number that nobody is given.
func (a *Applicant) Form() programme.Form {
	n, _ := strconv.Atoi(strings.TrimPrefix(a.Receipt, "R-"))
	f := programme.Form{
		Company: a.Company, Number: unusedNumber(n), Industry: "retail", Capital: strconv.FormatInt(a.Capital/10_000, 10), Staff: strconv.Itoa(a.Staff),
		Shop: a.Shop, URL: a.URL, Method: "package", Package: account.Choice(a.Method), Version: a.Package, Business: account.Choice(a.Industry), Turnover: account.Choice(a.Turnover),
		Hosting: "shared", Permission: "no", Remote: "yes",
		Person: a.Person, Phone: fmt.Sprintf("03-0%03d-%04d", n/10_000%1000, n%10_000), Posture: map[string]account.Choice{}, Agreed: true,
	}
	switch a.Method {
	case "welcart", "woocommerce":
		f.Method = "cms"
	case "scratch":
		f.Method = "scratch"
	}
	if !a.Eligible && a.Permission && a.Capital < smeCapital {
		f.Method = "asp" // what else Why can say
	}
	switch a.Hosting {
	case HostingOwn:
		f.Hosting = "premises"
	case HostingIaaS:
		f.Hosting = "iaas"
	}
	if a.Permission {
		f.Permission = "yes"
	}
	said := map[string]string{}
	for _, x := range a.Answers {
		said[x.Question] = x.Value
	}
	f.Contract = posture(said["maintenance-contract"])
	for id, from := range postureFrom {
		f.Posture[id] = posture(said[from[0]])
		for _, other := range from[1:] {
			if is := posture(said[other]); is != f.Posture[id] {
				f.Posture[id] = "partly"
			}
		}
	}
	return f
}

// postureFrom says from which of Questions the answers to the form's come. The
// form asks for some things that Questions do not; those follow what is near them.
var postureFrom = map[string][]string{
	"owner": {"patch-plan"}, "updates": {"updates"}, "admin": {"admin-restricted", "admin-two-factor"}, "tested": {"diagnosed"}, "card": {"card-not-held"},
	"passwords": {"admin-two-factor"}, "waf": {"tls-everywhere"}, "logs": {"logs-kept", "backup"}, "contract": {"maintenance-contract"}, "incident": {"patch-plan", "backup"},
}

func posture(value string) account.Choice {
	if value == "unsure" {
		return "unknown"
	}
	return account.Choice(value)
}

// unusedNumber is a corporate number whose check digit fits, of a registry
// office that there is not.
func unusedNumber(n int) string {
	s := fmt.Sprintf("999999%06d", n%1_000_000)
	for check := 1; check <= 9; check++ {
		if x := account.CorporateNumber(strconv.Itoa(check) + s); x != "" {
			return x
		}
	}
	return ""
}
