package main

import (
	"strings"
	"testing"
)

func TestGolden(t *testing.T) {
	list, err := parse(goldenText)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, g := range list {
		count[g.Kind]++
		if len(g.Facts) < 2 || len(g.Commit) != 40 {
			t.Errorf("%s %s: too few facts, or no whole commit", g.Repo, g.Func)
		}
	}
	for _, kind := range kinds {
		if count[kind] != 5 {
			t.Errorf("%d functions of kind %s, want 5", count[kind], kind)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"io a/b 0123 f.go:1", "other a/b 0123 f.go:1 F", "    waits file: no function yet", "io a/b 0123 f.go:1 F\n    wait file: no such fact", "io a/b 0123 f.go:1 F\n    waits file"} {
		if list, err := parse(text); err == nil {
			t.Errorf("parse(%q) = %v", text, list)
		}
	}
}

func TestJudge(t *testing.T) {
	written := func(path string, locks ...string) *said {
		return &said{Accesses: []access{{Path: path, Write: true, Locks: locks}}}
	}
	hidden := func(reach string) *said { return &said{Hidden: []hidden{{"f", []string{reach}}}} }
	for _, c := range []struct {
		fact string
		said *said
		want verdict
	}{
		{"waits file", &said{Waits: "file"}, right},
		{"waits file", &said{Waits: "file", Opaque: "f"}, pessimistic},
		{"waits network", &said{Waits: "network", Opaque: "f"}, right},
		{"waits file", &said{Waits: "none", Opaque: "f"}, pessimistic},
		{"waits file", &said{Waits: "none"}, wrong},
		{"waits none", &said{Waits: "network", Surely: "may"}, pessimistic},
		{"waits none", &said{Waits: "network", Surely: "must"}, wrong},
		{"waits outside", &said{Waits: "process"}, right},
		{"waits outside", &said{Waits: "lock"}, wrong},
		{"waits file", &said{Waits: "unseen"}, pessimistic},
		{"surely must", &said{Surely: "may"}, pessimistic},
		{"surely may", &said{Surely: "must"}, wrong},
		{"verb write", &said{Verb: "read"}, wrong},
		{"verb write", &said{Verb: "unknown"}, pessimistic},
		{"verb read", &said{Verb: "write"}, pessimistic},
		{"spawns joined", &said{Spawns: "none"}, wrong},
		{"spawns none", &said{Spawns: "escapes"}, pessimistic},
		{"ctx passed", &said{Ctx: "ignored"}, wrong},
		{"ctx passed", &said{Ctx: "some"}, pessimistic},
		{"panics may", &said{Panics: "no"}, wrong},
		{"open nothing", &said{Open: "result 0"}, pessimistic},
		{"writes recv.a", written("recv.a"), right},
		{"writes recv.a", written("recv.a.b"), right},
		{"writes recv.a.b", written("recv.a.*"), right},
		{"writes recv.a", written("recv.ab"), wrong},
		{"writes recv.a", written(anywhere), pessimistic},
		{"writes recv.a", hidden("recv.*"), pessimistic},
		{"writes recv.a", hidden("x.*"), wrong},
		{"reads recv.a", written("recv.a"), wrong},
		{"writes nothing", written("recv.a"), pessimistic},
		{"writes nothing", hidden("recv.*"), pessimistic},
		{"writes nothing", &said{Accesses: []access{{Path: "recv.a"}}}, right},
		{"guards recv.a with recv.mu", written("recv.a", "recv.mu"), right},
		{"guards recv.a with recv.mu", written("recv.a"), pessimistic},
		{"guards recv.a with recv.mu", &said{}, wrong},
		{"aliases recv.a", &said{Aliases: []string{"recv.a"}}, right},
		{"aliases recv.a", &said{Aliases: []string{anywhere}}, pessimistic},
		{"aliases recv.a", &said{}, wrong},
		{"retains key", &said{Retains: []string{"key.*"}}, right},
	} {
		name, want, _ := strings.Cut(c.fact, " ")
		if got := judge(fact{Name: name, Want: want}, c.said); got.Verdict != c.want {
			t.Errorf("%s, said %+v: %s (%s), want %s", c.fact, *c.said, got.Verdict, got.Said, c.want)
		}
	}
}
