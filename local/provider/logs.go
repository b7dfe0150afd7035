package provider

import (
	"context"
	"net/http"
	"time"

	"github.com/openfaas/faas-provider/logs"
)

// log takes a line that a function printed.
func (p *Provider) log(f *function, instance, line string) {
	f.journal.add(entry{time: time.Now().UTC(), instance: instance, text: line})
	if p.options.Log != nil {
		p.options.Log(f.name, instance, line)
	}
}

// checkedLogs refuses what faas-provider's handler would answer with a 500 that says nothing.
func (p *Provider) checkedLogs(stream http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		err := checkNamespace(query.Get("namespace"))
		if err == nil {
			_, err = p.journal(query.Get("name"))
		}
		if err != nil {
			http.Error(w, err.Error(), status(err))
			return
		}
		stream(w, r)
	}
}

// Query streams a function's lines to faas-provider's log handler, the oldest first: those since a
// time, those of one instance, of these the last Tail, and then, if asked to follow, what comes
// until ctx is over.
func (p *Provider) Query(ctx context.Context, request logs.Request) (<-chan logs.Message, error) {
	j, err := p.journal(request.Name)
	if err != nil {
		return nil, err
	}
	name, _ := plainName(request.Name) // it has a journal, so it is a name
	messages := make(chan logs.Message)
	go func() {
		defer close(messages)
		entries, next, more := j.from(0)
		entries = matching(entries, request)
		if request.Tail > 0 && len(entries) > request.Tail {
			entries = entries[len(entries)-request.Tail:]
		}
		for send(ctx, messages, name, entries) && request.Follow {
			select {
			case <-more:
			case <-ctx.Done():
				return
			case <-p.ending.Done():
				return
			}
			entries, next, more = j.from(next)
			entries = matching(entries, request)
		}
	}()
	return messages, nil
}

func matching(entries []entry, request logs.Request) []entry {
	var kept []entry
	for _, e := range entries {
		if request.Since != nil && e.time.Before(*request.Since) {
			continue
		}
		if request.Instance != "" && e.instance != request.Instance {
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// send reports whether all were accepted.
func send(ctx context.Context, messages chan<- logs.Message, name string, entries []entry) bool {
	for _, e := range entries {
		message := logs.Message{Name: name, Namespace: Namespace, Instance: e.instance, Timestamp: e.time, Text: e.text}
		select {
		case messages <- message:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
