package encode

// ofNetwork are the keys that tell on which way the call comes. It is made directly, from an address or through a
// VPC endpoint, or by a service on the sender's behalf.
func (w *world) ofNetwork(name string) (variable, bool) {
	switch name {
	case "aws:viaawsservice":
		return variable{sort: "Bool", value: w.via(), present: "true"}, true
	case "aws:calledvia":
		return w.calledVia(), true
	case "aws:calledviafirst":
		return variable{sort: "String", value: w.calledVia().members[0].value, present: w.via()}, true
	case "aws:calledvialast":
		return variable{sort: "String", value: w.calledVia().members[1].value, present: w.via()}, true
	case "aws:sourceip":
		w.declare("|address is there|", "Bool") // a service may keep the sender's
		there := or(and(w.via(), "|address is there|"), and(not(w.via()), not(w.endpoint())))
		return variable{sort: "Address", value: w.address("ip", true), present: there}, true
	case "aws:securetransport":
		w.declare("|transport is there|", "Bool")
		return variable{sort: "Bool", value: w.tls(), present: or(not(w.via()), "|transport is there|")}, true
	}
	return w.ofEndpoint(name)
}

// ofEndpoint are the keys that only a VPC endpoint adds.
func (w *world) ofEndpoint(name string) (variable, bool) {
	arn := `(re.++ (str.to_re "arn:` + w.partition() + `:ec2:") ` + regions + ` (str.to_re ":") ` + account +
		` (str.to_re ":vpc/") ` + networks + `)`
	path := `(re.++ ` + organizations + ` (str.to_re "/r-") ` + small + ` (str.to_re "/")` +
		` (re.* (re.++ (str.to_re "ou-") ` + small + ` (str.to_re "-") ` + small + ` (str.to_re "/"))))`
	forms := map[string]string{"aws:sourcevpce": endpoints, "aws:sourcevpc": networks, "aws:sourcevpcarn": arn,
		"aws:vpceaccount": account, "aws:vpceorgid": organizations, "aws:vpceorgpaths": path, "aws:vpcsourceip": ""}
	form, ok := forms[name]
	if !ok {
		return variable{}, false
	}
	endpoint, there := w.endpoint(), "|"+name+" is there|"
	if w.declare(there, "Bool") {
		w.assert(or(not(there), endpoint))
	}
	switch name {
	case "aws:vpcsourceip":
		return variable{sort: "Address", value: w.address("vpcip", false), present: there}, true
	case "aws:vpceorgpaths":
		return w.several(name, form, there), true
	}
	v := w.free(name, form, true)
	v.arn = name == "aws:sourcevpcarn"
	return v, true
}

// endpoint tells whether the call comes through one. Then the endpoint or its VPC is named.
func (w *world) endpoint() string {
	if w.declare("endpoint", "Bool") {
		named := []string{"|aws:sourcevpce is there|", "|aws:sourcevpc is there|"}
		for _, there := range named {
			w.declare(there, "Bool")
			w.assert(or(not(there), "endpoint"))
		}
		w.assert(or(not("endpoint"), or(named...)))
		w.assert(not(and("endpoint", w.via())))
	}
	return "endpoint"
}

func (w *world) via() string {
	w.declare("via", "Bool")
	return "via"
}

// tls tells of the connection, also where no key does.
func (w *world) tls() string {
	w.declare("tls", "Bool")
	return "tls"
}

// calledVia is the chain of services: its first, its last, and others between.
func (w *world) calledVia() variable {
	form := `(re.++ ` + hosts + ` (str.to_re ".amazonaws.com") (re.opt (str.to_re ".cn")))`
	v := w.several("aws:calledvia", form, w.via())
	v.members = append(v.members[:1:1], append([]variable{w.free("aws:calledvia last", form, false)},
		v.members[1:]...)...)
	return v
}
