package engines

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

// DynamoDB is a running DynamoDB Local. Each access key and Region has tables of its own, and the key may hold only
// letters and digits
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.UsageNotes.html).
type DynamoDB struct {
	URL     string
	process *exec.Cmd
	leash   io.Closer // the process ends when this is closed
	said    *tail
	ended   chan struct{}
}

// patience is how long DynamoDB Local may take to start, on a busy machine.
const patience = 2 * time.Minute

// StartDynamoDB starts DynamoDB Local on a free port. It returns when the first call is answered. The error is an
// [ErrMissing] where it is not installed.
func StartDynamoDB() (*DynamoDB, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	l.Close()
	process, err := dynamoDBLocal.command(port)
	if err != nil {
		return nil, err
	}
	d := &DynamoDB{URL: "http://" + address, process: process, said: &tail{}, ended: make(chan struct{})}
	process.Stdout, process.Stderr = d.said, d.said
	if d.leash, err = process.StdinPipe(); err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", dynamoDBLocal.folder, err)
	}
	go func() {
		_ = process.Wait() // its state says how it ended
		close(d.ended)
	}()
	if err := d.awake(); err != nil {
		return nil, err
	}
	return d, nil
}

// awake waits until a call is answered. The process has ended where none is.
func (d *DynamoDB) awake() error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err := d.gone(); err != nil {
			return err
		}
		if d.listTables() == nil {
			return nil
		}
	}
	_ = d.Stop() // what counts is that it did not answer
	return fmt.Errorf("%s answers no call within %s: %s", dynamoDBLocal.folder, patience, d.said)
}

// gone is an error, with the last that the process wrote, once the process has ended.
func (d *DynamoDB) gone() error {
	select {
	case <-d.ended:
		return fmt.Errorf("%s ended by itself, %s: %s", dynamoDBLocal.folder, d.process.ProcessState, d.said)
	default:
		return nil
	}
}

func (d *DynamoDB) listTables() error {
	r, err := http.NewRequest(http.MethodPost, d.URL, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=awake/20261121/us-east-1/dynamodb/aws4_request, "+
		"SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// Stop ends the process. It is an error if it has ended by itself before.
func (d *DynamoDB) Stop() error {
	if err := d.gone(); err != nil {
		return err
	}
	_ = d.leash.Close()
	select {
	case <-d.ended:
	case <-time.After(10 * time.Second):
		_ = d.process.Process.Kill()
		<-d.ended
	}
	return nil
}
