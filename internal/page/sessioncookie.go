package page

import (
	"math"
	"regexp"
	"strings"
	"time"
)

// SessionSign says how surely a cookie carries a visitor's session or sign-in.
type SessionSign int

// The signs: by known or telling name, by the look of the value alone, none.
const (
	NoSession SessionSign = iota
	MaybeSession
	IsSession
)

// otherCookie names cookies that are read by scripts, counters, load
// balancers and consent banners: never a session, however random they look.
var otherCookie = regexp.MustCompile(`(?i)^(` + strings.Join([]string{
	// counting and advertising
	`_ga.*`, `_gid`, `_gat.*`, `_gcl_.*`, `_gac_.*`, `__utm.*`, `_fb[pc]`, `_tt_.*`, `_ttp`, `_uet.*`, `_pin_.*`, `_pk_.*`, `_hj.*`, `_clck`, `_clsk`,
	`mp_.*`, `ajs_.*`, `amp[_-].*`, `amplitude.*`, `optimizely.*`, `_vwo.*`, `_vis_.*`, `_yj.*`, `_ycl.*`, `_ly_.*`, `_lt_.*`, `__lt__.*`, `_td.*`, `_im_.*`,
	`amcvs?_.*`, `rt`, `krt.*`, `_karte.*`, `_ebtd.*`, `intercom-.*`, `hubspotutk`, `__hs.*`, `_shopify_.*`, `_y`, `_s`, `sbjs_.*`, `tk_.*`,
	`.*(visitor|visit_|track|device|client_?id|uuid|guid|anon|abtest|ab_test|variant|experiment|referr?er|affiliate|utm_|campaign|viewed|recent|history).*`,
	// consent
	`.*consent.*`, `optanon.*`, `cookielaw.*`, `cookie_?(policy|notice|bar).*`,
	// protection and load balancing
	`__cf.*`, `cf_.*`, `_cfuvid`, `aws(alb|elb).*`, `bigip.*`, `ts0[0-9a-f]{5,}.*`, `incap_.*`, `visid_.*`, `nlbi_.*`, `ak_bmsc`, `bm_.*`, `_abck`, `datadome`,
	`arraffinity.*`, `serverid`, `route`, `citrix_.*`, `nsc_.*`, `bni_.*`, `rdwr_.*`, `sucuri.*`, `cookiesession1`, `aka[a-z]*_.*`,
	// tokens against forged requests: scripts must be able to read them
	`.*(csrf|xsrf|nonce).*`, `__requestverificationtoken.*`, `\.aspnetcore\.antiforgery.*`, `form_key`,
	// switches of known packages
	`mage-.*`, `private_content_version`, `x-magento-vary`, `wordpress_test_cookie`, `wp-settings.*`, `wp_lang`, `woocommerce_.*`, `pll_.*`, `lang.*`, `locale`, `currency`,
}, `|`) + `)$`)

// knownSession names the session and sign-in cookies of known packages and frameworks.
var knownSession = regexp.MustCompile(`(?i)^(` + strings.Join([]string{
	`phpsessid.*`, `ecsessid`, `eccube`, `zenid`, `zenadminid`, `oscsid`, `oscadminid`, `ocsessid`, `usces_cookie`, `prestashop-.*`, `frontend(_cid)?`, `adminhtml`,
	`sid_(customer|admin|vendor)_.*`, `wordpress_logged_in_.*`, `wordpress_sec_.*`, `wordpress_[0-9a-f]{32}`, `wp_woocommerce_session_.*`, `[0-9a-f]{32}`, `s?sess[0-9a-f]{32}`,
	`jsessionid(sso)?`, `asp\.net_sessionid`, `aspsessionid[a-z]{8}`, `\.aspxauth`, `\.aspnetcore\.(session|cookies|identity\.).*`, `\.aspnet\.applicationcookie`,
	`connect\.sid`, `koa[.:]s.*`, `express[.:]sess.*`, `cakephp`, `symfony`, `play_session`, `cfid`, `cftoken`, `[fb]e_typo_user`, `concrete5`, `mt_user`,
	`(authjs|next-auth)\.session-token.*`, `sb-.*-auth-token.*`, `a?sid`,
}, `|`) + `)$`)

// tellingSession and tellingToken are names that programmers give to sessions and sign-in tokens of their own.
var (
	tellingSession = regexp.MustCompile(`(?i)(sess(ion)?[_.-]?(id|key|token)?|(^|[_.-])sid)([_.-]?[0-9a-f]*)$`)
	tellingToken   = regexp.MustCompile(`(?i)(^|[_.-])(auth([_.-]?(token|key))?|(access|refresh|id|login|user|member|customer)[_.-]?token|jwt|remember([_.-]?(me|token|web|admin|user))?)([_.-]?[0-9a-f]*)$`)
)

// Session says whether the cookie carries a visitor's session or sign-in.
func (c SetCookie) Session() SessionSign {
	name := c.Name
	for _, prefix := range []string{"__Host-", "__Secure-", "__Http-"} {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			name = name[len(prefix):]
			break
		}
	}
	switch {
	case otherCookie.MatchString(name) || len(c.Value) < 4:
		return NoSession
	case knownSession.MatchString(name):
		return IsSession
	case isSwitch(c.Value):
		return NoSession
	case tellingSession.MatchString(name), tellingToken.MatchString(name) && len(c.Value) >= 16:
		return IsSession
	case LooksRandom(c.Value) && !c.longLived():
		return MaybeSession
	}
	return NoSession
}

// isSwitch says that a value is a setting such as "1", "true" or "ja", which names nobody.
func isSwitch(v string) bool {
	return !strings.ContainsAny(v, "0123456789") && len(v) < 12
}

// longLived tells visitor counters, kept for months, from sessions of unknown
// name. A date is not held against the clock: stored runs are judged again later.
func (c SetCookie) longLived() bool {
	if c.HasMaxAge {
		return c.MaxAge > 24*time.Hour
	}
	return !c.Expires.IsZero()
}

var oneToken = regexp.MustCompile(`^[A-Za-z0-9_+/=.:%~-]{20,}$`)

// LooksRandom says that v reads like an identifier drawn at random: one long
// word of letters and digits with little repetition.
func LooksRandom(v string) bool {
	if !oneToken.MatchString(v) || !strings.ContainsAny(v, "0123456789") || !strings.ContainsAny(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz") {
		return false
	}
	count := map[rune]float64{}
	for _, r := range v {
		count[r]++
	}
	bits := 0.0
	for _, n := range count {
		bits -= n * math.Log2(n/float64(len(v)))
	}
	return bits >= 60
}
