// Command bench is a benchmark for detectors of lockouts: it compares Locksmith's verdict with what other programs
// can say of the same policies, in one run on one machine:
//
//	go run ./test/bench
//
// The policies are in cases.jsonl. A person gave each its label, with the reason and the page or repository that it
// comes from. The other programs are the simulator iam-simulate, asked for one ordinary administrator's call; checkov's
// check CKV_AWS_93; and the solver z3, on the encoding of test/oracle/encode. They are installed under .cache by exact
// version. What cannot be installed is told, and its answers come from recorded.jsonl. All start once, warm up, and
// are timed for each policy without their start.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// The place of all cases.
const (
	owner        = "111122223333"
	organization = "o-a1b2c3d4e5"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// The files, seen from the top of the tree.
const (
	casesFile    = "test/bench/cases.jsonl"
	recordedFile = "test/bench/recorded.jsonl"
	readmeFile   = "README.md"
	corpusFile   = "../shared/corpus/policies.jsonl"
)

const usage = `usage: go run ./test/bench [-record]

Asks Locksmith and other programs about the labelled policies of test/bench/cases.jsonl, and prints a table:
right answers, precision, recall, and time. Run it from the top of the tree. Nothing is changed, but for
programs that are installed under .cache.

  -record  also write the answers to test/bench/recorded.jsonl, and the table to README.md
`

func main() {
	record, err := options(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	if err := run(record); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options reads the command line. What is wrong with it is written to w.
func options(args []string, w io.Writer) (record bool, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(w)
	flags.Usage = func() { fmt.Fprint(w, usage) }
	flags.BoolVar(&record, "record", false, "")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("argument %q is one too many", flags.Arg(0))
		fmt.Fprintf(w, "bench: %v\n%s", err, usage)
		return false, err
	}
	return record, nil
}

func run(record bool) error {
	cases, err := readCases(casesFile)
	if err != nil {
		return fmt.Errorf("%w (run it from the top of the tree)", err)
	}
	before, err := readRecording(recordedFile, cases)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r := Recording{Platform: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()}
	var notes []string
	for _, ask := range []func([]Case) Contender{judged, simulated, checked, solved} {
		c, note := before.standIn(ask(cases), cases)
		r.Contenders = append(r.Contenders, c)
		notes = append(notes, note...)
	}
	corpus, err := readCorpus(corpusFile)
	if err != nil {
		notes = append(notes, fmt.Sprintf("The corpus is skipped, its times are the recorded ones: %v", err))
		r.Corpus = before.Corpus
	} else {
		r.Corpus = compare(corpus)
	}
	fmt.Print(r.table(cases))
	for _, note := range notes {
		fmt.Println("\n" + note)
	}
	if !record {
		return nil
	}
	for _, c := range r.Contenders {
		if c.Missing != nil { // its recorded times would be lost
			return fmt.Errorf("nothing is recorded, since %s could not be asked", c.Name)
		}
	}
	if err := r.write(recordedFile, cases); err != nil {
		return err
	}
	if r, err = readRecording(recordedFile, cases); err != nil { // the README has the rounded times
		return err
	}
	return writeReadme(readmeFile, r.table(cases))
}
