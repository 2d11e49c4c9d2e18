package sources

import (
	"regexp"
	"slices"
	"strings"
)

var partitionInARN = regexp.MustCompile(`\barn:(aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[a-z])?):`)

// Partitions are those in which a policy may be applied: the one that is given, by itself or by its Region, or those of
// the ARNs that the text spells out. There may be none.
func Partitions(text []byte, given map[string]string) (all []string) {
	region := given["AWS::Region"]
	switch {
	case given["AWS::Partition"] != "":
		return []string{given["AWS::Partition"]}
	case strings.HasPrefix(region, "cn-"):
		return []string{"aws-cn"}
	case strings.HasPrefix(region, "us-gov-"):
		return []string{"aws-us-gov"}
	}
	for _, m := range partitionInARN.FindAllSubmatch(text, -1) {
		if p := string(m[1]); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// PartitionsOrAWS are the partitions, or the one that nearly all accounts are in.
func PartitionsOrAWS(text []byte, given map[string]string) []string {
	if all := Partitions(text, given); len(all) > 0 {
		return all
	}
	return []string{"aws"}
}
