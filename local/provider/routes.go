package provider

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/openfaas/faas-provider/logs"
	"github.com/openfaas/faas-provider/types"
)

// maxBody bounds what the API reads. A secret of a megabyte may take six when written as JSON.
const maxBody = 8 << 20

// Handler serves the provider API, for the gateway alone: it asks for no password, so let it listen
// on 127.0.0.1 only. The routes are those of faas-provider's bootstrap.Serve, which itself would
// listen on all addresses and share one router among all providers of a program.
func (p *Provider) Handler() http.Handler {
	const name = "{name:[-a-zA-Z_0-9.]+}"
	r := mux.NewRouter()

	r.HandleFunc("/system/functions", p.api(p.listFunctions)).Methods(http.MethodGet)
	r.HandleFunc("/system/functions", p.api(p.deployFunction)).Methods(http.MethodPost)
	r.HandleFunc("/system/functions", p.api(p.updateFunction)).Methods(http.MethodPut)
	r.HandleFunc("/system/functions", p.api(p.deleteFunction)).Methods(http.MethodDelete)
	r.HandleFunc("/system/function/"+name, p.api(p.describeFunction)).Methods(http.MethodGet)
	r.HandleFunc("/system/scale-function/"+name, p.api(p.scaleFunction)).Methods(http.MethodPost)

	r.HandleFunc("/system/secrets", p.api(p.listSecrets)).Methods(http.MethodGet)
	r.HandleFunc("/system/secrets", p.api(p.createSecret)).Methods(http.MethodPost)
	r.HandleFunc("/system/secrets", p.api(p.updateSecret)).Methods(http.MethodPut)
	r.HandleFunc("/system/secrets", p.api(p.deleteSecret)).Methods(http.MethodDelete)

	stream := logs.NewLogHandlerFunc(p, p.options.Timeout)
	r.HandleFunc("/system/logs", p.checkedLogs(stream)).Methods(http.MethodGet)
	r.HandleFunc("/system/info", p.api(info)).Methods(http.MethodGet)
	r.HandleFunc("/system/namespaces", p.api(listNamespaces)).Methods(http.MethodGet)
	r.HandleFunc("/system/namespace/{name:[-a-zA-Z_0-9.]*}", p.api(describeNamespace)).Methods(http.MethodGet)

	r.HandleFunc("/function/"+name, p.invoke)
	r.HandleFunc("/function/"+name+"/", p.invoke)
	r.HandleFunc("/function/"+name+"/{params:.*}", p.invoke)

	r.HandleFunc("/healthz", health).Methods(http.MethodGet)
	return r
}

// answer is what an API handler has to say: a status, and a body to write as JSON unless it is nil.
type answer struct {
	status int
	body   any
}

// api turns errors into statuses. The text of an error is written for the person at faas-cli.
func (p *Provider) api(handle func(*http.Request) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a, err := answer{}, checkNamespace(r.URL.Query().Get("namespace"))
		if err == nil {
			a, err = handle(r)
		}
		if err != nil {
			code, level := status(err), slog.LevelInfo
			if code == http.StatusInternalServerError {
				level = slog.LevelError
			}
			p.logger.Log(r.Context(), level, "refused a request to the provider", "method", r.Method, "path", r.URL.Path, "status", code, "err", err)
			http.Error(w, err.Error(), code)
			return
		}
		if a.body == nil {
			w.WriteHeader(a.status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_ = json.NewEncoder(w).Encode(a.body) // the caller has gone: nobody is left to tell
	}
}

// decode reads a request's body. Its errors do not quote the body, which may hold a secret.
func decode(r *http.Request, into any) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		if status(err) == http.StatusRequestEntityTooLarge {
			return err
		}
		return fmt.Errorf("the request's JSON is broken: %w", errInvalid)
	}
	return nil
}

func info(*http.Request) (answer, error) {
	return answer{http.StatusOK, types.ProviderInfo{
		Name:          "tillbell-local",
		Orchestration: "processes",
		Version:       &types.VersionInfo{Release: "local", SHA: "local"},
	}}, nil
}

func listNamespaces(*http.Request) (answer, error) {
	return answer{http.StatusOK, []string{Namespace}}, nil
}

func describeNamespace(r *http.Request) (answer, error) {
	name := mux.Vars(r)["name"]
	if name != Namespace {
		return answer{}, fmt.Errorf("namespace %q: %w", name, errNotFound)
	}
	return answer{http.StatusOK, types.FunctionNamespace{Name: name}}, nil
}
