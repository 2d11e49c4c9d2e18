package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A screen prints what happens, one line each, with the time since the start. Colour only where it is wanted.
type screen struct {
	w      io.Writer
	colour bool
	start  time.Time

	mu sync.Mutex
}

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

func (s *screen) paint(colour, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return colour + text + reset
}

// title begins a chapter.
func (s *screen) title(format string, args ...any) {
	s.print("\n" + s.paint(bold, fmt.Sprintf(format, args...)) + "\n")
}

// line says who did what, and how it ended: well, badly, or neither.
func (s *screen) line(who, what, colour, end string) {
	at := s.paint(dim, fmt.Sprintf("%7.3fs", time.Since(s.start).Seconds()))
	first, rest, _ := strings.Cut(what, "\n")
	text := fmt.Sprintf("  %s  %s %s", at, s.paint(cyan, fmt.Sprintf("%-9s", who)), first)
	if end != "" {
		text += "  " + s.paint(colour, end)
	}
	for _, more := range strings.Split(rest, "\n") {
		if more != "" {
			text += "\n" + strings.Repeat(" ", 22) + more
		}
	}
	s.print(text + "\n")
}

// box shows a message as it was sent.
func (s *screen) box(caption, text string) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n", s.paint(bold, caption))
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintf(&b, "  %s %s\n", s.paint(dim, "│"), line)
	}
	s.print(b.String())
}

func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.w, text) // a terminal that is gone has nobody to be told
}
