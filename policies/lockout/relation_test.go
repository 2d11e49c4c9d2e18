package lockout_test

import "testing"

// Conditions that compare one key with another.

// TestRelations: conditions that compare two keys which the request chooses.
func TestRelations(t *testing.T) {
	const (
		team  = "${aws:PrincipalTag/team}"
		mine  = "aws:PrincipalTag/team"
		its   = "aws:ResourceTag/team"
		other = "aws:PrincipalTag/other"
	)
	unless := func(key string, values ...string) string { return on("StringNotEquals", key, values...) }
	where := func(key string, values ...string) string { return on("StringEquals", key, values...) }
	two := []string{"red", "blue"}
	meet(t, []demand{
		{"the same tag", denies(unless(its, team)), question{}, restricted, nil},
		{"the same tag, which is one", denies(unless(its, team), unless(mine, "red")), question{}, restricted, nil},
		{"the same tag, and two things at once", denies(unless(its, team), unless(mine, "red"), where(its, "red")),
			question{}, locked, []int{0}},
		{"the same tag, which is none that can be", denies(unless(its, team), on("StringNotLike", mine, "r*"),
			on("StringLike", its, "r*")),
			question{}, locked, []int{0}},
		{"the same tag, which the resource has not", denies(unless(its, team), on("Null", its, "false")), question{},
			locked, []int{0}},
		{"the same tag, which nobody has", denies(unless(its, team), on("Null", mine, "false")), question{}, locked,
			[]int{0}},
		{"another tag", denies(where(its, team)), question{}, open, nil},
		{"another tag of two", denies(where(its, team), unless(its, two...), unless(mine, two...)), question{},
			restricted, nil},
		{"another tag of one", denies(where(its, team), unless(its, "red"), unless(mine, "red")), question{}, locked,
			[]int{0}},
		{"three that differ, and two colours", denies(where(its, team, "${aws:PrincipalTag/other}"), where(other, team),
			unless(its, two...),
			unless(mine, two...), unless(other, two...)), question{}, locked, []int{0}},
		{"three that differ, and three colours", denies(where(its, team, "${aws:PrincipalTag/other}"),
			where(other, team), unless(its, two...),
			unless(mine, two...), unless(other, "red", "blue", "green")), question{}, restricted, nil},
		{"two that are the same as a third, and differ", denies(unless(its, team), unless(other, team),
			where(its, "${aws:PrincipalTag/other}")),
			question{}, locked, []int{0}},
		{"the user's own name", denies(unless("aws:PrincipalTag/owner", "${aws:username}")), question{}, restricted,
			nil},
		{"the user's own name, which is kim", denies(unless("aws:PrincipalTag/owner", "${aws:username}"),
			unless("aws:username", "kim")), question{},
			restricted, nil},
		{"the user's own name, which is kim and lee", denies(unless("aws:PrincipalTag/owner", "${aws:username}"),
			unless("aws:username", "kim"),
			unless("aws:PrincipalTag/owner", "lee")), question{}, locked, []int{0}},
		{"a text around it", denies(unless(its, "team-"+team), unless(its, "team-red"), unless(mine, "red")),
			question{}, restricted, nil},
		{"another text around it", denies(unless(its, "team-"+team), unless(its, "group-red")), question{}, locked,
			[]int{0}},
		{"a text behind it", denies(unless(its, team+"-team"), unless(its, "red-team"), where(mine, "red")), question{},
			locked, []int{0}},
		{"a role named after a tag", denies(on("ArnNotEquals", "aws:PrincipalArn",
			"arn:aws:iam::111122223333:role/"+team)), question{}, restricted, nil},
		{"a role named after a tag, and not so",
			denies(on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/"+team),
				unless("aws:PrincipalArn", "arn:aws:iam::111122223333:role/Ops"), where(mine, "Ops")), question{},
			locked,
			[]int{0}},
		{"a pattern around it", denies(on("StringNotLike", its, team+"-*")), question{}, restricted, nil},
		{"longer than what it is the same as", denies(unless(mine, "${aws:ResourceTag/team}"),
			on("StringNotLike", its, team+"-*")),
			question{}, locked, []int{0}},
		{"a pattern around what is not there", denies(on("StringNotLike", its, team+"-*"), on("Null", mine, "false")),
			question{}, locked, []int{0}},
		{"a default", denies(unless(its, "${aws:PrincipalTag/team, 'none'}"), on("Null", mine, "false")), question{},
			open, nil},
		{"letter case aside", denies(on("StringNotEqualsIgnoreCase", its, team)), question{}, restricted, nil},
		{"the same, and in another letter case at most", denies(unless(mine, "${aws:ResourceTag/team}"),
			on("StringEqualsIgnoreCase", its, team)), question{}, locked, []int{0}},
		{"the same, and nowhere in it", denies(unless(its, team), on("StringLike", its, "*"+team+"*")), question{},
			locked, []int{0}},
		{"with more behind it, and nowhere in it", denies(on("StringLike", its, "*"+team+"*"),
			on("StringNotLike", its, team+"-*")), question{}, locked, []int{0}},
		{"with more behind it, and not before more", denies(on("StringLike", its, "*-"+team),
			on("StringNotLike", its, team+"-*")), question{}, restricted, nil},
		{"the same or a default, and longer", denies(unless(its, "${aws:PrincipalTag/team, 'none'}"),
			on("StringNotLike", its, team+"-*")), question{}, locked, []int{0}},
		{"a name with a tag before it, which is one that no administrator's begins with",
			denies(on("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/"+team+"-*"),
				unless(mine, "dev")), question{administrators: []string{"arn:aws:iam::111122223333:role/team-*"}},
			locked, nil},
		{"a name with a tag before it, for Identity Center's roles",
			denies(on("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/"+team+"-*")),
			question{administrators: []string{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/" +
				"*AWSReservedSSO_Admin_*"}}, restricted, nil},
		{"a session called as its source, which is its owner", denies(unless("aws:SourceIdentity",
			"${aws:PrincipalTag/owner}"), on("StringNotLike", "aws:userid", "*:${aws:SourceIdentity}")),
			question{}, restricted, nil},
		{"a key that uploads carry", denies(on("StringNotLike", "s3:prefix", "home/${aws:username}/*")), question{},
			locked, []int{0}},
		{"two guards, and the smaller set", list(part(`"s3:*"`, unless(its, team)), part(`"s3:*"`, ""),
			part(`"s3:PutBucketPolicy"`, "")), question{}, locked, nil},
	})
}
