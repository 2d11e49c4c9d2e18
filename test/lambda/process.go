// Package lambda is Lambda's side of a function. It builds the unlock function as it is deployed, starts its process,
// and hands it batches of the work queue through the runtime API.
package lambda

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// A Function is a program that asks the runtime API for work.
type Function struct {
	Name    string
	Command []string // the program and its arguments
	Folder  string   // the bundle, where it is started
}

// A Process is one start of a function. One goroutine uses it.
type Process struct {
	begun time.Time // just before the start
	api   *runtimeAPI
	cmd   *exec.Cmd
	said  bytes.Buffer // what it wrote; to be read once it has ended
	ended chan struct{}
}

// Start starts the function in this environment, with what the runtime API adds to it, and with nothing of this
// machine's.
func (f Function) Start(environment []string) (*Process, error) {
	api, err := listen()
	if err != nil {
		return nil, err
	}
	p := &Process{api: api, cmd: exec.Command(f.Command[0], f.Command[1:]...), ended: make(chan struct{})}
	p.cmd.Dir = f.Folder
	p.cmd.Env = append(slices.Clone(environment), "AWS_LAMBDA_RUNTIME_API="+api.address, "LAMBDA_TASK_ROOT="+f.Folder)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		api.close()
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	go func() {
		_ = p.cmd.Wait() // its state says how it ended
		close(p.ended)
	}()
	return p, nil
}

// Invoke hands the process an event and waits for the answer. An error means that the process has ended, by itself or
// because its time was up.
func (p *Process) Invoke(ctx context.Context, event []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	p.api.events <- event
	select {
	case a := <-p.api.answers:
		return a, nil
	case <-p.ended:
	case <-ctx.Done():
	}
	p.Kill()
	return Answer{}, fmt.Errorf("no answer: process ended with %s\n%s", p.cmd.ProcessState, p.said.String())
}

// Kill ends the process at once, as Lambda does where a sandbox is lost. What has ended stays so.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended already
	<-p.ended
	p.api.close()
}

// ID is the process's number on this machine.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Ready is how long the process took until it asked for work.
func (p *Process) Ready() time.Duration { return p.api.started().Sub(p.begun) }

// Since is how long after the start of the process something was.
func (p *Process) Since(at time.Time) time.Duration { return at.Sub(p.begun) }

// Said is what the process wrote, and State how it ended. Both are for after [Process.Kill].
func (p *Process) Said() string { return p.said.String() }

// State says how the process ended.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }
