package ledger_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"locksmith/lambdas/ledger"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

// A server is a DynamoDB for the tests.
type server struct {
	cfg   aws.Config
	cloud *cloud.Cloud // nil for those of others
}

// inProcess is the one of test/cloud.
func inProcess(t *testing.T, now func() time.Time) server {
	c := cloud.New(cloud.Config{Now: now})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return server{cfg: config(s.URL, c.Config().DelegatedAdministrator+".role.LocksmithUnlock"), cloud: c}
}

func config(url, key string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider(key, "any", ""), Retryer: pipeline.Impatient}
}

// moto is moto_server, once for all tests of the package; "" where it is not installed.
var moto string

func TestMain(m *testing.M) {
	stop := startMoto()
	code := local.Run(m)
	stop()
	os.Exit(code)
}

// startMoto starts moto_server and does not wait for it.
func startMoto() (stop func()) {
	path, err := exec.LookPath("moto_server")
	if err != nil {
		return func() {}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return func() {}
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	process := exec.Command(path, "-p", port)
	if err := process.Start(); err != nil {
		return func() {}
	}
	moto = "http://127.0.0.1:" + port
	return func() { process.Process.Kill(); process.Wait() }
}

// onMoto is moto's DynamoDB: the conditions as somebody else understands them.
func onMoto(t *testing.T) server {
	if moto == "" {
		t.Skip("moto_server is not installed: the ledger is not tried on moto's DynamoDB")
	}
	for range 100 {
		if response, err := http.Get(moto + "/moto-api/"); err == nil {
			response.Body.Close()
			return server{cfg: config(moto, "testing")}
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("moto_server did not come up within 20 seconds")
	return server{}
}

// local is AWS's own DynamoDB Local.
var local engines.SharedDynamoDB

// onLocal is DynamoDB Local: the conditions as AWS understands them.
func onLocal(t *testing.T) server {
	t.Helper()
	return server{cfg: config(local.URL(t, "the ledger is"), "testing")}
}

var tables atomic.Int32

// table is the name of the newest table.
func (s server) table() string { return fmt.Sprint("ledger-", tables.Load()) }

// open makes a table of its own, and a ledger in it.
func (s server) open(t *testing.T, limits ledger.Limits, now func() time.Time) *ledger.Dynamo {
	t.Helper()
	tables.Add(1)
	table := s.table()
	if err := pipeline.CreateLedger(dynamodb.NewFromConfig(s.cfg), table); err != nil {
		t.Fatal(err)
	}
	return ledger.NewDynamo(s.cfg, table, limits, now)
}
