package cloud

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// An action answers one call of a query protocol service: what it returns stands in the result element.
type action func(r *request, form url.Values) (result any, err *apiError)

var stsActions = map[string]action{"GetCallerIdentity": getCallerIdentity, "AssumeRoot": assumeRoot}

var snsActions = map[string]action{"CreateTopic": createTopic, "ListTopics": listTopics, "Subscribe": subscribe, "Publish": publish}

// serveQuery serves the query protocol (https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html): a form in, XML out.
func (r *request) serveQuery(actions map[string]action, namespace string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
	if err != nil {
		return // the client has gone
	}
	text := string(body)
	if r.Method == http.MethodGet {
		text = r.URL.RawQuery
	}
	form, err := url.ParseQuery(text)
	name := form.Get("Action")
	do, known := actions[name]
	global := r.service == "sts" && name == "AssumeRoot" && (strings.HasPrefix(r.Host, "sts.amazonaws.com") || r.region == "aws-global")
	if err != nil || !known || global {
		message := "Could not find operation " + name + " for version " + form.Get("Version")
		if global {
			message = "Unknown Operation" // the global endpoint does not know AssumeRoot
		}
		r.reject(&apiError{"InvalidAction", message, http.StatusBadRequest})
		return
	}
	r.perform(name, subjectOf(name, form), func() (func(), *apiError) {
		result, err := do(r, form)
		if err != nil {
			return nil, err
		}
		type metadata struct {
			RequestID string `xml:"RequestId"`
		}
		return r.xml(http.StatusOK, struct {
			XMLName  xml.Name
			Result   any
			Metadata metadata `xml:"ResponseMetadata"`
		}{xml.Name{Space: namespace, Local: name + "Response"}, result, metadata{r.id}}), nil
	})
}

// subjectOf is the ARN of what a call is about, or "".
func subjectOf(name string, form url.Values) string {
	if name == "AssumeRoot" {
		if account := accountOf(form.Get("TargetPrincipal")); account != "" {
			return "arn:aws:iam::" + account + ":root"
		}
	}
	return form.Get("TopicArn")
}
