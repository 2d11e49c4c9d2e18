package moto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	central = "999988887777" // the account that Locksmith runs in
	member  = "111122223333" // the account of the queues that get locked
)

// base is moto's URL, or "" where it is not installed. TestMain sets it before the first test.
var base string

func TestMain(m *testing.M) {
	os.Exit(around(m))
}

// around runs the tests with one moto_server for all of them.
func around(m *testing.M) int {
	url, stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer stop()
	base = url
	return m.Run()
}

// watched starts the server with a shell that ends it when the standard input does. So it ends also where a test panics
// or times out.
const watched = `moto_server -H 127.0.0.1 -p 0 2>&1 & server=$!; read -r _; kill "$server"; wait "$server"`

// start starts moto_server on a port that the system picks, and reads the URL off its greeting. The URL is "" where
// moto_server is not installed.
func start() (url string, stop func(), err error) {
	if _, err := exec.LookPath("moto_server"); err != nil {
		return "", func() {}, nil
	}
	shell := exec.Command("sh", "-c", watched)
	leash, err := shell.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := shell.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := shell.Start(); err != nil {
		return "", nil, fmt.Errorf("moto_server: %w", err)
	}
	stop = func() {
		_ = leash.Close()
		_ = shell.Wait()
	}
	greeting := make(chan string, 1)
	go listen(out, greeting)
	select {
	case url = <-greeting:
	case <-time.After(30 * time.Second):
	}
	if url == "" {
		stop()
		return "", nil, errors.New("moto_server is installed but does not start: try moto_server -p 0")
	}
	return url, stop, nil
}

var running = regexp.MustCompile(`Running on (http://127\.0\.0\.1:[0-9]+)`)

// listen sends the URL of the greeting, or "" where the output ends without one. It goes on reading, so that the server
// can go on writing its log.
func listen(out io.Reader, greeting chan<- string) {
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := out.Read(buffer)
		if text.Write(buffer[:n]); text.Len() < 1<<16 {
			if m := running.FindStringSubmatch(text.String()); m != nil {
				greeting <- m[1]
				_, _ = io.Copy(io.Discard, out)
				return
			}
		}
		if err != nil {
			greeting <- ""
			return
		}
	}
}

// server is the URL of the moto_server that all tests share.
func server(t *testing.T) string {
	t.Helper()
	if base == "" {
		t.Skip("moto_server is not installed: pip install 'moto[server]==5.2.1'")
	}
	return base
}

// in is a configuration that leads to moto, with keys of the account. Moto's AssumeRole needs no role: it gives keys of
// the account in the role's ARN.
func in(t *testing.T, account, region string) aws.Config {
	t.Helper()
	keys, err := assume(server(t), account, "Admin")
	if err != nil {
		t.Fatal(err)
	}
	return aws.Config{Region: region, BaseEndpoint: aws.String(server(t)), Credentials: keys}
}

func assume(url, account, role string) (credentials.StaticCredentialsProvider, error) {
	client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	out, err := client.AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/" + role), RoleSessionName: aws.String("test"),
	})
	if err != nil {
		return credentials.StaticCredentialsProvider{}, err
	}
	return credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey,
		*out.Credentials.SessionToken), nil
}
