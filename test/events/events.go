// Package events holds CloudTrail events in the shapes that AWS writes, for tests. README.md says what each shows.
package events

import "embed"

// Files are the events, and README.md.
//
//go:embed *.json README.md
var Files embed.FS

// Root are the events about root, in the folder root, and its README.md.
//
//go:embed root/*.json root/README.md
var Root embed.FS
