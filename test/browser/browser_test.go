// Package browser looks at the desk's pages in a real browser, as people do: what they look like, whether they can be
// read by all, and whether the story can be lived through by mouse and by keyboard alone.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shots names the variable with the directory for pictures of every page. Without it none are taken.
const shots = "LOCKSMITH_SCREENSHOTS"

// open starts a browser that ends with the test. Where none is installed, the test is skipped.
func open(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Skip("chromium is not installed: the pages are not looked at in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("lang", "en-GB"), chromedp.Flag("hide-scrollbars", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, late := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(late)
	return ctx
}

// A look is how wide a window is, and whether it is dark.
type look struct {
	width int64
	dark  bool
}

// looks are all of them where pictures are wanted. Otherwise two do, which have each width and each scheme.
func looks() []look {
	if os.Getenv(shots) == "" {
		return []look{{1280, false}, {390, true}}
	}
	return []look{{1280, false}, {1280, true}, {390, false}, {390, true}}
}

func (l look) String() string {
	if l.dark {
		return fmt.Sprintf("%d-dark", l.width)
	}
	return fmt.Sprintf("%d-light", l.width)
}

// set makes the window so.
func (l look) set(ctx context.Context) error {
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		return err
	}
	var narrow []chromedp.EmulateViewportOption
	if l.width < 500 {
		narrow = append(narrow, chromedp.EmulateMobile)
	}
	return chromedp.Do(ctx, chromedp.EmulateViewport(l.width, 900, narrow...))
}

// keep takes a picture of the whole page, where pictures are wanted.
func (l look) keep(ctx context.Context, name string) error {
	folder := os.Getenv(shots)
	if folder == "" {
		return nil
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name+"-"+l.String()+".png"), picture, 0o644)
}

// axeVersion is of axe-core, which finds what not everybody can read or reach. It is fetched into .cache.
const axeVersion = "4.14.1"

// axe is the text of axe-core, or "" where it cannot be had, which is said.
func axe(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../../.cache/axe-core-" + axeVersion)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		fetch := exec.Command("npm", "install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit",
			"--no-fund", "axe-core@"+axeVersion)
		fetch.Dir = folder
		if out, err := fetch.CombinedOutput(); err != nil {
			t.Logf("axe-core cannot be fetched with npm, so the pages are not held against it: %v %.200s", err, out)
			return ""
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A violation is what axe-core finds.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML string `json:"html"`
		Why  string `json:"failureSummary"`
	} `json:"nodes"`
}

// violations holds the page against axe-core: all its rules, the experimental ones aside.
func violations(ctx context.Context, axe string) (found []violation, err error) {
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](axe+";0")); err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]violation](`axe.run(document).then(r => r.violations)`,
		chromedp.EvalAwaitPromise))
}
