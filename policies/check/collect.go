package main

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
)

// collect reads the inputs and judges what they hold.
func (o *options) collect(in io.Reader) *report {
	r := &report{}
	for _, name := range o.allowLists {
		o.list(name, r)
	}
	for _, name := range o.files {
		info, err := os.Stat(name)
		switch {
		case name == "-":
			text, err := io.ReadAll(in)
			o.take(newFile("standard input", text), err, r)
		case err != nil:
			r.wrong(unreadable(name, err))
		case info.IsDir():
			o.walk(name, r)
		default:
			text, err := os.ReadFile(name)
			o.take(newFile(name, text), err, r)
		}
	}
	return r
}

func unreadable(name string, err error) *fault {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // the path is the fault's own
	}
	return &fault{file: name, text: err.Error()}
}

var endings = []string{".json", ".yaml", ".yml", ".template"}

// walk takes the files of a folder, in the order of their names. Hidden folders hold tools' own things, as .git and .terraform do.
func (o *options) walk(root string, r *report) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			r.wrong(unreadable(path, err))
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular() && slices.Contains(endings, strings.ToLower(filepath.Ext(path))):
			text, err := os.ReadFile(path)
			f := newFile(path, text)
			f.walked = true
			o.take(f, err, r)
		}
		return nil
	})
	if err != nil {
		r.wrong(unreadable(root, err))
	}
}

// marks are the words of which each known kind of file holds all in a row.
var marks = [][]string{
	{"Statement", "Effect", "Principal"},
	{"AWS::S3::BucketPolicy"},
	{"AWS::SQS::Queue"},
	{"format_version", "aws_s3_bucket"},
	{"format_version", "aws_sqs_queue"},
	{"eventVersion"},
	{"detail-type"},
}

// marked tells whether a file may be one of the kinds.
func (f *file) marked() bool {
	return slices.ContainsFunc(marks, func(row []string) bool {
		return !slices.ContainsFunc(row, func(word string) bool { return !bytes.Contains(f.text, []byte(word)) })
	})
}

// take judges one file.
func (o *options) take(f *file, err error, r *report) {
	if err != nil {
		r.wrong(unreadable(f.name, err))
		return
	}
	if f.walked && !f.marked() {
		return
	}
	roots, err := f.read()
	if fault := (*fault)(nil); errors.As(err, &fault) {
		r.wrong(fault)
		return
	}
	for _, root := range roots {
		o.judgeRoot(f, root, r)
	}
}

func (o *options) judgeRoot(f *file, root *policies.Value, r *report) {
	switch {
	case isTemplate(root):
		o.judgeTemplate(f, root, r)
	case isPlan(root):
		o.judgePlan(f, root, r)
	case isEvent(root):
		o.judgeEvents(f, root, r)
	case member(root, "Statement") != nil:
		o.judgeDocument(f, root, r)
	case !f.walked:
		hint := "want a policy document, a CloudFormation template, a Terraform plan as JSON, a CloudTrail record or an EventBridge event"
		r.wrong(f.fault(root.Start, hint, "none of the kinds of file that hold a policy"))
	}
}

// read reads a file's text: JSON where it begins like an object or is named so, else YAML, which may be several documents.
func (f *file) read() ([]*policies.Value, error) {
	ending := strings.ToLower(filepath.Ext(f.name))
	begin := bytes.TrimSpace(f.text)
	if ending == ".json" || ending != ".yaml" && ending != ".yml" && bytes.HasPrefix(begin, []byte("{")) {
		root, err := f.readJSON()
		return []*policies.Value{root}, err
	}
	f.yaml = true
	return f.readYAML()
}

// list checks an allow list.
func (o *options) list(name string, r *report) {
	text, err := os.ReadFile(name)
	if err != nil {
		r.wrong(unreadable(name, err))
		return
	}
	l, err := allowlist.Read(text)
	if err == nil {
		r.lists = append(r.lists, listed{name, len(l.Rules)})
		return
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		wrong := &fault{file: name, text: err.Error()}
		if e := (*allowlist.Error)(nil); errors.As(err, &e) {
			wrong = &fault{file: name, at: e.At, char: newFile(name, text).characters(e.At), text: e.Path + ": " + e.Text, hint: e.Hint}
		}
		r.wrong(wrong)
	}
}
