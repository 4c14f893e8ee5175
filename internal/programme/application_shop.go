package programme

import (
	"cmp"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// turnovers says which answer of a shop's form an answer of an application is.
var turnovers = map[account.Choice]account.Choice{"under-10m": "10m", "under-50m": "50m", "under-100m": "100m", "under-500m": "1b", "under-1b": "1b", "from-1b": "more"}

// products are the packages that a shop's form names by their own name.
var products = map[account.Choice]string{"ec-cube-4": "EC-CUBE", "ec-cube-3": "EC-CUBE", "ec-cube-2": "EC-CUBE", "welcart": "Welcart", "woocommerce": "WooCommerce"}

// AsShop is what an application says of its shop, as a shop's record has it.
func (a *Application) AsShop() account.Shop {
	f := &a.Form
	s := account.Shop{
		State: account.Trading, Name: cmp.Or(f.Shop, f.Company, a.Receipt), Company: f.Company, Number: f.Number, URL: f.URL, Method: f.Method, Version: f.Version,
		Package: products[f.Package], Business: account.Say(Businesses, f.Business, i18n.JA), Turnover: turnovers[f.Turnover], Contract: f.Contract,
	}
	if f.Person != "" {
		s.Contacts = []account.Contact{{Name: f.Person, Phone: f.Phone, Mail: a.Mail}}
	}
	if bad := s.Tidy(); len(bad) > 0 { // what was typed before a rule changed is left for the shop's people to write
		s.URL, s.Number, s.Contacts = "", "", nil
	}
	return s
}
