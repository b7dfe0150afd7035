package doctor

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"

	"handler/function/shared/gateway"
)

// answer is what an HTTP call came back with.
type answer struct {
	status int
	body   []byte
	header http.Header
}

const saysNothing = "it says nothing of ours"

// said is the function's own word for what is wrong.
func (a answer) said() string {
	var body struct{ Error string }
	if json.Unmarshal(a.body, &body) != nil || body.Error == "" {
		return saysNothing
	}
	return body.Error
}

// starting reports whether an answer is the platform's, as while a function starts, and not the
// function's own.
func (a answer) starting() bool {
	return a.status >= http.StatusInternalServerError && a.said() == saysNothing
}

func (d *doctor) post(ctx context.Context, url string, header http.Header, body string) (answer, error) {
	return d.call(ctx, http.MethodPost, url, header, body)
}

func (d *doctor) call(ctx context.Context, method, url string, header http.Header, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, header)
	res, err := d.http.Do(req)
	if err != nil {
		return answer{}, gateway.Unreachable(err)
	}
	defer res.Body.Close()
	const most = 64 << 10
	b, err := io.ReadAll(io.LimitReader(res.Body, most))
	return answer{res.StatusCode, b, res.Header}, err
}
