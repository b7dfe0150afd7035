// Command handler stands in for the classic template's: it calls the function as that does, in as
// few lines as can be.
package main

import (
	"io"
	"net/http"
	"os"

	"handler/function"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		req := handler.Request{Body: body, Header: r.Header, Method: r.Method, QueryString: r.URL.RawQuery}
		req.WithContext(r.Context())
		res, err := function.Handle(req)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		w.Write(res.Body)
	})
	http.ListenAndServe(os.Getenv("upstream_test_address"), nil)
}
