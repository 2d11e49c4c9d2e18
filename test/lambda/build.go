package lambda

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Unlock builds the unlock function for this machine into a folder, with the sample allow list. Root is the top of the
// tree.
func Unlock(root, folder string) (Function, error) {
	err := Build(root, folder, runtime.GOOS, runtime.GOARCH)
	return built(folder), err
}

// Sweep builds the function that sweeps, likewise.
func Sweep(root, folder string) (Function, error) {
	err := build(root, "./lambdas/sweep", folder, runtime.GOOS, runtime.GOARCH)
	return built(folder), err
}

// Desk builds the function of the desk, likewise.
func Desk(root, folder string) (Function, error) {
	err := build(root, "./lambdas/desk", folder, runtime.GOOS, runtime.GOARCH)
	return built(folder), err
}

func built(folder string) Function {
	return Function{Name: "Locksmith, " + runtime.Version(), Command: []string{filepath.Join(folder, "bootstrap")},
		Folder: folder}
}

// Build builds the function that unlocks, and puts the allow list beside it. The flags are those of infra/bundle.go,
// which nothing may import.
func Build(root, folder, system, processor string) error {
	return build(root, "./lambdas/unlock", folder, system, processor)
}

func build(root, source, folder, system, processor string) error {
	binary, err := filepath.Abs(filepath.Join(folder, "bootstrap"))
	if err != nil {
		return err
	}
	command := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags",
		"-s -w -buildid=", "-o", binary, source)
	command.Dir = root
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build for %s/%s: %w\n%s", system, processor, err, said)
	}
	list, err := os.ReadFile(filepath.Join(root, "policies", "allowlist.json"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "allowlist.json"), list, 0o644)
}
