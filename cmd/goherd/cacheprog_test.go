package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// cacheProg is a GOCACHEPROG: the go command asks it instead of looking into GOCACHE.
// It keeps everything in the folder that is its first argument, as a cache that
// several machines share does, and counts in the file log there.
func cacheProg() {
	if err := serveCache(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cacheprog:", err)
		os.Exit(1)
	}
}

type cacheRequest struct {
	ID                 int64
	Command            string
	ActionID, OutputID []byte
	BodySize           int64
}

type cacheResponse struct {
	ID            int64
	Err           string   `json:",omitempty"`
	KnownCommands []string `json:",omitempty"`
	Miss          bool     `json:",omitempty"`
	OutputID      []byte   `json:",omitempty"`
	Size          int64    `json:",omitempty"`
	DiskPath      string   `json:",omitempty"`
}

func serveCache(dir string, in io.Reader, out io.Writer) error {
	counts := map[string]int{}
	answers, requests := json.NewEncoder(out), json.NewDecoder(bufio.NewReader(in))
	if err := answers.Encode(cacheResponse{KnownCommands: []string{"get", "put", "close"}}); err != nil {
		return err
	}
	for {
		var q cacheRequest
		if err := requests.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a := cacheResponse{ID: q.ID}
		var err error
		switch path := filepath.Join(dir, hex.EncodeToString(q.ActionID)); q.Command {
		case "get":
			var id []byte
			if id, err = os.ReadFile(path + ".id"); err != nil {
				a.Miss, err = true, nil
				counts["miss"]++
				break
			}
			var info os.FileInfo
			if info, err = os.Stat(path); err == nil {
				a.OutputID, a.Size, a.DiskPath = id, info.Size(), path
				counts["hit"]++
			}
		case "put":
			var body []byte
			if q.BodySize > 0 {
				var text string
				if err = requests.Decode(&text); err == nil {
					body, err = base64.StdEncoding.DecodeString(text)
				}
			}
			err = errors.Join(err, os.WriteFile(path, body, 0o666), os.WriteFile(path+".id", q.OutputID, 0o666))
			a.DiskPath = path
			counts["put"]++
		case "close":
			line := fmt.Sprintf("hit %d miss %d put %d\n", counts["hit"], counts["miss"], counts["put"])
			if err := os.WriteFile(filepath.Join(dir, "log"), []byte(line), 0o666); err != nil {
				return err
			}
			return answers.Encode(a)
		}
		if err != nil {
			a.Err = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}
