package provider

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"
	"github.com/openfaas/faas-provider/types"
)

// listFunctions leaves out what faasd leaves out of its list: how many replicas are available, and
// what they use. describeFunction has both.
func (p *Provider) listFunctions(*http.Request) (answer, error) {
	p.mu.Lock()
	functions := p.all()
	p.mu.Unlock()
	list := make([]types.FunctionStatus, 0, len(functions))
	for _, f := range functions {
		s := f.status(false)
		s.AvailableReplicas = 0
		list = append(list, s)
	}
	return answer{http.StatusOK, list}, nil
}

func (p *Provider) describeFunction(r *http.Request) (answer, error) {
	f, err := p.find(mux.Vars(r)["name"])
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, f.status(wantsUsage(r))}, nil
}

func wantsUsage(r *http.Request) bool {
	wanted, err := strconv.ParseBool(r.URL.Query().Get("usage"))
	return err == nil && wanted
}

// status is the deployment and how it is doing; the invocations are counted by the gateway, not
// here. A function of which nothing is alive has 0 replicas, as on faasd: that makes a gateway with
// scale_from_zero ask for one, where it would otherwise wait in vain for a crashed one to come
// back.
func (f *function) status(withUsage bool) types.FunctionStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.deployment
	s := types.FunctionStatus{
		Name:                   f.name,
		Namespace:              Namespace,
		Image:                  d.Image,
		EnvProcess:             d.EnvProcess,
		EnvVars:                d.EnvVars,
		Constraints:            d.Constraints,
		Secrets:                d.Secrets,
		Labels:                 d.Labels,
		Annotations:            d.Annotations,
		Limits:                 d.Limits,
		Requests:               d.Requests,
		ReadOnlyRootFilesystem: d.ReadOnlyRootFilesystem,
		CreatedAt:              f.created,
	}
	if len(f.replicas) > 0 {
		s.Replicas = uint64(f.wanted)
		s.AvailableReplicas = uint64(len(f.replicas))
	}
	if withUsage {
		s.Usage = &types.FunctionUsage{}
		for _, r := range f.replicas {
			r.usage.measure(r.process.PID())
			s.Usage.CPU += r.usage.millicores
			s.Usage.TotalMemoryBytes += r.usage.memory
		}
	}
	return s
}
