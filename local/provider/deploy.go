package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorilla/mux"
	"github.com/openfaas/faas-provider/types"
)

// maxReplicas bounds what a slip of the finger can start.
const maxReplicas = 10

// deployFunction answers 200, as faasd does, once the function is ready. If it is deployed but does
// not get ready, the answer is 500 with its last lines, and the next call tries again to start it.
func (p *Provider) deployFunction(r *http.Request) (answer, error) {
	deployment, binary, err := p.readDeployment(r)
	if err != nil {
		return answer{}, err
	}
	dir, err := filepath.Abs(filepath.Join(p.options.Dir, "functions", deployment.Service))
	if err != nil {
		return answer{}, err
	}
	f := &function{name: deployment.Service, dir: dir, turn: make(chan struct{}, 1)}
	f.turn <- struct{}{} // before anybody can find it: its first callers wait
	defer f.giveTurn()
	if err := p.add(f); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK}, p.replace(f, deployment, binary)
}

// updateFunction ends the old processes and starts new ones, as many; callers wait meanwhile. The
// old ones are untouched if the deployment is refused, but gone if the new ones do not get ready,
// as on faasd. If an old one had to be killed, nothing is deployed, as on faasd either: the answer
// is 500, and the next call starts the old version.
func (p *Provider) updateFunction(r *http.Request) (answer, error) {
	deployment, binary, err := p.readDeployment(r)
	if err != nil {
		return answer{}, err
	}
	f, err := p.findForChange(r.Context(), deployment.Service)
	if err != nil {
		return answer{}, err
	}
	defer f.giveTurn()
	return answer{status: http.StatusOK}, p.replace(f, deployment, binary)
}

// deleteFunction removes a function, if its processes end in time. Its logs stay readable.
func (p *Provider) deleteFunction(r *http.Request) (answer, error) {
	var request types.DeleteFunctionRequest
	if err := decode(r, &request); err != nil {
		return answer{}, err
	}
	if err := checkNamespace(request.Namespace); err != nil {
		return answer{}, err
	}
	f, err := p.findForChange(r.Context(), request.FunctionName)
	if err != nil {
		return answer{}, err
	}
	defer f.giveTurn()

	if err := p.remove(f); err != nil {
		return answer{}, err
	}
	f.mu.Lock()
	f.removed = true
	f.mu.Unlock()
	err = os.RemoveAll(f.dir)
	// Last, so that no new function of that name meets the old one's folder.
	p.forget(f)
	p.logger.Info("removed a function", "function", f.name)
	return answer{status: http.StatusOK}, err
}

// scaleFunction sets the number of replicas, and answers once they are ready. At 0 the next call
// starts one.
func (p *Provider) scaleFunction(r *http.Request) (answer, error) {
	var request types.ScaleServiceRequest
	if err := decode(r, &request); err != nil {
		return answer{}, err
	}
	if err := checkNamespace(request.Namespace); err != nil {
		return answer{}, err
	}
	if request.Replicas > maxReplicas {
		return answer{}, fmt.Errorf("%d replicas: %w: at most %d", request.Replicas, errInvalid, maxReplicas)
	}
	f, err := p.findForChange(r.Context(), mux.Vars(r)["name"])
	if err != nil {
		return answer{}, err
	}
	defer f.giveTurn()

	wanted := int(request.Replicas)
	f.mu.Lock()
	f.wanted = wanted
	f.mu.Unlock()
	if err := f.stop(p.ending, f.take(wanted)); err != nil { // it is gone, which is what was asked for
		p.logger.Warn("a function's process did not end in time", "function", f.name, "err", err)
	}
	if wanted > 0 {
		if err := p.fill(f); err != nil {
			return answer{}, err
		}
	}
	p.logger.Info("scaled a function", "function", f.name, "replicas", wanted)
	return answer{status: http.StatusAccepted}, nil
}

// findForChange finds a function and takes its turn; the caller gives it back.
func (p *Provider) findForChange(ctx context.Context, name string) (*function, error) {
	f, err := p.find(name)
	if err != nil {
		return nil, err
	}
	if err := f.takeTurn(ctx); err != nil {
		return nil, err
	}
	if f.isRemoved() {
		f.giveTurn()
		return nil, fmt.Errorf("function %s: %w", f.name, errNotFound)
	}
	return f, nil
}

// replace ends what runs of the function and starts the deployment. The caller holds the turn.
func (p *Provider) replace(f *function, deployment types.FunctionDeployment, binary string) error {
	if err := p.remove(f); err != nil {
		return err
	}
	f.define(deployment, binary)
	// An earlier run of this program, if it was killed, has left its folders.
	if err := os.RemoveAll(f.dir); err != nil {
		return err
	}
	err := p.fill(f)
	p.logger.Info("deployed a function", "function", f.name, "image", deployment.Image, "ready", err == nil)
	return err
}

// readDeployment checks all that can be known before anything is touched. faasd removes the running
// function first and then fails; here a refused deployment changes nothing.
func (p *Provider) readDeployment(r *http.Request) (types.FunctionDeployment, string, error) {
	var deployment types.FunctionDeployment
	if err := decode(r, &deployment); err != nil {
		return deployment, "", err
	}
	err := checkNamespace(deployment.Namespace)
	if err != nil {
		return deployment, "", err
	}
	if deployment.Service, err = plainName(deployment.Service); err != nil {
		return deployment, "", err
	}
	deployment.Namespace = Namespace

	binary, imageErr := p.findImage(deployment.Image)
	err = errors.Join(imageErr, checkEnvironment(deployment.EnvVars), p.secrets.check(deployment.Secrets))
	if err != nil {
		return deployment, "", fmt.Errorf("deploy %s: %w", deployment.Service, err)
	}
	return deployment, binary, nil
}

func (p *Provider) findImage(ref string) (string, error) {
	if ref == "" {
		return "", fmt.Errorf("no image: %w", errInvalid)
	}
	binary, err := p.options.Images(ref)
	if err != nil {
		return "", fmt.Errorf("image %s: %w: %w", ref, errInvalid, err)
	}
	// A process starts in a folder of its own, from where a relative path would lead elsewhere.
	return filepath.Abs(binary)
}

func checkEnvironment(env map[string]string) error {
	for key, value := range env {
		if key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(value, "\x00") {
			return fmt.Errorf("environment variable %q: %w", key, errInvalid)
		}
	}
	return nil
}
