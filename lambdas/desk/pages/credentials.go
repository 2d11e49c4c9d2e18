package pages

import (
	"bytes"
	"net/http"
	"net/url"
)

// filters of the list, which the API takes under the same names.
func filters(q url.Values) url.Values {
	f := url.Values{}
	for _, name := range []string{"has", "refused", "account", "from"} {
		f.Set(name, q.Get(name))
	}
	return f
}

// listCredentials shows what root has in each account. It begins an audit where the last one is old, and shows how far
// that is.
func listCredentials(v *visit) error {
	q := v.r.URL.Query()
	body := struct {
		credentialsList
		Has, Account, More, CSV string
		Refused, Filtered       bool
	}{Has: q.Get("has"), Account: q.Get("account"), Refused: q.Get("refused") != "", CSV: v.site.Base}
	if err := v.get(path(filters(q), "root-credentials"), &body.credentialsList); err != nil {
		return err
	}
	body.Filtered = body.Has != "" || body.Account != "" || body.Refused
	body.More = more(v.site.Base, v.r.URL.Path, q, body.Next)
	f := filters(q)
	f.Del("from")
	body.CSV += path(f, "root-credentials.csv")
	runs := body.Audit != nil && body.Audit.Finished.IsZero() && body.Audit.Done < body.Audit.Of
	return v.show(http.StatusOK, "credentials", page{Title: "Root credentials", Menu: "/root-credentials", Body: body},
		runs)
}

// most is how many pages of the list make one file: some organizations have ten thousand accounts.
const most = 200

// exportCredentials is the same list as a file for a spreadsheet: all of it, so it asks the API for one page after the
// other. The file is whole, or there is none.
func exportCredentials(v *visit) error {
	f := filters(v.r.URL.Query())
	f.Set("format", "csv")
	f.Set("limit", "100")
	var file bytes.Buffer
	for range most {
		a, err := v.do(Call{Method: http.MethodGet, Path: path(f, "root-credentials")})
		if err != nil {
			return err
		}
		rows := a.Body
		if file.Len() > 0 {
			_, rows, _ = bytes.Cut(rows, []byte("\n")) // each page begins with the names of the columns
		}
		file.Write(rows)
		next := a.Header.Get("X-Locksmith-Next")
		if next == "" {
			v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			v.w.Header().Set("Content-Disposition", `attachment; filename="root-credentials.csv"`)
			_, _ = v.w.Write(file.Bytes()) // a browser that has gone has nobody to be told
			return nil
		}
		f.Set("from", next)
	}
	return &Problem{Title: "Too many accounts for one file", Status: http.StatusInsufficientStorage,
		Detail: "the list does not end", Hint: "filter it, or take it from the API page by page"}
}

// showCredentials audits one account now, and offers what can be asked for there.
func showCredentials(v *visit) error {
	var c credentials
	if err := v.get(path(nil, "root-credentials", v.r.PathValue("account")), &c); err != nil {
		return err
	}
	if c.Account == "" {
		c.Account = v.r.PathValue("account")
	}
	return v.show(http.StatusOK, "account", page{Title: "Root credentials of " + groups(c.Account),
		Menu: "/root-credentials", Body: c}, false)
}

// Ask is what the visitor may ask for, or nil where the API does not say.
func (c credentials) Ask(task string) *mayAsk {
	for i := range c.MayAsk {
		if c.MayAsk[i].Task == task {
			return &c.MayAsk[i]
		}
	}
	return nil
}

func createPassword(v *visit) error {
	return v.turnTo(v.post(path(nil, "create-root-login-profile", v.r.PathValue("account")), v.asked()))
}

func deleteCredentials(v *visit) error {
	return v.turnTo(v.post(path(nil, "delete-root-login-profile", v.r.PathValue("account")), v.asked()))
}
