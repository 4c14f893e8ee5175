package exposure

import (
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// InstallerLeft asks whether the screen that sets a shop up is still there: it
// can be made to set the shop up once more, with somebody else's database and
// administrator.
var InstallerLeft = &check.Check{
	Name: "installer-left", Level: wire.Safe, Severity: check.High, CWE: 489,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: seek(fixed(
		candidate{path: "install/", of: eccube | opencart | prestashop | cscart | oscommerce}, candidate{path: "install.php", of: eccube},
		candidate{path: "html/install/", of: eccube2, root: true}, candidate{path: "html/install.php", of: eccube3, root: true},
		candidate{path: "wp-admin/install.php", of: wordpress}, candidate{path: "wp-admin/setup-config.php", of: wordpress},
		candidate{path: "zc_install/", of: zencart}, candidate{path: "setup/", of: magento}, candidate{path: "index.php/install/", of: magento},
	), 64<<10, provesInstaller),
}

var (
	installerTitle = regexp.MustCompile(`(?i)EC-?CUBE.{0,30}(?:インストール|install)|(?:インストール|install).{0,30}EC-?CUBE|WordPress.{0,20}(?:›|&rsaquo;|&#8250;|»).{0,20}(?:インストール|Installation|設定ファイル|Setup Configuration)|Zen ?Cart.{0,30}(?:Setup|Install)|OpenCart.{0,10}(?:\W.{0,10})?Install|PrestaShop (?:Installation|.{0,20}Install)|Magento (?:Installation|Setup)|CS-Cart.{0,30}(?:setup|install)|osCommerce.{0,30}(?:install|setup)|Install.{0,5}OpenCart`)
	installerStep  = regexp.MustCompile(`(?i)インストールを(?:開始|はじめ|続行)|権限チェック|データベース(?:の)?設定|name=["'](?:mode["'] value=["'](?:welcome|step0|return_step0)|dbname|db_server|db_name|db_hostname|weblog_title|install_step1\[[a-z_]+\]|install_[a-z]+)|(?:id|class)=["'](?:install|installer|LC_Install)[^"']*["']`)
	installerDone  = regexp.MustCompile(`(?i)既に(?:インストール|存在)|インストール(?:済み|は完了し)|already (?:installed|exists)|すでにインストール|already been installed`)
)

// provesInstaller wants the name of the software, a step of the setting up and
// something to press: a page that says that all is done has nothing to press.
func provesInstaller(pg *page.Page) *proof {
	text := shown(pg)
	if text == "" {
		return nil
	}
	name := installerTitle.FindString(clip(pg.Title+" "+pg.Visible, 2000))
	if name == "" || !installerStep.MatchString(text) || installerDone.MatchString(pg.Visible) {
		return nil
	}
	return &proof{Args: i18n.Args{"title": clip(pg.Title, 60)}, Excerpt: clip(name, 80)}
}
