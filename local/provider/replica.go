package provider

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"handler/function/local/process"
)

// replica is one process of a function.
type replica struct {
	instance string
	addr     string
	process  *process.Process
	call     http.HandlerFunc // hands a call to the process
	calls    atomic.Int64     // those that the process has
	gone     chan struct{}    // closed when the process has ended and all have been told
	usage    usage
}

// fill starts replicas until there are as many as wanted. The caller holds the turn.
func (p *Provider) fill(f *function) error {
	f.mu.Lock()
	f.wanted = max(f.wanted, 1)
	missing := f.wanted - len(f.replicas)
	f.mu.Unlock()
	if missing <= 0 {
		return nil
	}
	network, err := p.connect(f)
	for range missing {
		if err == nil {
			err = p.startReplica(f, network)
		}
		if err != nil {
			err = fmt.Errorf("start function %s: %w", f.name, err)
			break
		}
	}
	f.tried(err)
	p.changed()
	return err
}

// connect gives the function a network, if it has none, and its secrets by it.
func (p *Provider) connect(f *function) (*network, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.network != nil {
		return f.network, nil
	}
	n := newNetwork()
	if err := p.secrets.mount(f.secretsDir(), f.deployment.Secrets, n.through); err != nil {
		n.close()
		return nil, err
	}
	f.network = n
	return n, nil
}

// startReplica starts one more process and waits until it listens.
func (p *Provider) startReplica(f *function, network *network) error {
	// Not the caller's context: others wait for the same start, and the caller may hang up.
	ctx, cancel := context.WithTimeoutCause(p.ending, p.options.StartTimeout,
		fmt.Errorf("not ready within %s", p.options.StartTimeout))
	defer cancel()

	r, err := p.spawn(f, network)
	if err != nil {
		return err
	}
	if err := r.process.WaitListening(ctx, r.addr); err != nil {
		_ = r.process.Stop(ctx) // at once if its time is over: it has taken no call that it could finish
		<-r.gone
		return err
	}
	f.put(r)
	select {
	case <-r.gone:
		f.drop(r) // its watcher looked before it was in the list
		return fmt.Errorf("%s ended as soon as it listened: %w", r.instance, r.process.Err())
	default:
	}
	p.logger.Info("a function's process is ready", "function", f.name, "instance", r.instance, "pid", r.process.PID())
	return nil
}

// spawn starts a process in a folder of its own, and watches it.
func (p *Provider) spawn(f *function, network *network) (*replica, error) {
	instance, binary := f.newInstance()
	workDir := filepath.Join(f.dir, instance)
	if err := privateDir(workDir); err != nil {
		return nil, err
	}
	addr, err := process.FreeAddr()
	if err != nil {
		return nil, err
	}
	wayIn, err := network.wayIn(addr)
	if err != nil {
		return nil, err
	}
	env, err := p.environment(f, network, workDir, addr)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(p.ending); err != nil {
		return nil, err
	}
	child, err := process.Start(process.Command{
		Path: binary, Env: env, Dir: workDir, Grace: p.options.Grace,
		Line: func(line string) { p.log(f, instance, line) },
	})
	if err != nil {
		return nil, err
	}
	r := &replica{instance: instance, addr: addr, process: child, call: p.proxyTo(wayIn), gone: make(chan struct{})}
	p.watchers.Go(func() { p.watch(f, r, workDir) })
	return r, nil
}

// watch cleans up after a process, however it ended.
func (p *Provider) watch(f *function, r *replica, workDir string) {
	defer close(r.gone)
	<-r.process.Done()
	if f.drop(r) {
		p.logger.Warn("a function's process ended; its next call starts it again",
			"function", f.name, "instance", r.instance, "pid", r.process.PID(), "err", r.process.Err())
	}
	if err := os.RemoveAll(workDir); err != nil {
		p.logger.Warn("a working folder remains", "function", f.name, "instance", r.instance, "err", err)
	}
	p.changed()
}

// settings are what a deployment sets, over what every function has.
func (p *Provider) settings(f *function) map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	maps.Copy(all, p.options.Defaults)
	maps.Copy(all, f.deployment.EnvVars)
	return all
}

// environment has nothing of our own environment: a container would not either. What a setting says
// of this machine's addresses is said by the network's relays.
func (p *Provider) environment(f *function, network *network, home, addr string) ([]string, error) {
	env := map[string]string{
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME": home,
		// The image sets it. It says that a watchdog stands before the handler, whose part is
		// played here.
		"fprocess": "./handler",
	}
	for name, value := range p.settings(f) {
		relayed, err := network.through(value)
		if err != nil {
			return nil, err
		}
		env[name] = relayed
	}
	env["secret_mount_path"] = f.secretsDir()
	env["handler_address"] = addr

	list := make([]string, 0, len(env))
	for key, value := range env {
		list = append(list, key+"="+value)
	}
	slices.Sort(list)
	return list, nil
}
