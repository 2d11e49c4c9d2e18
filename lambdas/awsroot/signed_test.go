package awsroot

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestAPIAddress: the Region comes from the address where it names one, and nothing is signed onto an open wire.
func TestAPIAddress(t *testing.T) {
	for _, row := range []struct{ address, named, configured, region, problem string }{
		{"https://a1b2.execute-api.eu-west-1.amazonaws.com/", "", "us-east-1", "eu-west-1", ""},
		{"https://a1b2.execute-api.eu-west-1.amazonaws.com", "eu-north-1", "", "eu-north-1", ""},
		{"https://desk.example.com", "", "us-east-1", "us-east-1", ""},
		{"http://127.0.0.1:4566/desk", "", "us-east-1", "us-east-1", ""},
		{"http://localhost:4566/desk", "us-east-1", "", "us-east-1", ""},
		{"https://desk.example.com", "", "", "", "names no Region"},
		{"http://desk.example.com", "us-east-1", "", "", "want https"},
		{"http://127.0.0.1.desk.example.com", "us-east-1", "", "", "want https"},
		{"ftp://127.0.0.1", "us-east-1", "", "", "want https"},
		{"https://kim@desk.example.com", "us-east-1", "", "", "want the API's"},
		{"https://desk.example.com/?stage=a", "us-east-1", "", "", "want the API's"},
		{"desk", "us-east-1", "", "", "want the API's"},
	} {
		a, err := NewAPI(aws.Config{Region: row.configured}, row.address, row.named)
		if row.problem == "" && (err != nil || a.region != row.region) {
			t.Errorf("%s: %v, %+v", row.address, err, a)
		}
		if row.problem != "" && (err == nil || !strings.Contains(err.Error(), row.problem)) {
			t.Errorf("%s: %v, want %s", row.address, err, row.problem)
		}
	}
}
