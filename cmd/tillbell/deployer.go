package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/purchase"
	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/gateway"
	"handler/function/shared/owner"
	"handler/function/shared/stackfile"
)

// deployment is a deployer, and what is said and paused around it.
type deployment struct {
	deploy.Deployer
	runner deploy.Runner
	// first: there is nothing to pause yet, as far as that is known.
	first  bool
	pauser owner.Pauser
	// wait is how long the functions may take to answer.
	wait purchase.Wait
}

// checkNames checks the names of what is to be deployed, where the platform needs them.
func checkNames(t *target.Target) error {
	if t.Platform.AtHome() {
		if err := server.CheckTag(t.Tag()); err != nil {
			return err
		}
	}
	switch {
	case t.Laptop != nil, t.Platform == target.Systemd:
		return nil
	case t.Platform == target.Compose && t.Registry() == "":
		return deploy.ErrNoRegistry
	}
	return deploy.CheckRegistry(t.Services, t.Registry())
}

// deployerFor is the one for a target's platform.
func deployerFor(ctx context.Context, out io.Writer, f target.Flags, t *target.Target, built bool) (*deployment, error) {
	d := &deployment{
		runner: deploy.Runner{Out: out, Folder: t.Folder(), Registry: t.Registry()},
		pauser: owner.Pauser{Out: out, Logs: t.Platform.Logs(owner.SendEmail)},
		wait:   purchase.Wait{For: time.Minute, Every: 500 * time.Millisecond},
	}
	var err error
	if t.Platform.AtHome() {
		err = d.atHome(ctx, t, built)
	} else {
		err = d.openFaaS(ctx, f, t, built)
	}
	return d, err
}

func (d *deployment) openFaaS(ctx context.Context, f target.Flags, t *target.Target, built bool) error {
	cli, err := gateway.FindCLI(f.CLI, t.Gateway)
	if err != nil {
		return err
	}
	machine := deploy.Look(ctx, t.Folder(), t.Laptop != nil)
	machine.Built = built
	plan, err := deploy.NewPlan(machine, cli, t.StackFile, slices.Collect(maps.Keys(t.Services.Functions)))
	d.Deployer = deploy.OpenFaaS{Runner: d.runner, Plan: plan}
	return err
}

func (d *deployment) atHome(ctx context.Context, t *target.Target, built bool) error {
	remote := server.New(t)
	state, err := remote.Look(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Server, err)
	}
	settings, err := stackfile.Settings(t.Services)
	if err != nil {
		return err
	}
	logs := func(function string) string { return state.WithEngine(t.Platform.Logs(function)) }
	d.pauser.Logs = logs(owner.SendEmail)
	home := deploy.Home{
		Runner: d.runner, Server: remote, State: state, Tag: t.Tag(), Built: built, Settings: settings, Arch: doctor.Architecture(state.Arch),
		Log:   logs,
		Ready: func(ctx context.Context, function string) error { return d.answers(ctx, t, function) },
	}
	d.first = !slices.Contains(state.Running, owner.SendEmail)
	if d.Deployer = (deploy.Compose{Home: home}); t.Platform == target.Systemd {
		d.Deployer = deploy.Systemd{Home: home}
	}
	return nil
}

// answers waits until a function answers as it should. Its error is what it answered last, and not
// that the time is over.
func (d *deployment) answers(ctx context.Context, t *target.Target, function string) error {
	var last error
	err := d.wait.Until(ctx, func(waiting context.Context) error {
		err := doctor.Answers(waiting, t, function)
		if waiting.Err() == nil {
			last = err
		}
		return err
	})
	if err == nil {
		return nil
	}
	return cmp.Or(ctx.Err(), last, err)
}

// run builds where it is not built, deploys, and waits until the functions answer again.
func (d *deployment) run(ctx context.Context, t *target.Target, built, force bool) error {
	if err := d.Build(ctx); err != nil {
		return err
	}
	if t.Laptop == nil && t.Platform != target.Systemd && !built {
		images := doctor.LookAtImages(ctx, t)
		fmt.Fprintln(d.runner.Out, images)
		if images.State == doctor.Wrong && !force {
			return errors.New("nothing was deployed")
		}
	}
	if err := d.Prepare(ctx); err != nil {
		return fmt.Errorf("nothing was deployed, and what ran before runs on: %w", err)
	}
	err := d.replace(ctx, t, force)
	if errors.Is(err, owner.ErrBusy) {
		return fmt.Errorf("nothing was deployed: %w; FORCE=1 deploys all the same", err)
	}
	if err != nil {
		return err
	}
	_ = d.wait.Until(ctx, func(ctx context.Context) error { return doctor.Ready(ctx, t) }) // the doctor says what is wrong
	return ctx.Err()
}

// replace replaces the functions, of which send-email is paused before.
func (d *deployment) replace(ctx context.Context, t *target.Target, force bool) error {
	if d.first {
		return d.Replace(ctx)
	}
	key, _, _ := strings.Cut(t.Given(target.FunctionsKey), "\n")
	return d.pauser.Paused(ctx, &owner.Client{Gateway: t.Gateway, Key: key}, force, d.Replace)
}
