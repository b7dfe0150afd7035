package sendgrid

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed assets
var assets embed.FS

// page renders the inbox for a person. What a mail holds is only ever text in it: html/template escapes it.
type page struct {
	templates *template.Template
	files     fs.FS
}

func newPage() (*page, error) {
	templates, err := template.ParseFS(assets, "assets/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	return &page{templates, files}, nil
}

func (p *page) register(mux *http.ServeMux, s *Service) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { p.serve(w, s, "") })
	mux.HandleFunc("GET /messages/{id}", func(w http.ResponseWriter, r *http.Request) { p.serve(w, s, r.PathValue("id")) })
	for _, name := range []string{"inbox.css", "inbox.js", "icon.svg"} {
		mux.HandleFunc("GET /assets/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, p.files, name)
		})
	}
}

// serve shows the list and one message: the one with this ID, or the newest, which small screens leave out.
func (p *page) serve(w http.ResponseWriter, s *Service, id string) {
	messages, version := s.inbox.all()
	v := newInboxView(messages, version, id)
	status := http.StatusOK
	if id != "" && v.Open == nil {
		status = http.StatusNotFound
	}
	// Rendered whole first, so that a template's error does not follow half a page.
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "inbox.html", v); err != nil {
		s.log.Error("the inbox page could not be rendered", "err", err)
		http.Error(w, "the inbox page could not be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A reader who has gone away needs no page.
	_, _ = b.WriteTo(w)
}
