package main

import (
	"context"
	"fmt"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/console"
)

// maker builds what a laptop runs, and numbers what it builds.
type maker struct {
	folders
	console *console.Console
	// done are those that are built, of all; the first is this program, which make builds.
	done, all int
}

func newMaker(c *console.Console, f folders, services *stack.Services, modules ...module) *maker {
	m := &maker{folders: f, console: c, done: 1, all: 1 + len(services.Functions)}
	for _, module := range modules {
		m.all += len(module.tools)
	}
	return m
}

// build builds the modules' tools and the functions.
func build(ctx context.Context, c *console.Console, f folders, services *stack.Services, modules ...module) error {
	m := newMaker(c, f, services, modules...)
	for _, module := range modules {
		if err := m.buildParts(ctx, module); err != nil {
			return err
		}
	}
	return m.buildImages(ctx, services)
}

// step builds the next program.
func (m *maker) step(name string, do func() error) error {
	m.done++
	return m.console.Step(fmt.Sprintf("build %s (%d of %d)", name, m.done, m.all), do)
}

// skip counts programs that are built already.
func (m *maker) skip(n int) { m.done += n }
