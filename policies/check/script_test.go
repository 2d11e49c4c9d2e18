package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"check": main})
}

func TestScripts(t *testing.T) {
	events, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "", // then every change has to be read by a person
		Setup: func(e *testscript.Env) error {
			e.Setenv("EVENTS", events+"/../../test/events")
			return nil
		},
	})
}
