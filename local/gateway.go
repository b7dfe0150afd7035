package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// loopbackVersion is part of what says whether the gateway must be built again.
const loopbackVersion = "1"

// loopback is what is changed in the gateway. It listens on all of a machine's addresses and has no
// setting for that; a laptop in a café would offer its API to everybody there. Nothing else is
// changed.
var loopback = strings.NewReplacer(
	`fmt.Sprintf(":%d", tcpPort)`, `fmt.Sprintf("127.0.0.1:%d", tcpPort)`,
	`fmt.Sprintf(":%d", port)`, `fmt.Sprintf("127.0.0.1:%d", port)`,
)

// loopbackGateway copies the gateway's module and has the parts' module use the copy.
func loopbackGateway(ctx context.Context, parts, to string) error {
	from, err := gatewaySource(ctx, parts)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	main := filepath.Join(to, "main.go")
	source, err := os.ReadFile(main)
	if err != nil {
		return err
	}
	changed, err := onLoopback(string(source))
	if err != nil {
		return err
	}
	if err := os.WriteFile(main, []byte(changed), 0o644); err != nil {
		return err
	}
	abs, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	_, err = goCommand(ctx, parts, "mod", "edit", "-replace="+gatewayModule+"="+abs)
	return err
}

// uiFolder is the gateway's working directory, below the folder of the binaries.
const uiFolder = "ui"

// keepUI puts the gateway's UI where the gateway will look for it.
func keepUI(gateway, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(to, "assets"), os.DirFS(filepath.Join(gateway, "assets")))
}

// gatewaySource is the gateway's folder in the module cache.
func gatewaySource(ctx context.Context, parts string) (string, error) {
	if _, err := goCommand(ctx, parts, "mod", "edit", "-dropreplace="+gatewayModule); err != nil {
		return "", err
	}
	if _, err := goCommand(ctx, parts, "mod", "download", gatewayModule); err != nil {
		return "", err
	}
	return goCommand(ctx, parts, "list", "-m", "-f", "{{.Dir}}", gatewayModule)
}

// onLoopback is the gateway's main.go with both of its addresses on 127.0.0.1.
func onLoopback(source string) (string, error) {
	changed := loopback.Replace(source)
	if n := strings.Count(changed, `"127.0.0.1:%d"`); n != 2 {
		return "", fmt.Errorf("the gateway's main.go is not the one we know: %d of its 2 addresses found", n)
	}
	return changed, nil
}
