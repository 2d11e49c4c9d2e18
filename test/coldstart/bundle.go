package main

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"

	"locksmith/test/lambda"
)

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// A weight is the size of a bundle, in bytes.
type weight struct{ unzipped, zip int64 }

// weigh builds the bundle for Lambda's processor, arm64, and zips it.
func weigh(root, folder string) (weight, error) {
	if err := lambda.Build(root, folder, "linux", "arm64"); err != nil {
		return weight{}, err
	}
	var w weight
	var zipped counter
	archive := zip.NewWriter(&zipped)
	for _, name := range []string{"bootstrap", "allowlist.json"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return weight{}, err
		}
		entry, err := archive.Create(name) // deflated
		if err != nil {
			return weight{}, err
		}
		if _, err := entry.Write(content); err != nil {
			return weight{}, err
		}
		w.unzipped += int64(len(content))
	}
	err := archive.Close()
	w.zip = int64(zipped)
	return w, err
}

// A counter counts the bytes that are written to it.
type counter int64

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
