package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/robfig/cron/v3"
)

// startCron makes the calls that OpenFaaS's cron-connector makes on a server: an empty POST of each
// function whose annotations in stack.yml say topic: cron-function, by its schedule. faasd, and our
// provider, start a function that died only at its next call.
func (l *laptop) startCron(context.Context) error {
	l.cron = cron.New()
	for name, f := range l.services().Functions {
		if f.Annotations == nil || (*f.Annotations)["topic"] != "cron-function" {
			continue
		}
		schedule := (*f.Annotations)["schedule"]
		if _, err := l.cron.AddFunc(schedule, func() { wake(name) }); err != nil {
			return fmt.Errorf("schedule of %s: %w", name, err)
		}
	}
	l.cron.Start()
	return nil
}

// wake calls a function with nothing. What comes of it is in the function's log; the next call
// follows.
func wake(function string) {
	client := http.Client{Timeout: time.Minute}
	res, err := client.Post(gatewayURL+"/function/"+function, "text/plain", http.NoBody)
	if err == nil {
		res.Body.Close()
	}
}
