package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"time"
)

// A function is a program that asks the runtime API for work.
type function struct {
	Name    string
	Command []string // the program and its arguments
	Folder  string   // the bundle, where it is started
}

// A process is one start of a function. One goroutine uses it.
type process struct {
	begun time.Time // just before the start
	api   *runtimeAPI
	cmd   *exec.Cmd
	said  bytes.Buffer // what it wrote; to be read once it has ended
	ended chan struct{}
}

// start starts the function on the stage, in an environment like Lambda's and without anything of this machine's. Extra variables come on top.
func (f function) start(s *stage, extra ...string) (*process, error) {
	api, err := listen()
	if err != nil {
		return nil, err
	}
	p := &process{api: api, cmd: exec.Command(f.Command[0], f.Command[1:]...), ended: make(chan struct{})}
	p.cmd.Dir = f.Folder
	p.cmd.Env = append(append(s.environment(), "AWS_LAMBDA_RUNTIME_API="+api.address, "LAMBDA_TASK_ROOT="+f.Folder), extra...)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		api.close()
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended stands in its state
		close(p.ended)
	}()
	return p, nil
}

// invoke hands the process an event and waits for the answer. An error means that the process has ended, by itself or because its time was up.
func (p *process) invoke(ctx context.Context, event []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	p.api.events <- event
	select {
	case a := <-p.api.answers:
		return a, nil
	case <-p.ended:
	case <-ctx.Done():
	}
	p.kill()
	return answer{}, fmt.Errorf("no answer: process ended with %s\n%s", p.cmd.ProcessState, p.said.String())
}

// kill ends the process at once, as Lambda does where a sandbox is lost. What has ended stays so.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error says that it has ended already
	<-p.ended
	p.api.close()
}
