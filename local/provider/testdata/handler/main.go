// Command handler stands for a function's handler in the tests of the provider: it listens where it
// is told to, shows what it was given, and fails on demand.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// drain is how long it goes on accepting after SIGTERM, as handlers of golang-http do.
const drain = 200 * time.Millisecond

func main() {
	fmt.Println("starting")
	if os.Getenv("broken") != "" {
		fmt.Fprintln(os.Stderr, "broken: the setting is wrong")
		os.Exit(2)
	}
	if os.Getenv("mute") != "" {
		fmt.Println("mute: will never listen")
		select {}
	}

	ended, end := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		for range signals {
			if os.Getenv("signals") != "" {
				fmt.Println("SIGTERM")
			}
			end()
		}
	}()
	server := &http.Server{Addr: os.Getenv("handler_address"), Handler: routes(ended)}
	drained := make(chan struct{})
	go func() {
		<-ended.Done()
		if os.Getenv("deaf") != "" {
			return
		}
		time.Sleep(drain)
		_ = server.Shutdown(context.Background())
		close(drained)
	}()
	fmt.Println("listening")
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Println(err)
		os.Exit(1)
	}
	<-drained
	if os.Getenv("service") != "" {
		for _, client := range []*http.Client{{Timeout: drain}, {Timeout: drain, Transport: &http.Transport{}}} {
			_, _ = client.Get(os.Getenv("service"))
		}
		fmt.Println("asked at the end")
	}
	if os.Getenv("outlived") != "" {
		os.Exit(1)
	}
}

func routes(ended context.Context) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/pid", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, os.Getpid())
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(os.Environ())
	})
	mux.HandleFunc("/files", func(w http.ResponseWriter, r *http.Request) {
		entries, err := os.ReadDir(".")
		fmt.Fprint(w, len(entries), err)
	})
	mux.HandleFunc("/secret/{name}", func(w http.ResponseWriter, r *http.Request) {
		value, err := os.ReadFile(filepath.Join(os.Getenv("secret_mount_path"), r.PathValue("name")))
		if err != nil {
			http.Error(w, "no such secret", http.StatusNotFound)
			return
		}
		_, _ = w.Write(value)
	})
	mux.HandleFunc("/ask", func(w http.ResponseWriter, r *http.Request) {
		url := os.Getenv("service")
		if secret := r.URL.Query().Get("secret"); secret != "" {
			value, _ := os.ReadFile(filepath.Join(os.Getenv("secret_mount_path"), secret))
			url = string(value)
		}
		res, err := http.Get(url)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		_, _ = io.Copy(w, res.Body)
	})
	mux.HandleFunc("/print", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Query().Get("text"))
	})
	mux.HandleFunc("/crash", func(w http.ResponseWriter, r *http.Request) {
		os.Exit(3)
	})
	mux.HandleFunc("/until-sigterm", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("in the call")
		<-ended.Done()
		fmt.Fprint(w, os.Getpid())
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.RequestURI, r.Header.Get("X-Forwarded-Host"),
			strings.Split(r.Header.Get("X-Forwarded-For"), ":")[0])
	})
	return mux
}
