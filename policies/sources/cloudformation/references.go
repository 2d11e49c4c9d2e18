package cloudformation

import (
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// ref is Ref of a parameter, a pseudo parameter or a resource.
func (r *resolver) ref(at *policies.Value, name string) policies.Value {
	if parameter := r.root.Find("Parameters", name); parameter != nil {
		return r.parameter(at, name, parameter)
	}
	switch name {
	case "AWS::AccountId":
		return at.Becomes(r.Account)
	case "AWS::Partition":
		return at.Becomes(r.Partition)
	case "AWS::URLSuffix":
		return at.Becomes(r.suffix())
	}
	if value, given := r.given[name]; given && strings.HasPrefix(name, "AWS::") {
		return at.Becomes(value)
	}
	if strings.HasPrefix(name, "AWS::") {
		return r.Unknown(at, name, name)
	}
	return r.reference(at, name)
}

// parameter is a parameter's value: the one given, or else its default, which the stack gets where nobody says
// otherwise. One that CloudFormation looks up in the parameter store is given as a name only.
func (r *resolver) parameter(at *policies.Value, name string, declared *policies.Value) policies.Value {
	kind := declared.FindText("Type")
	list := strings.HasPrefix(kind, "List<") || kind == "CommaDelimitedList"
	value, known := r.given[name]
	if fallback := declared.Find("Default"); !known && fallback != nil {
		plain := fallback.Type != policies.Object && fallback.Type != policies.List && !partial.IsHole(fallback)
		if plain {
			value, known = fallback.Text, true
		}
	}
	switch {
	case !known || strings.HasPrefix(kind, "AWS::SSM::Parameter::Value"):
		unknown := r.Unknown(at, name, "parameter "+name)
		if !list {
			unknown.Type = policies.String
		}
		return unknown
	case list:
		out := policies.Value{Type: policies.List, Start: at.Start, End: at.End}
		for _, item := range strings.Split(value, ",") {
			out.Items = append(out.Items, at.Becomes(strings.TrimSpace(item)))
		}
		return out
	}
	return at.Becomes(value)
}

// suffix is the domain of the partition's services.
func (r *resolver) suffix() string {
	if r.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
