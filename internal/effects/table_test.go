package effects

import (
	"go/types"
	"slices"
	"strings"
	"testing"
)

// TestTableForm looks at every line, also of packages that are not at hand.
func TestTableForm(t *testing.T) {
	seen := map[string]int{}
	for i, line := range strings.Split(stdTable, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		e, err := parseEntry(line)
		if err != nil {
			t.Errorf("std.table:%d: %v", i+1, err)
			continue
		}
		if star := seen[e.pkg+" *"]; star > 0 {
			t.Errorf("std.table:%d: line %d has already said all of %s", i+1, star, e.pkg)
		}
		for _, p := range e.symbols {
			if p == "" || strings.Count(p, ".") > 1 || strings.Contains(strings.TrimSuffix(p, "*"), "*") {
				t.Errorf("std.table:%d: pattern %q is none", i+1, p)
			}
			if before := seen[e.pkg+" "+p]; before > 0 {
				t.Errorf("std.table:%d: line %d has %s of %s, too", i+1, before, p, e.pkg)
			}
			seen[e.pkg+" "+p] = i + 1
		}
	}
}

func TestParseEntryErrs(t *testing.T) {
	for _, line := range []string{"net/http", "net/http Get", "net/http Get slow", "net/http Get unseen", "net/http Get network limit=0", "net/http Get network limit=x", "net/http Get network endles"} {
		if e, err := parseEntry(line); err == nil {
			t.Errorf("%q gives %+v", line, e)
		}
	}
}

// TestTableSymbols holds the table against the packages as they are: each
// pattern names something that callers can reach, and that no line above it has
// claimed. Only the form is looked at of modules that goherd doesn't require
// (zap, logrus, Kubernetes and the like): they would have to be downloaded.
func TestTableSymbols(t *testing.T) {
	pkgs, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for path, entries := range table() {
		if !atHand(path) {
			continue
		}
		pkg := pkgs[path]
		if pkg == nil {
			t.Errorf("there is no package %s", path)
			continue
		}
		left := callable(pkg)
		for _, e := range entries {
			for _, p := range e.symbols {
				if p == "*" {
					continue // whatever is left, if anything
				}
				is := func(symbol string) bool { return matches(p, symbol) }
				if !slices.ContainsFunc(callable(pkg), is) {
					t.Errorf("%s %s: there is no such function or method", path, p)
				} else if !slices.ContainsFunc(left, is) {
					t.Errorf("%s %s: a line above has it already", path, p)
				}
				left = slices.DeleteFunc(left, is)
			}
		}
	}
}

// callable gathers the symbols of all functions and methods that code outside of
// pkg can call, also through types that are exported under no name.
func callable(pkg *types.Package) []string {
	set := map[string]bool{}
	add := func(fn *types.Func) {
		if fn.Exported() && fn.Pkg() == pkg {
			set[Symbol(fn)] = true
		}
	}
	for _, name := range pkg.Scope().Names() {
		switch obj := pkg.Scope().Lookup(name).(type) {
		case *types.Func:
			add(obj)
		case *types.TypeName:
			for _, t := range []types.Type{obj.Type(), types.NewPointer(obj.Type())} {
				for m := range types.NewMethodSet(t).Methods() {
					add(m.Obj().(*types.Func))
				}
			}
		}
	}
	var list []string
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// TestTableSpeaks spot-checks what the table says of functions that everybody
// calls, and that its first match wins.
func TestTableSpeaks(t *testing.T) {
	pkgs, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ pkg, fn, want string }{
		{"net/http", "Get", "network ends alone"},
		{"net/http", "Client.Do", "network ends alone"},
		{"net/http", "Client.CloseIdleConnections", "none ends alone"},
		{"net/http", "ListenAndServe", "network endless alone"},
		{"net/http", "NewRequest", "none ends alone"},
		{"net/http", "RoundTripper.RoundTrip", "network ends alone"},
		{"net", "Conn.Read", "network ends alone"},
		{"net", "ParseIP", "none ends alone"},
		{"database/sql", "DB.QueryContext", "network ends alone"},
		{"database/sql", "Open", "none ends alone"},
		{"os", "ReadFile", "file ends alone"},
		{"os", "Getenv", "none ends alone"},
		{"os/exec", "Cmd.Run", "process ends alone"},
		{"os/exec", "Command", "none ends alone"},
		{"io", "ReadAll", "file ends alone"},
		{"io", "Closer.Close", "none ends alone"},
		{"io", "PipeReader.Read", "chan ends meets"},
		{"time", "Sleep", "chan ends alone"},
		{"time", "Now", "none ends alone"},
		{"sync", "WaitGroup.Wait", "chan ends meets"},
		{"sync", "WaitGroup.Done", "none ends alone"},
		{"sync", "Mutex.Lock", "lock ends alone"},
		{"sync", "Mutex.Unlock", "none ends alone"},
		{"crypto/sha256", "Sum256", "none ends alone dear"},
		{"strings", "Builder.WriteString", "none ends alone"},
		{"fmt", "Sprintf", "none ends alone"},
		{"fmt", "Fscanf", "file ends alone"},
		{"golang.org/x/sync/errgroup", "Group.Wait", "chan ends meets"},
		{"golang.org/x/sync/semaphore", "Weighted.Acquire", "lock ends alone"},
	} {
		fn := find(t, pkgs[c.pkg], c.fn)
		s, ok := lookup(fn)
		if !ok || words(s) != c.want {
			t.Errorf("%s.%s is %q (%t), want %q", c.pkg, c.fn, words(s), ok, c.want)
		}
		if s.Trust != Table || (s.Via != "") != (s.Block > None) || (s.EndsWhy != "") != (s.Ends == No) || (s.MeetsWhy != "") != (s.Meets == Yes) {
			t.Errorf("%s.%s does not say why: %+v", c.pkg, c.fn, s)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, symbol string
		want            bool
	}{
		{"*", "Get", true},
		{"*", "Client.Do", true},
		{"Get", "Get", true},
		{"Get", "GetAll", false},
		{"Get", "Client.Get", false},
		{"Dial*", "DialTimeout", true},
		{"Dial*", "Dial", true},
		{"Dial*", "Dialer.Dial", false},
		{"Dialer.*", "Dialer.DialContext", true},
		{"Dialer.*", "Dialer", false},
		{"Template.Execute*", "Template.ExecuteTemplate", true},
	} {
		if got := matches(c.pattern, c.symbol); got != c.want {
			t.Errorf("matches(%q, %q) = %t", c.pattern, c.symbol, got)
		}
	}
}
