package openfaas

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// JSON is an answer with a JSON body.
func JSON(status int, body any) handler.Response {
	b, err := json.Marshal(body)
	if err != nil { // ours are plain maps and structs
		status, b = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	return handler.Response{
		StatusCode: status,
		Body:       append(b, '\n'),
		Header:     http.Header{"Content-Type": {"application/json"}},
	}
}

// Error is an answer with the reason in plain words. The caller reads it: it holds nothing
// internal.
func Error(status int, message string) handler.Response {
	return JSON(status, map[string]string{"error": message})
}

// Refuse turns an error into an answer, and logs it. For Misconfigured, the caller gets its text
// with a 503; for other errors, the text of the function's table.
func Refuse(log *slog.Logger, err error, table func(error) (status int, text string)) handler.Response {
	if text, ok := Misconfiguration(err); ok {
		log.Error("the function cannot work as it is configured", "status", http.StatusServiceUnavailable, "err", err)
		return Error(http.StatusServiceUnavailable, text)
	}
	status, text := table(err)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	log.Log(context.Background(), level, "call refused", "status", status, "err", err)
	res := Error(status, text)
	if status == http.StatusMethodNotAllowed {
		res.Header.Set("Allow", http.MethodPost)
	}
	return res
}

// Context is the call's context, without its cancellation: a caller that hangs up ends nothing. A
// zero Request has none.
func Context(req handler.Request) context.Context {
	if ctx := req.Context(); ctx != nil {
		return context.WithoutCancel(ctx)
	}
	return context.Background()
}

// CallID is the ID that the gateway gave the call. The gateway keeps one that the caller sent,
// which may be anything of any length: what does not look like an ID is left out, since it is
// logged.
func CallID(req handler.Request) string {
	id := req.Header.Get("X-Call-Id")
	ours := func(r rune) bool {
		return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return !ours(r) }) {
		return ""
	}
	return id
}
