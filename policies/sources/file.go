package sources

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"locksmith/policies"
)

// A File is one input: its text, and where everything in it stands.
type File struct {
	Name  string // as it was given or found
	Text  []byte
	YAML  bool  // it is read as YAML, so that strings do not stand in it as they are
	lines []int // where each line begins

	// A plan of many megabytes may be one line. What was counted in it last is kept, so that no byte is counted again for
	// each finding in turn.
	counted struct{ begin, end, characters int }
}

// NewFile is a file of this name and text.
func NewFile(name string, text []byte) *File {
	// Windows tools put a byte order mark before UTF-8; columns do not count it.
	f := &File{Name: name, Text: bytes.TrimPrefix(text, []byte("\ufeff")), lines: []int{0}}
	for i, c := range f.Text {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	return f
}

// Position is the place of a byte offset.
func (f *File) Position(offset int) policies.Position {
	offset = min(max(offset, 0), len(f.Text))
	line, found := slices.BinarySearch(f.lines, offset)
	if !found {
		line--
	}
	return policies.Position{Line: line + 1, Column: offset - f.lines[line] + 1, Offset: offset}
}

// Offset is the byte offset of a place whose column counts characters from 1, as YAML readers do.
func (f *File) Offset(line, column int) int {
	if line < 1 || line > len(f.lines) {
		return 0
	}
	at := f.lines[line-1]
	for ; column > 1 && at < len(f.Text) && f.Text[at] != '\n'; column-- {
		_, size := utf8.DecodeRune(f.Text[at:])
		at += size
	}
	return at
}

// Characters is a position's column in characters, from 1.
func (f *File) Characters(at policies.Position) int {
	begin, end := f.lines[at.Line-1], min(at.Offset, len(f.Text))
	c := f.counted
	if c.begin != begin || c.end < begin || end < c.end {
		c.begin, c.end, c.characters = begin, begin, 0
	}
	c.characters += utf8.RuneCount(f.Text[c.end:end])
	if c.end = end; end < len(f.Text) && utf8.RuneStart(f.Text[end]) {
		f.counted = c
	}
	return 1 + c.characters
}

// A Fault says what is wrong with an input, and where.
type Fault struct {
	File       string
	At         policies.Position // the zero Position where it concerns all of the file
	Characters int               // the column in characters
	Text       string
	Hint       string // what may be meant, or ""
}

func (f *Fault) Error() string {
	s := f.File + ": "
	if f.At.Line > 0 {
		s = fmt.Sprintf("%s:%s: ", f.File, f.At)
	}
	s += f.Text
	if f.Hint != "" {
		s += " (" + f.Hint + ")"
	}
	return s
}

// Fault says what is wrong at a byte offset.
func (f *File) Fault(offset int, hint, format string, args ...any) *Fault {
	at := f.Position(offset)
	return &Fault{File: f.Name, At: at, Characters: f.Characters(at), Text: fmt.Sprintf(format, args...), Hint: hint}
}

// Syntax makes a fault of a policy's syntax error, whose place is already one in the file.
func (f *File) Syntax(err error) *Fault {
	var syntax *policies.SyntaxError
	if !errors.As(err, &syntax) {
		return f.Fault(0, "", "%v", err)
	}
	return &Fault{File: f.Name, At: syntax.At, Characters: f.Characters(syntax.At),
		Text: syntax.Path + ": " + syntax.Text, Hint: syntax.Hint}
}
