package effects

import (
	"go/types"
	"strings"
	"testing"
)

// TestTableForm looks at every line, also of packages that are not at hand.
func TestTableForm(t *testing.T) {
	seen := map[string]int{}
	for _, l := range lines() {
		kind := ""
		if l.Handle.Use != UseUnknown {
			kind = "type "
		} else if star := seen[l.Package+" *"]; star > 0 {
			t.Errorf("known.table:%d: line %d has already said all of %s", l.At, star, l.Package)
		}
		for _, p := range l.Symbols {
			if before := seen[l.Package+" "+kind+p]; before > 0 {
				t.Errorf("known.table:%d: line %d has %s of %s, too", l.At, before, p, l.Package)
			}
			seen[l.Package+" "+kind+p] = l.At
		}
	}
}

// TestTableSources wants a source for each claim: lines stand in blocks, and a
// block that has no "Source:" in the comment on top of it speaks from nowhere.
func TestTableSources(t *testing.T) {
	for block := range strings.SplitSeq(knownTable, "\n\n") {
		comment := ""
		for line := range strings.Lines(block) {
			if strings.HasPrefix(line, "#") {
				comment += line
			} else if !strings.Contains(comment, "Source:") {
				t.Errorf("no source: %s", line)
				break
			}
		}
	}
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
		if got := Matches(c.pattern, c.symbol); got != c.want {
			t.Errorf("Matches(%q, %q) = %t", c.pattern, c.symbol, got)
		}
	}
}

// TestFirstLineWins asks a chapter of lines that overlap in every way.
func TestFirstLineWins(t *testing.T) {
	lines, err := ParseTable("p Get none\np Get* file\np Client.Do lock\np Client.* chan\np Client.Get process\np Get,Put network\np Client type alone\np * network limit=9")
	if err != nil {
		t.Fatal(err)
	}
	c := &chapter{exact: map[string]int{}, types: map[string]Handle{}}
	for _, l := range lines {
		c.add(l)
	}
	for symbol, want := range map[string]Block{
		"Get": None, "GetAll": File, "Client.Do": Lock, "Client.Get": Chan, "Client.Close": Chan, "Put": Network, "Client": Network, "Other.Get": Network,
	} {
		if l, ok := c.find(symbol); !ok || l.Known.Block != want {
			t.Errorf("%s is %s (line %d), want %s", symbol, l.Known.Block, l.At, want)
		}
	}
}

// TestAnyMajor asks for a package whose lines speak of every major version, and
// for an iterator, of which a pattern with a star says nothing.
func TestAnyMajor(t *testing.T) {
	for path, want := range map[string]string{
		"github.com/google/go-github/v65/github": "github.com/google/go-github/v*/github",
		"github.com/jackc/pgx/v5":                "github.com/jackc/pgx/v*",
		"k8s.io/api/apps/v1":                     "k8s.io/api/apps/v*",
		"example.com/v2x/vector":                 "example.com/v2x/vector",
		"net/http":                               "net/http",
	} {
		if got := AnyMajor(path); got != want {
			t.Errorf("AnyMajor(%s) = %s, want %s", path, got, want)
		}
	}
	pkg := types.NewPackage("github.com/google/go-github/v99/github", "github")
	service := types.NewNamed(types.NewTypeName(0, pkg, "ChecksService", nil), types.NewStruct(nil, nil), nil)
	method := func(name string, result types.Type) *types.Func {
		recv := types.NewVar(0, pkg, "s", types.NewPointer(service))
		results := types.NewTuple(types.NewVar(0, pkg, "", result))
		return types.NewFunc(0, pkg, name, types.NewSignatureType(recv, nil, nil, nil, results, false))
	}
	if k, ok := Lookup(method("ListCheckRunsForRef", types.Typ[types.Int])); !ok || k.Verb != Read || k.Retains.Has(0) || k.Block != Network {
		t.Errorf("of a major version that has no line of its own: %+v", k)
	}
	if _, ok := Lookup(method("ListCheckRunsForRefIter", types.NewSignatureType(nil, nil, nil, nil, nil, false))); ok {
		t.Error("an iterator is taken to wait when it is made")
	}
	if _, ok := Lookup(method("CreateCheckRun", types.Typ[types.Int])); ok {
		t.Error("a method that no line speaks of is known")
	}
}
