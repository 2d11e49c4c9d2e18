package organizations

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// token says where the next page of a list begins. Nobody but this package can read it.
func token(list string, at int) string {
	return base64.StdEncoding.EncodeToString([]byte(list + " " + strconv.Itoa(at)))
}

// readToken is where a page of the list begins: at the start for no token. A token of another list is none.
func readToken(list, token string) (at int, ok bool) {
	if token == "" {
		return 0, true
	}
	text, err := base64.StdEncoding.DecodeString(token)
	number, ours := strings.CutPrefix(string(text), list+" ")
	at, bad := strconv.Atoi(number)
	return at, err == nil && ours && bad == nil && at >= 0
}
