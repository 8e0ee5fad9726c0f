package effects

import (
	"go/types"
	"strings"
	"testing"
)

// parsed is the one line of a table.
func parsed(t *testing.T, line string) Line {
	t.Helper()
	lines, err := ParseTable(line)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%q: %d lines, %v", line, len(lines), err)
	}
	return lines[0]
}

func TestParseWords(t *testing.T) {
	bare := parsed(t, "p f none").Known
	for _, c := range []struct {
		words string
		has   func(Known) bool
	}{
		{"endless", func(k Known) bool { return k.Ends == No }},
		{"meets", func(k Known) bool { return k.Meets == Yes }},
		{"heavy", func(k Known) bool { return k.Dear }},
		{"limit=7", func(k Known) bool { return k.Limit == 7 }},
		{"pure", func(k Known) bool { return k.Verb == Pure }},
		{"read", func(k Known) bool { return k.Verb == Read }},
		{"log", func(k Known) bool { return k.Verb == Log }},
		{"write", func(k Known) bool { return k.Verb == Write }},
		{"sql=1", func(k Known) bool { return k.Verb == BySQL && k.Text == 1 }},
		{"http=0", func(k Known) bool { return k.Verb == ByHTTP && k.Text == 0 }},
		{"exits", func(k Known) bool { return k.Exits == Yes }},
		{"panics", func(k Known) bool { return k.Panics == Yes }},
		{"global", func(k Known) bool { return k.Global == Yes }},
		{"writes=recv", func(k Known) bool { return k.Writes.Has(Receiver) && !k.Writes.Has(0) }},
		{"writes=0,2", func(k Known) bool { return k.Writes.Has(0) && !k.Writes.Has(1) && k.Writes.Has(2) && !k.Writes.Has(3) }},
		{"writes=1+", func(k Known) bool {
			return !k.Writes.Has(Receiver) && !k.Writes.Has(0) && k.Writes.Has(1) && k.Writes.Has(40) && k.Writes.Has(400)
		}},
		{"writes=recv,1", func(k Known) bool { return k.Writes.Has(Receiver) && !k.Writes.Has(0) && k.Writes.Has(1) }},
		{"writes=all", func(k Known) bool { return k.Writes.Has(Receiver) && k.Writes.Has(0) && k.Writes.Has(99) }},
		{"retains=1", func(k Known) bool { return !k.Retains.Has(0) && k.Retains.Has(1) && k.Retains.Has(Receiver) }},
		{"pure", func(k Known) bool { return k.Retains.Known() && !k.Retains.Has(0) }},
		{"read", func(k Known) bool { return !k.Retains.Known() && k.Retains.Has(0) }},
		{"keeps=2", func(k Known) bool { return k.Keeps.Has(2) && !k.Keeps.Has(0) }},
		{"closes", func(k Known) bool { return k.Closes.Has(0) && !k.Closes.Has(1) }},
		{"closes=1", func(k Known) bool { return !k.Closes.Has(0) && k.Closes.Has(1) }},
		{"calls=1", func(k Known) bool { return k.Calls.Has(1) && !k.Calls.Has(0) }},
	} {
		if c.words != "read" && c.has(bare) {
			t.Errorf("without words it has %q already: %+v", c.words, bare)
		}
		if k := parsed(t, "p f none "+c.words).Known; !c.has(k) {
			t.Errorf("%q gives %+v", c.words, k)
		}
	}
	if !bare.Writes.Empty() || !bare.Keeps.Empty() || !bare.Calls.Empty() || !bare.Closes.Empty() || bare.Exits != No || bare.Panics != No || bare.Global != No || bare.Verb != VerbUnknown {
		t.Errorf("without words: %+v", bare)
	}
}

func TestParseTypes(t *testing.T) {
	for line, want := range map[string]Handle{
		"p A,B type shared":        {Use: Shared},
		"p A type alone":           {Use: Alone},
		"p A type alone session":   {Use: Alone, Session: true},
		"p A type session shared":  {Use: Shared, Session: true},
		"p f none pure writes=all": {},
	} {
		if got := parsed(t, line).Handle; got != want {
			t.Errorf("%q gives %+v", line, got)
		}
	}
}

func TestParseErrs(t *testing.T) {
	for line, want := range map[string]string{
		"p":                             "want package",
		"p f":                           "want package",
		"p f slow":                      `unknown class "slow"`,
		"p f unseen":                    `unknown class "unseen"`,
		"p f network limit=0":           "at least 1",
		"p f network limit=x":           "limit",
		"p f network limit":             "unknown word",
		"p f network endles":            "unknown word",
		"p f network pure=1":            "unknown word",
		"p f network sql":               "unknown word",
		"p f network sql=-1":            "no index",
		"p f network sql=+1":            "no index",
		"p f network sql=60":            "no index",
		"p f network http=recv":         "no index",
		"p f network read write":        "it is read already",
		"p f network sql=0 write":       "it is sql already",
		"p f network read read":         `"read" comes twice`,
		"p f network writes=0 writes=1": `"writes" comes twice`,
		"p f network limit=1 limit=2":   `"limit" comes twice`,
		"p f none writes":               "unknown word",
		"p f none writes=":              "no index",
		"p f none writes=0,":            "no index",
		"p f none writes=self":          "no index",
		"p f none writes=all,0":         "no index",
		"p f none retains=recv":         "no index",
		"p f none calls=recv":           "no index",
		"p f none calls=all":            "no index",
		"p f none closes=recv":          "no index",
		"p f none closes=":              "no index", // the value is forgotten
		"p f none keeps=":               "no index",
		"p f none type":                 "unknown word",
		"p A type":                      "want shared or alone",
		"p A type session":              "want shared or alone",
		"p A type shared alone":         `unknown word "alone"`,
		"p A type shared pure":          `unknown word "pure"`,
		"p A.b type shared":             "no name of a type",
		"p A* type shared":              "no name of a type",
		"p a*b none":                    "no pattern",
		"p a.b.c none":                  "no pattern",
		"p a,,b none":                   "no pattern",
	} {
		lines, err := ParseTable("# one\n\n" + line)
		if err == nil || !strings.HasPrefix(err.Error(), "3: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %+v and error %v, want %q", line, lines, err, want)
		}
	}
}

// The zero value of each answer is unknown, and says yes to whoever is afraid of it.
func TestUnknownIsZero(t *testing.T) {
	var k Known
	if k.Verb != VerbUnknown || k.Block != Unseen || k.Exits != Unknown || k.Panics != Unknown || k.Global != Unknown || (Handle{}).Use != UseUnknown {
		t.Errorf("%+v", k)
	}
	for _, p := range []Places{k.Writes, k.Retains, k.Keeps, k.Calls, k.Closes} {
		if p.Known() || p.Empty() || !p.Has(Receiver) || !p.Has(0) || !p.Has(9) {
			t.Errorf("%b is known", p)
		}
	}
}

func TestLookup(t *testing.T) {
	pkgs, err := known()
	if err != nil {
		t.Fatal(err)
	}
	of := func(pkg, fn string) Known {
		k, ok := Lookup(find(t, pkgs[pkg], fn))
		if !ok {
			t.Errorf("%s.%s is not in the table", pkg, fn)
		}
		return k
	}
	if k := of("database/sql", "DB.QueryContext"); !k.Keeps.Has(0) || k.Keeps.Has(1) || k.Verb != BySQL || k.Text != 1 || !k.Closes.Has(0) || k.Limit != 4 {
		t.Errorf("DB.QueryContext: %+v", k)
	}
	if k := of("net/http", "Client.Do"); !k.Keeps.Has(0) || k.Verb != VerbUnknown || !k.Closes.Has(0) || !k.Writes.Has(0) || k.Writes.Has(Receiver) {
		t.Errorf("Client.Do: %+v", k) // the first line that matches wins: "*" stands below
	}
	if k := of("net/http", "CanonicalHeaderKey"); k.Verb != Pure || !k.Closes.Empty() {
		t.Errorf("CanonicalHeaderKey: %+v", k)
	}
	if k := of("fmt", "Sscanf"); k.Writes.Has(0) || k.Writes.Has(1) || !k.Writes.Has(2) || !k.Writes.Has(5) {
		t.Errorf("Sscanf: %+v", k)
	}
	if k := of("sort", "Slice"); !k.Calls.Has(1) || k.Calls.Has(0) || !k.Writes.Has(0) {
		t.Errorf("Slice: %+v", k)
	}
	if k := of("os", "Exit"); k.Exits != Yes {
		t.Errorf("Exit: %+v", k)
	}
	if k := of("os", "Chdir"); k.Global != Yes {
		t.Errorf("Chdir: %+v", k)
	}
	write := find(t, pkgs["hash"], "Hash.Write")
	if k, ok := LookupAs("hash", "Hash.Write", write); !ok || k.Block != None || k.Verb != Pure {
		t.Errorf("hash.Hash's Write: %+v", k)
	}
	if k, ok := Lookup(write); !ok || k.Block != File { // io.Writer's
		t.Errorf("Writer.Write: %+v", k)
	}
}

// A word without a number that asks for a context is unknown where there is none.
func TestKeepsWithoutContext(t *testing.T) {
	sig := types.NewSignatureType(nil, nil, nil, nil, nil, false)
	if p := parsed(t, "p f none keeps").Known.Keeps.resolve(sig); p.Known() {
		t.Errorf("keeps without a context is %b", p)
	}
}

func TestLookupType(t *testing.T) {
	pkgs, err := known()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pkg, name string
		want      Handle
	}{
		{"database/sql", "DB", Handle{Use: Shared}},
		{"database/sql", "Tx", Handle{Use: Alone, Session: true}},
		{"database/sql", "Rows", Handle{Use: Alone, Handed: true}},
		{"database/sql", "NullString", Handle{}},
		{"regexp", "Regexp", Handle{Use: Shared}},
		{"strings", "Builder", Handle{Use: Alone}},
	} {
		if got := LookupType(pkgs[c.pkg].Scope().Lookup(c.name).(*types.TypeName)); got != c.want {
			t.Errorf("%s.%s is %+v", c.pkg, c.name, got)
		}
	}
	if got := LookupType(types.Universe.Lookup("error").(*types.TypeName)); got != (Handle{}) {
		t.Errorf("error is %+v", got)
	}
}

func TestHTTP(t *testing.T) {
	for method, want := range map[string]Verb{"": Read, "GET": Read, "HEAD": Read, "OPTIONS": Read, "POST": Write, "PUT": Write, "PATCH": Write, "DELETE": Write, "get": VerbUnknown, "TRACE": VerbUnknown, "LOCK": VerbUnknown} {
		if got := HTTP(method); got != want {
			t.Errorf("%q is %s", method, got)
		}
	}
}

func TestBy(t *testing.T) {
	for _, c := range []struct {
		words, text string
		want        Verb
	}{
		{"sql=0", "SELECT 1", Read},
		{"sql=0", "DELETE FROM t", Write},
		{"sql=0", "x", VerbUnknown},
		{"http=0", "POST", Write},
		{"read", "POST", Read},
		{"limit=1", "SELECT 1", VerbUnknown},
	} {
		if got := parsed(t, "p f none "+c.words).Known.By(c.text); got != c.want {
			t.Errorf("%s of %q is %s", c.words, c.text, got)
		}
	}
}
