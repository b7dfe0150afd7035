package inbox

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"handler/function/internal/order"
	"handler/function/local/reply"
)

// rendered is what a template makes of template data.
type rendered struct {
	Subject string `json:"subject"`
	HTML    string `json:"html"`
	Text    string `json:"text"`
	// Blanks are the variables that the data does not have, each as path:line: what.
	Blanks []string `json:"blanks"`
}

// registerTemplates serves what templates make of orders and of data.
func (i *Inbox) registerTemplates(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/templates/{name}/{part}", func(w http.ResponseWriter, r *http.Request) {
		t, ok := i.apiTrial(w, r)
		if !ok {
			return
		}
		if r.PathValue("part") == "data" {
			reply.JSON(w, http.StatusOK, i.data(t))
			return
		}
		i.answerPart(w, r, i.try(t.template, i.data(t)))
	})
	mux.HandleFunc("POST /api/templates/{name}/render", i.renderTyped)
	mux.HandleFunc("GET /api/renderings/{id}/{part}", func(w http.ResponseWriter, r *http.Request) {
		got, ok := i.renderings.get(r.PathValue("id"))
		if !ok {
			reply.Error(w, http.StatusNotFound, "this rendering is not kept any more")
			return
		}
		i.answerPart(w, r, got)
	})
}

// apiTrial is the trial that is asked for. It answers the request where there is none.
func (i *Inbox) apiTrial(w http.ResponseWriter, r *http.Request) (trial, bool) {
	name := r.PathValue("name")
	if !slices.Contains(i.folder.names(), name) {
		reply.Error(w, http.StatusNotFound, "there is no template "+name)
		return trial{}, false
	}
	t, err := i.newTrial(r.Context(), name, r)
	switch {
	case errors.Is(err, order.ErrNotFound):
		reply.Error(w, http.StatusNotFound, "neither a sample nor an order of this laptop has this name")
	case err != nil:
		i.answerError(w, err)
	}
	return t, err == nil
}

// renderTyped answers what a template makes of the template data in the body.
func (i *Inbox) renderTyped(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !slices.Contains(i.folder.names(), name) {
		reply.Error(w, http.StatusNotFound, "there is no template "+name)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxData))
	if err != nil {
		reply.Error(w, http.StatusRequestEntityTooLarge, "the template data is too long: it may have 1 MB")
		return
	}
	data, p := parseData(string(body))
	if p != nil {
		reply.Error(w, http.StatusUnprocessableEntity, p.String())
		return
	}
	got := i.try(name, data)
	if got.err != nil {
		reply.Error(w, http.StatusUnprocessableEntity, got.why())
		return
	}
	out := rendered{Subject: got.Subject, HTML: got.HTML, Text: got.Text, Blanks: []string{}}
	for _, p := range got.problems {
		out.Blanks = append(out.Blanks, p.String())
	}
	reply.JSON(w, http.StatusOK, out)
}
