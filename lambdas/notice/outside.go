package notice

// This file makes text from outside fit to be shown: what of it is quoted, shortened, and kept from being a link.
// Whoever changes a policy chooses its Sids and values, and often names and user agents as well.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/difference"
	"locksmith/policies/lockout"
)

// An outside knows what of a notice's policies is not shown as it is, wherever it turns up. The longest texts come
// first, so that a part of a text does not keep the whole from being found.
type outside struct {
	secrets []swap // shown by their beginning
	all     []swap // and odd texts, in quotes
}

// A swap is a text and what is shown in its place.
type swap struct{ text, shown string }

// secretKeys are condition keys whose values let in whoever knows them.
var secretKeys = []string{"aws:referer", "aws:useragent"}

func isSecretKey(name string) bool {
	return slices.ContainsFunc(secretKeys, func(key string) bool { return strings.EqualFold(key, name) })
}

// fromOutside reads all policies that a notice holds.
func fromOutside(n remedy.Notice) outside {
	secret, odd := map[string]bool{}, map[string]bool{}
	o := n.Outcome
	texts := []string{n.Change.Policy, o.Live, o.Removed, o.Put, o.Corrected.Text}
	if o.Before != nil {
		texts = append(texts, o.Before.Policy)
	}
	for _, text := range texts {
		root, err := policies.ReadJSON([]byte(text))
		if err != nil {
			continue
		}
		for _, v := range secretsIn(root) {
			secret[v.Text] = true
		}
		root.Each(func(v *policies.Value) {
			if v.Type == policies.String {
				odd[v.Text] = true
			}
			for _, m := range v.Members {
				odd[m.Name] = true
			}
		})
	}
	var found outside
	said := strings.Join(sentences(n), "\n")
	for s := range secret {
		if len(s) > 3 {
			found.secrets = append(found.secrets, swap{s, shorten(s)})
		}
	}
	found.all = slices.Clone(found.secrets)
	for s := range odd {
		if !secret[s] && isOdd(s) && len(strings.TrimSpace(s)) > 2 && strings.Contains(said, s[:min(len(s), probe)]) {
			found.all = append(found.all, swap{s, inQuotes(s)})
		}
	}
	for _, swaps := range [][]swap{found.secrets, found.all} {
		slices.SortFunc(swaps, func(a, b swap) int {
			return cmp.Or(len(b.text)-len(a.text), strings.Compare(a.text, b.text))
		})
	}
	found.secrets, found.all = found.secrets[:min(len(found.secrets), maxTexts)], found.all[:min(len(found.all), maxTexts)]
	return found
}

// sentences are all that may quote a policy, as far as they are shown.
func sentences(n remedy.Notice) (all []string) {
	o := n.Outcome
	add := func(most int, sentences ...string) {
		for _, s := range sentences[:min(len(sentences), most)] {
			all = append(all, cut(s, 2*maxSentence))
		}
	}
	add(maxReasons, n.Verdict.Reasons...)
	add(maxLosses, o.Inside...)
	add(maxLosses, o.Needs...)
	for _, l := range o.Losses[:min(len(o.Losses), maxLosses)] {
		add(1, l.Sentence)
	}
	add(3, o.Why, o.ACL, o.Corrected.Reason)
	return all
}

// probe is by how many bytes a text is looked for at first.
const probe = 64

// swapped replaces texts. What stands in the place of one is not looked at again. A text that goes on beyond the end
// counts, since long sentences come cut. After maxSwaps replacements the rest is left out, to bound the work.
func swapped(s string, swaps []swap) string {
	left := maxSwaps
	return swapping(s, swaps, &left)
}

func swapping(s string, swaps []swap, left *int) string {
	for _, w := range swaps {
		for from := 0; ; {
			at := strings.Index(s[from:], w.text[:min(len(w.text), probe)])
			if at < 0 {
				break
			}
			at += from
			n := common(s[at:], w.text)
			if n < len(w.text) && at+n < len(s) {
				from = at + 1
				continue
			}
			if *left--; *left < 0 {
				return "..."
			}
			return swapping(s[:at], swaps, left) + w.shown + swapping(s[at+n:], swaps, left)
		}
	}
	return s
}

// common is how many bytes two texts begin with alike.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// secretsIn are the values of conditions that act as secrets, in the order of the text.
func secretsIn(root *policies.Value) (found []*policies.Value) {
	root.Each(func(v *policies.Value) {
		for i := range v.Members {
			if !isSecretKey(v.Members[i].Name) {
				continue
			}
			v.Members[i].Value.Each(func(inner *policies.Value) {
				if inner.Type == policies.String || inner.Type == policies.Number {
					found = append(found, inner)
				}
			})
		}
	})
	slices.SortFunc(found, func(a, b *policies.Value) int { return a.Start - b.Start })
	return slices.CompactFunc(found, func(a, b *policies.Value) bool { return a.Start == b.Start })
}

// shorten shows how a secret begins, and how long it is.
func shorten(secret string) string {
	runes := []rune(secret)
	return fmt.Sprintf("%s...(%d characters)", string(runes[:min(4, len(runes)/4)]), len(runes))
}

// masked is a policy as it may be shown: with its secrets shortened, and changed in nothing else. A text that is no
// JSON has no places to find them at. It is not shown where it may hold one.
func masked(policy string) (text string, changed bool) {
	root, err := policies.ReadJSON([]byte(policy))
	if err != nil {
		low := strings.ToLower(policy)
		if strings.Contains(low, "referer") || strings.Contains(low, "useragent") || strings.Contains(low, `\u`) ||
			len(policy) > maxPolicy {
			return "", true
		}
		return policy, false
	}
	var b strings.Builder
	from := 0
	for _, v := range secretsIn(root) {
		b.WriteString(policy[from:v.Start] + string(encode(shorten(v.Text))))
		from = v.End
	}
	return b.String() + policy[from:], from > 0
}

// shownContext is a witness's context with its secrets shortened.
func shownContext(context lockout.Context) lockout.Context {
	shown := lockout.Context{}
	for key, values := range context {
		shown[key] = slices.Clone(values)
		for i := range values {
			if isSecretKey(key) {
				shown[key][i] = shorten(values[i])
			}
		}
	}
	return shown
}

// A showing makes one text fit for a place, in at most limit bytes before addresses are defanged.
type showing func(s string, limit int) string

// plain is for machines: values stay what they are, but for secrets and what does not print.
func (o outside) plain(s string, limit int) string {
	return clean(swapped(cut(s, limit), o.secrets), limit)
}

// sentence is for people: a sentence from the prover or the flow, with texts from outside in it.
func (o outside) sentence(s string, limit int) string {
	return defang(clean(swapped(cut(s, limit), o.all), limit))
}

// value is for people: one value from outside by itself, a name or a user agent.
func (o outside) value(s string, limit int) string {
	if s = o.plain(s, limit); isOdd(s) {
		s = `"` + strings.ReplaceAll(s, `"`, "'") + `"`
	}
	return defang(s)
}

// cut bounds the work on texts that are many times longer than what is shown of them.
func cut(s string, limit int) string { return s[:min(len(s), 2*limit)] }

// plainText is what identifiers are made of. Anything else could read like a sentence of ours.
var plainText = regexp.MustCompile(`^[A-Za-z0-9_:/.*?@+=,${}#-]*$`)

func isOdd(s string) bool { return len(s) > maxWord || !plainText.MatchString(s) }

func inQuotes(s string) string {
	return `"` + strings.ReplaceAll(clean(s, maxQuoted), `"`, "'") + `"`
}

var (
	scheme = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*)(:)(//)`)
	// A host is names with dots between, of which the last is no number.
	host = regexp.MustCompile(`[\pL\pN][\pL\pN-]*(?:\.[\pL\pN-]+)*\.\pL[\pL\pN-]+/?`)
	// A service's own name is not a place where others could put a page.
	service = regexp.MustCompile(`^(?:[a-z0-9-]+|delivery\.logs)\.amazonaws\.com(?:\.cn)?$`)
	dots    = strings.NewReplacer("。", ".", "．", ".", "｡", ".")
)

// defang keeps addresses from becoming links: https://a.example is shown as hxxps://a[.]example. Mail programs and
// chats make links of host names alone, too.
func defang(s string) string {
	s = scheme.ReplaceAllStringFunc(dots.Replace(s), func(found string) string {
		name := found[:len(found)-3]
		if len(name) >= 4 && strings.EqualFold(name[:4], "http") {
			return "hxxp" + name[4:] + "://"
		}
		return name + "[:]//"
	})
	return host.ReplaceAllStringFunc(s, func(found string) string {
		if service.MatchString(found) || strings.HasSuffix(found, ".fifo") {
			return found
		}
		return strings.ReplaceAll(found, ".", "[.]")
	})
}

var arns = regexp.MustCompile(`arn:[^"\s]*`)

// defangPolicy does so in a line of a policy. ARNs stay as they are: bucket names have dots.
func defangPolicy(line string) string {
	var b strings.Builder
	from := 0
	for _, at := range arns.FindAllStringIndex(line, -1) {
		if strings.Contains(line[at[0]:at[1]], "//") {
			continue // no ARN of ours
		}
		b.WriteString(defang(line[from:at[0]]) + line[at[0]:at[1]])
		from = at[1]
	}
	return b.String() + defang(line[from:])
}

// usable tells whether a policy can be shown so that it may be copied and put back: nothing in it has to be changed.
func usable(policy string) bool {
	text, changed := masked(policy)
	if changed || !utf8.ValidString(policy) || !json.Valid([]byte(policy)) {
		return false
	}
	for _, line := range difference.Lines(text) {
		if clean(line, len(line)) != line || defangPolicy(line) != line {
			return false
		}
	}
	return len(text) <= maxPolicy
}
