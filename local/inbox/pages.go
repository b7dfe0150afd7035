package inbox

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"handler/function/local/reply"
)

//go:embed assets
var assets embed.FS

// pages are the HTML. html/template escapes what they are given.
type pages struct {
	templates *template.Template
	files     fs.FS
	log       *slog.Logger
}

// page is what every page has; its content is in a template of its own.
type page struct {
	Title, Section string
	Content        template.HTML
	// Version is of all that is in it: the browser asks by it whether there is something new.
	Version string
}

// newPages reads the pages. They show times in the shop's zone, as its e-mails do.
func newPages(log *slog.Logger, zone func() *time.Location) (*pages, error) {
	templates, err := template.New("").Funcs(timesIn(zone)).ParseFS(assets, "assets/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, err
	}
	return &pages{templates, files, log}, nil
}

func (p *pages) registerAssets(mux *http.ServeMux) {
	for _, name := range []string{"inbox.css", "inbox.js", "icon.svg"} {
		mux.HandleFunc("GET /assets/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, p.files, name)
		})
	}
}

// show renders a page, whole before the first byte of it goes out, or says that it is as it was.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name, title string, view any) {
	content, err := p.render(name, view)
	if err != nil {
		p.broken(w, name, err)
		return
	}
	sum := sha256.Sum256([]byte(title + content))
	version := hex.EncodeToString(sum[:8])
	if status == http.StatusOK && r.Header.Get("If-None-Match") == `"`+version+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	// What html/template rendered is HTML, and safe.
	whole, err := p.render("page.html", page{title, section(r.URL.Path), template.HTML(content), version}) //nolint:gosec
	if err != nil {
		p.broken(w, name, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(whole)) // a reader who has gone away needs no page
}

func (p *pages) broken(w http.ResponseWriter, name string, err error) {
	p.log.Error("a page could not be rendered", "page", name, "err", err)
	http.Error(w, "This page could not be rendered; the log of the inbox says why.", http.StatusInternalServerError)
}

func (p *pages) render(name string, view any) (string, error) {
	var b bytes.Buffer
	err := p.templates.ExecuteTemplate(&b, name, view)
	return b.String(), err
}

// section is which of the four places of the navigation a path belongs to.
func section(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "orders", "templates", "alerts":
		return first
	}
	return "inbox"
}

// notice is a page that says only why there is nothing else on it.
type notice struct{ Title, Text string }

func (i *Inbox) notice(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	i.pages.show(w, r, status, "notice.html", title, notice{title, text})
}

func (i *Inbox) nowhere(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		reply.Error(w, http.StatusNotFound, "there is nothing at "+r.URL.Path)
		return
	}
	i.notice(w, r, http.StatusNotFound, "There is no such page", "The inbox, the orders, the templates and the alerts are above.")
}

// timesIn are the functions that show times in a zone. Only day names it.
func timesIn(zone func() *time.Location) template.FuncMap {
	in := func(layout string) func(time.Time) string {
		return func(t time.Time) string { return t.In(zone()).Format(layout) }
	}
	moment := in("2 January 2006, 15:04:05")
	return template.FuncMap{
		"clock": in("15:04:05.000"), "brief": in("2 Jan, 15:04:05"), "moment": moment,
		"day":  func(t time.Time) string { return moment(t) + " " + zone().String() },
		"zone": func() string { return zone().String() },
	}
}
