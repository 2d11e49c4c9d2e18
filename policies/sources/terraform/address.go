package terraform

import "strings"

// withoutKeys is an address without the keys of count and for_each: module.a["x"].aws_sqs_queue.q[0] is
// module.a.aws_sqs_queue.q.
func withoutKeys(address string) string {
	var out strings.Builder
	for rest := address; ; {
		before, after, found := strings.Cut(rest, "[")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end := strings.IndexByte(after, ']')
		if strings.HasPrefix(after, `"`) {
			end = closing(after)
		}
		if end < 0 {
			return out.String()
		}
		rest = after[end+1:]
	}
}

// closing is where the bracket after a quoted key stands, or -1.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if s[i+1:] != "" && s[i+1] == ']' {
				return i + 1
			}
			return -1
		}
	}
	return -1
}
