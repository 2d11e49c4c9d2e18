package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"
)

// A bundler builds a function on this machine, so that synth needs Go and nothing else.
type bundler struct {
	root   string // the top of the tree
	source string // the main package, from there
	list   string // the allow list, from there
}

// code is the function's bundle: the binary and the allow list. Its name is the hash of its content, and the same
// sources give the same bytes.
func (b *bundler) code() awslambda.Code {
	return awslambda.Code_FromAsset(jsii.String(filepath.Join(b.root, b.source)), &awss3assets.AssetOptions{
		AssetHashType: awscdk.AssetHashType_OUTPUT,
		Bundling: &awscdk.BundlingOptions{
			Local: b,
			// The image is never run: TryBundle builds the function, or the synth fails.
			Image: awscdk.DockerImage_FromRegistry(jsii.String("public.ecr.aws/lambda/provided:al2023")),
		},
	})
}

// TryBundle implements [awscdk.ILocalBundling].
func (b *bundler) TryBundle(output *string, _ *awscdk.BundlingOptions) *bool {
	if err := b.bundle(*output); err != nil {
		fmt.Fprintf(os.Stderr, "infra: bundling %s: %v\n", b.source, err)
		os.Exit(1) // returning false would send CDK looking for Docker, whose error would hide this one
	}
	return jsii.Bool(true)
}

func (b *bundler) bundle(folder string) error {
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags",
		"-s -w -buildid=", "-o", filepath.Join(folder, "bootstrap"), "./"+b.source)
	build.Dir = b.root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	list, err := os.ReadFile(under(b.root, b.list))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "allowlist.json"), list, 0o644)
}
