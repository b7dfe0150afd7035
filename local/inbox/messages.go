package inbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"handler/function/local/sendgrid"
)

// onePage is how many messages or orders a list shows at once.
const onePage = 50

type messagesView struct {
	Rows  []messageRow
	Total int
	pager
}

type messageRow struct {
	message
	Href, Subject string
	// Unknown: there is no subject, since no template has the message's ID.
	Unknown bool
	Key     string
}

// pager leads through a list that is longer than one page. Span says which rows of how many this
// page shows.
type pager struct{ First, Newer, Older, Span string }

func (i *Inbox) messagesPage(w http.ResponseWriter, r *http.Request) {
	messages := i.mails.Messages()
	from, l := pageNumber(r)*onePage, readLook(r.URL.Query())
	v := messagesView{Total: len(messages), pager: pagerOf("/", r, url.Values{}, len(messages))}
	slices.Reverse(messages)
	for _, m := range messages[min(from, len(messages)):min(from+onePage, len(messages))] {
		v.Rows = append(v.Rows, i.messageRow(readMessage(m), l))
	}
	title := "Inbox"
	if v.Total > 0 {
		title = fmt.Sprintf("(%d) Inbox", v.Total)
	}
	i.pages.show(w, r, http.StatusOK, "messages.html", title, v)
}

func (i *Inbox) messageRow(m message, l look) messageRow {
	got := i.render(m, m.Personalizations[0])
	row := messageRow{message: m, Href: "/messages/" + url.PathEscape(m.ID) + l.query(nil), Subject: got.Subject}
	_, row.Key = m.Delivery()
	if row.Unknown = got.err != nil; row.Unknown {
		row.Subject = got.Template
	}
	return row
}

// pageNumber counts from 0; addresses count from 1.
func pageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 0
	}
	return n - 1
}

// pagerOf leads through a list of so many rows, by addresses that have the rest in them.
func pagerOf(path string, r *http.Request, rest url.Values, rows int) pager {
	var p pager
	n := pageNumber(r)
	at := func(n int) string {
		if rest.Del("page"); n > 0 {
			rest.Set("page", strconv.Itoa(n+1))
		}
		return path + readLook(r.URL.Query()).query(rest)
	}
	if n > 0 {
		p.First, p.Newer = at(0), at(n-1)
	}
	if rows > (n+1)*onePage {
		p.Older = at(n + 1)
	}
	p.Span = fmt.Sprintf("%d–%d of %d", min(n*onePage+1, rows), min((n+1)*onePage, rows), rows)
	return p
}

type messageView struct {
	message
	preview
	ReplyTo string
	// One is the personalization that is shown.
	One   personalization
	Parts []option // where there are several personalizations
	Args  []field
	Data  string
	Whole string
	Order *orderView
	// TemplateHref leads to the template, with this e-mail where its order is known.
	TemplateHref string
	// OrderTrouble says why there is no timeline.
	OrderTrouble string
	pager
}

func (i *Inbox) messagePage(w http.ResponseWriter, r *http.Request) {
	messages := i.mails.Messages()
	at := slices.IndexFunc(messages, func(m sendgrid.Message) bool { return m.MessageID == r.PathValue("id") })
	if at < 0 {
		i.notice(w, r, http.StatusNotFound, "That message is not here", "The inbox forgets the oldest ones, and all when it is emptied.")
		return
	}
	m, l := readMessage(messages[at]), readLook(r.URL.Query())
	n := chosen(r, m)
	v := messageView{message: m, One: m.Personalizations[n], ReplyTo: m.replyTo(), Whole: indent(m.Raw)}
	rest := url.Values{}
	if n > 0 {
		rest.Set("personalization", strconv.Itoa(n+1))
	}
	path := "/messages/" + url.PathEscape(m.ID)
	v.preview = i.newPreview(i.render(m, v.One), path, "/api"+path, rest, l)
	v.UnknownID, v.Subjectless = m.TemplateID, true
	for k := range m.Personalizations {
		if len(m.Personalizations) > 1 {
			href := path + l.query(url.Values{"personalization": {strconv.Itoa(k + 1)}})
			v.Parts = append(v.Parts, option{Label: strconv.Itoa(k + 1), Href: href, Current: k == n})
		}
	}
	v.Args = m.args(v.One)
	if len(v.One.Data) > 0 {
		v.Data = indent(v.One.Data)
	}
	if at+1 < len(messages) {
		v.Newer = "/messages/" + url.PathEscape(messages[at+1].MessageID) + l.query(nil)
	}
	if at > 0 {
		v.Older = "/messages/" + url.PathEscape(messages[at-1].MessageID) + l.query(nil)
	}
	v.TemplateHref = "/templates/" + url.PathEscape(v.Template)
	i.addOrder(r.Context(), &v)
	title := v.Subject()
	i.pages.show(w, r, http.StatusOK, "message.html", title, v)
}

// addOrder finds the order that a message is of, for its timeline.
func (i *Inbox) addOrder(ctx context.Context, v *messageView) {
	session, key := v.message.Delivery()
	if session == "" {
		return
	}
	o, err := i.load(ctx, session)
	if err != nil {
		v.OrderTrouble = trouble(err)
		return
	}
	order := i.onPage(o, key)
	v.Order = &order
	v.TemplateHref += "?" + url.Values{"order": {session}, "email": {key}}.Encode()
}

// Subject is what the page is called.
func (v messageView) Subject() string {
	if s := v.preview.rendering.Subject; s != "" {
		return s
	}
	return "E-mail to " + v.message.Recipient()
}

// chosen is the index of the personalization that is asked for.
func chosen(r *http.Request, m message) int {
	n, err := strconv.Atoi(r.URL.Query().Get("personalization"))
	if err != nil || n < 1 || n > len(m.Personalizations) {
		return 0
	}
	return n - 1
}
