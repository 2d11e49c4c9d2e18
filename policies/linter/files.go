package linter

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/report"
	"locksmith/policies/sources"
	"locksmith/policies/sources/cloudformation"
)

// A run is one judging of many files.
type run struct {
	Options
	report report.Report
}

// Judge reads the inputs and judges what they hold. Standard input is read where a file is named -.
func (o Options) Judge(stdin io.Reader) *report.Report {
	r := &run{Options: o}
	for _, name := range o.AllowLists {
		r.list(name)
	}
	for _, name := range o.Files {
		info, err := os.Stat(name)
		switch {
		case name == "-":
			text, err := io.ReadAll(stdin)
			r.file(sources.NewFile("standard input", text), err, false)
		case err != nil:
			r.wrong(unreadable(name, err))
		case info.IsDir():
			r.walk(name)
		default:
			text, err := os.ReadFile(name)
			r.file(sources.NewFile(name, text), err, false)
		}
	}
	return &r.report
}

func unreadable(name string, err error) *sources.Fault {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // the path is the fault's own
	}
	return &sources.Fault{File: name, Text: err.Error()}
}

// endings are those of the files that are looked at in a folder.
func endings() []string { return []string{".json", ".yaml", ".yml", ".template"} }

// walk takes the files of a folder, in the order of their names. Hidden folders hold tools' own things, as .git and
// .terraform do.
func (r *run) walk(root string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			r.wrong(unreadable(path, err))
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular() && slices.Contains(endings(), strings.ToLower(filepath.Ext(path))):
			text, err := os.ReadFile(path)
			r.file(sources.NewFile(path, text), err, true)
		}
		return nil
	})
	if err != nil {
		r.wrong(unreadable(root, err))
	}
}

// marks are the words of which each known kind of file holds all in a row.
func marks() [][]string {
	return [][]string{
		{"Statement", "Effect", "Principal"},
		{"AWS::S3::BucketPolicy"},
		{"AWS::SQS::Queue"},
		{"format_version", "aws_s3_bucket"},
		{"format_version", "aws_sqs_queue"},
		{"eventVersion"},
		{"detail-type"},
	}
}

// marked tells whether a text may be one of the kinds.
func marked(text []byte) bool {
	missing := func(word string) bool { return !bytes.Contains(text, []byte(word)) }
	return slices.ContainsFunc(marks(), func(row []string) bool { return !slices.ContainsFunc(row, missing) })
}

// file judges one file. One that was found in a folder, not named, may be something else.
func (r *run) file(f *sources.File, err error, found bool) {
	if err != nil {
		r.wrong(unreadable(f.Name, err))
		return
	}
	if found && !marked(f.Text) {
		return
	}
	roots, err := read(f)
	if fault := (*sources.Fault)(nil); errors.As(err, &fault) {
		r.wrong(fault)
		return
	}
	for _, root := range roots {
		r.root(f, root, found)
	}
}

// read reads a file's text: JSON where it begins like an object or is named so, else YAML, which may be several
// documents.
func read(f *sources.File) ([]*policies.Value, error) {
	ending := strings.ToLower(filepath.Ext(f.Name))
	begin := bytes.TrimSpace(f.Text)
	if ending == ".json" || ending != ".yaml" && ending != ".yml" && bytes.HasPrefix(begin, []byte("{")) {
		root, err := f.ReadJSON()
		return []*policies.Value{root}, err
	}
	f.YAML = true
	return cloudformation.ReadYAML(f)
}

// list checks an allow list.
func (r *run) list(name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		r.wrong(unreadable(name, err))
		return
	}
	l, err := allowlist.Read(text)
	if err == nil {
		r.report.Lists = append(r.report.Lists, report.List{File: name, Rules: len(l.Rules), Warnings: l.Warnings(r.Now)})
		return
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		wrong := &sources.Fault{File: name, Text: err.Error()}
		if e := (*allowlist.Error)(nil); errors.As(err, &e) {
			wrong = &sources.Fault{File: name, At: e.At, Characters: sources.NewFile(name, text).Characters(e.At),
				Text: e.Path + ": " + e.Text, Hint: e.Hint}
		}
		r.wrong(wrong)
	}
}
