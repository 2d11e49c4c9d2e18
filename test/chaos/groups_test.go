package chaos

import (
	"strings"

	"locksmith/test/cloud/organizations"
)

// groups are what an allow list may name in the place of accounts: units, one of them within another, and a tag. The
// account strange is in a unit that no rule names.
var groups = map[string]organizations.Account{
	"ou-a1b2-11111111":  {Number: deleted, Parent: "ou-a1b2-11111111"},
	"tag:kind=repaired": {Number: repaired, Tags: map[string]string{"kind": "repaired"}},
	"ou-a1b2-22222222":  {Number: named, Parent: "ou-a1b2-33333333"}, // which is within that
	"ou-a1b2-44444444":  {Number: restored, Parent: "ou-a1b2-44444444"},
	"tag:kind=told=":    {Number: told, Tags: map[string]string{"kind": "told="}},
	"":                  {Number: strange, Parent: "ou-a1b2-55555555", Tags: map[string]string{"kind": ""}},
}

// listFor is the allow list, by numbers or by groups.
func listFor(grouped bool) string {
	list := allowList
	for group, a := range groups {
		if grouped && group != "" {
			list = strings.Replace(list, `"accounts":["`+a.Number+`"]`, `"accounts":["`+group+`"]`, 1)
		}
	}
	return list
}

// group puts the accounts into their units.
func (w *world) group() {
	for _, unit := range []string{"ou-a1b2-11111111", "ou-a1b2-22222222", "ou-a1b2-44444444", "ou-a1b2-55555555"} {
		w.cloud.PutUnit(unit, organizations.RootID, unit)
	}
	w.cloud.PutUnit("ou-a1b2-33333333", "ou-a1b2-22222222", "inner")
	for _, a := range groups {
		w.cloud.PutAccount(a)
	}
}
