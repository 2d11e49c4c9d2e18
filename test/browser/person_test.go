package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A person sits before the browser, and sees what is on the page.
type person struct {
	t    *testing.T
	ctx  context.Context
	axe  string
	base string
}

// is has somebody else look at the pages from here on, beginning with one of them.
func (p person) is(key, page string) {
	p.t.Helper()
	sign := "?"
	if strings.Contains(page, "?") {
		sign = "&"
	}
	p.do(chromedp.Navigate(p.base + page + sign + "as=" + key))
}

func (p person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// sees waits until the page says something, and holds the page against axe-core.
func (p person) sees(parts ...string) {
	p.t.Helper()
	text := ""
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		// While a page gives way to the next, there is nothing to read.
		text, _ = chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`))
		missing := ""
		for _, part := range parts {
			if !strings.Contains(text, part) {
				missing = part
			}
		}
		if missing == "" {
			break
		}
		if time.Now().After(end) {
			at, _ := chromedp.Run(p.ctx, chromedp.Location())
			p.t.Fatalf("%s: no %q in\n%s", at, missing, text)
		}
	}
	p.holds()
}

// holds holds the page against axe-core: no finding may be serious or critical.
func (p person) holds() {
	p.t.Helper()
	if p.axe == "" {
		return
	}
	found, err := violations(p.ctx, p.axe)
	if err != nil { // the page was shown again meanwhile
		time.Sleep(200 * time.Millisecond)
		if found, err = violations(p.ctx, p.axe); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, v := range found {
		if v.Impact == "serious" || v.Impact == "critical" {
			p.t.Errorf("%s (%s): %s: %.300s", v.ID, v.Impact, v.Help, v.Nodes[0].HTML)
		}
	}
}

// keeps takes pictures of the page as it is, where pictures are wanted.
func (p person) keeps(name string) {
	p.t.Helper()
	if os.Getenv(shots) == "" {
		return
	}
	for _, l := range looks() {
		if err := errors.Join(l.set(p.ctx), l.keep(p.ctx, name)); err != nil {
			p.t.Error(err)
		}
	}
	if err := (look{1280, false}).set(p.ctx); err != nil {
		p.t.Error(err)
	}
}

// presses clicks on the link, button or choice of these words.
func (p person) presses(words string) {
	p.t.Helper()
	at, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
		const e = [...document.querySelectorAll("a, button, label, summary")].find(e =>
			e.innerText.trim().replace(/\s+/g, " ").startsWith(%q));
		if (!e) return [];
		e.scrollIntoView({block: "center"});
		const r = e.getClientRects()[0];
		return [r.x + Math.min(r.width / 2, 40), r.y + r.height / 2];
	})()`, words)))
	if err != nil || len(at) != 2 {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		p.t.Fatalf("nothing that says %q can be pressed: %v, in\n%s", words, err, text)
	}
	p.do(chromedp.MouseClickXY(at[0], at[1]))
}

// writes types into the field of a label.
func (p person) writes(label, text string) {
	p.t.Helper()
	id, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](fmt.Sprintf(
		`[...document.querySelectorAll("label[for]")].find(l => l.innerText.trim().startsWith(%q)).htmlFor`, label)))
	if err != nil {
		p.t.Fatalf("no field %q: %v", label, err)
	}
	p.do(chromedp.SendKeys(chromedp.CSS("#"+id), text))
}

// tabs presses the tabulator until what has the focus says some words, or is the field of a label that does. What has
// the focus has to show it.
func (p person) tabs(words string) {
	p.t.Helper()
	var passed []string
	for range 60 {
		p.do(chromedp.KeyEvent(kb.Tab))
		at, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`(() => {
			const e = document.activeElement, l = e.labels && e.labels[0], s = getComputedStyle(e);
			return [(l || e).innerText.trim().replace(/\s+/g, " "), s.outlineStyle, s.outlineWidth];
		})()`))
		if err != nil {
			p.t.Fatal(err)
		}
		passed = append(passed, at[0])
		if at[1] == "none" || at[2] == "0px" {
			p.t.Errorf("%q has the focus, and does not show it", at[0])
		}
		if strings.HasPrefix(at[0], words) {
			return
		}
	}
	p.t.Fatalf("no %q among what the tabulator reaches: %q", words, passed)
}

// types types where the focus is.
func (p person) types(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}
