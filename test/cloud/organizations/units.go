package organizations

import (
	"maps"
	"slices"
	"time"

	"locksmith/test/cloud/front"
)

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func listRoots(r *request, in input) (any, *front.Error) {
	part, next, err := page(r, "ListRoots", in, []any{r.shownRoot()})
	return list("Roots", part, next), err
}

// shownRoot is the root as the API shows it, with the types of policies that are enabled.
func (t *Tree) shownRoot() any {
	types := []any{}
	for _, kind := range slices.Sorted(maps.Keys(t.enabled)) {
		if t.enabled[kind] {
			types = append(types, map[string]string{"Type": kind, "Status": "ENABLED"})
		}
	}
	root := t.nodes[RootID]
	return map[string]any{"Id": root.id, "Arn": t.arn(root), "Name": root.name, "PolicyTypes": types}
}

// unit is a unit as the API shows it.
type unit struct{ Id, Arn, Name, Path string }

func (t *Tree) shownUnit(n *node) unit { return unit{n.id, t.arn(n), n.name, t.path(n)} }

func listUnits(r *request, in input) (any, *front.Error) {
	above := r.above(in.ParentId)
	if above == nil {
		return nil, notFound("Parent", "a parent")
	}
	var units []unit
	for _, id := range above.children {
		if n := r.nodes[id]; n.kind == isUnit {
			units = append(units, r.shownUnit(n))
		}
	}
	part, next, err := page(r, "ListOrganizationalUnitsForParent "+above.id, in, units)
	return list("OrganizationalUnits", part, next), err
}

func describeUnit(r *request, in input) (any, *front.Error) {
	n := r.unit(in.OrganizationalUnitId)
	if n == nil {
		return nil, notFound("OrganizationalUnit", "an organizational unit")
	}
	return map[string]any{"OrganizationalUnit": r.shownUnit(n)}, nil
}

// relative is a parent or a child as the API shows it.
type relative struct{ Id, Type string }

func listParents(r *request, in input) (any, *front.Error) {
	n := r.present(in.ChildId)
	if n == nil || n.kind == isRoot {
		return nil, notFound("Child", "a child")
	}
	above := r.nodes[n.parent]
	part, next, err := page(r, "ListParents", in, []relative{{above.id, above.kind}})
	return list("Parents", part, next), err
}

func listChildren(r *request, in input) (any, *front.Error) {
	above := r.above(in.ParentId)
	if above == nil {
		return nil, notFound("Parent", "a parent")
	}
	if in.ChildType != isAccount && in.ChildType != isUnit {
		return nil, refuse("InvalidInputException/INVALID_ENUM", "You specified an invalid value for ChildType.")
	}
	var children []relative
	for _, id := range above.children {
		if n := r.nodes[id]; n.kind == in.ChildType {
			children = append(children, relative{n.id, n.kind})
		}
	}
	part, next, err := page(r, "ListChildren "+above.id, in, children)
	return list("Children", part, next), err
}
