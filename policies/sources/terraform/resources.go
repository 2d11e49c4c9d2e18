package terraform

import "locksmith/policies"

// plannedIn lists the resources of a plan: those of its planned values, and changes to others.
func plannedIn(root *policies.Value) []planned {
	var all []planned
	at := map[string]int{}
	configured := configuration(root.Find("configuration", "root_module"), "", map[string]bool{})
	add := func(v, values *policies.Value) {
		p := planned{address: v.FindText("address"), kind: v.FindText("type"), at: v.Start,
			values: values, configured: policies.Unknown}
		if v.FindText("mode") == "data" {
			return
		}
		if set, known := configured[withoutKeys(p.address)]; known {
			p.configured = policies.No
			if set {
				p.configured = policies.Yes
			}
		}
		at[p.address] = len(all)
		all = append(all, p)
	}
	for _, values := range []string{"planned_values", "values"} {
		inModule(root.Find(values, "root_module"), func(v *policies.Value) { add(v, v.Find("values")) })
	}
	changes := root.Find("resource_changes")
	if changes == nil {
		return all
	}
	for i := range changes.Items {
		v := &changes.Items[i]
		after := v.Find("change", "after")
		n, known := at[v.FindText("address")]
		if !known && !empty(after) {
			add(v, after)
			n, known = at[v.FindText("address")]
		}
		if known && v.FindText("mode") != "data" {
			all[n].unknown = v.Find("change", "after_unknown")
		}
	}
	return all
}

// inModule visits the resources of a module and of the modules in it.
func inModule(v *policies.Value, visit func(*policies.Value)) {
	if resources := v.Find("resources"); resources != nil {
		for i := range resources.Items {
			visit(&resources.Items[i])
		}
	}
	if modules := v.Find("child_modules"); modules != nil {
		for i := range modules.Items {
			inModule(&modules.Items[i], visit)
		}
	}
}

// configuration tells for each address, without keys of count and for_each, whether the configuration sets a policy
// there.
func configuration(module *policies.Value, prefix string, set map[string]bool) map[string]bool {
	if resources := module.Find("resources"); resources != nil {
		for i := range resources.Items {
			v := &resources.Items[i]
			set[prefix+v.FindText("address")] = v.Find("expressions", "policy") != nil
		}
	}
	if calls := module.Find("module_calls"); calls != nil {
		for _, call := range calls.Members {
			configuration(call.Value.Find("module"), prefix+"module."+call.Name+".", set)
		}
	}
	return set
}
