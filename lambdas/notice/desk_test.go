package notice

import (
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
)

// TestLinks: to the incident, by an address or a command, and to none that somebody has made up.
func TestLinks(t *testing.T) {
	const id = "3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10~arn:aws:s3:::payroll-exports"
	madeUp := with(bucketLocked(), remedy.Unlocked, "")
	madeUp.Change.Resource = "arn:aws:s3:::payroll exports'; rm"
	for _, row := range []struct {
		setting string
		n       remedy.Notice
		want    string
	}{
		{"", with(bucketLocked(), remedy.Unlocked, ""), ""},
		{"command", with(bucketLocked(), remedy.Unlocked, ""), "locksmith desk -open '/incidents/" + id + "'"},
		{"https://desk.example.com/", with(bucketLocked(), remedy.Unlocked, ""), "https://desk.example.com/incidents/" + id},
		{"https://desk.example.com", again(with(bucketLocked(), remedy.NotCovered, ""), 1), "https://desk.example.com/" +
			"incidents/" + id},
		{"command", madeUp, ""},
	} {
		d, err := ReadDesk(row.setting)
		if err != nil {
			t.Fatal(err)
		}
		row.n.Link = d.link(incident(row.n))
		if row.n.Link != row.want {
			t.Errorf("%s: %q, want %q", row.setting, row.n.Link, row.want)
		}
		_, mail := Mail(row.n)
		if strings.Contains(mail, "AT THE DESK") != (row.want != "") || !strings.Contains(mail, row.want) {
			t.Errorf("%s: %s", row.setting, mail)
		}
	}
	for _, wrong := range []string{"desk.example.com", "ftp://desk", "https://", "https://d?x=1", "-"} {
		if _, err := ReadDesk(wrong); err == nil || !strings.Contains(err.Error(), "want command") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestABulletinLinks: to its own path.
func TestABulletinLinks(t *testing.T) {
	p := (&Publisher{topics: Topics{Chat: "c"}}).Linking(Desk{On: true, URL: "https://desk.example.com"})
	b := remedy.Bulletin{Kind: "request", ID: "1", Title: "A request waits", Page: true}
	b.Link = p.desk.link("/requests/abc")
	for _, l := range p.announcements(b) {
		if !strings.Contains(l.message, "https://desk.example.com/requests/abc") {
			t.Errorf("%s: %s", l.channel, l.message)
		}
	}
}
