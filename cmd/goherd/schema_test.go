package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/config"
	"github.com/goherd/goherd/internal/rule"
)

var update = flag.Bool("update", false, "write docs/schema and docs/man anew")

const schemaHome = "https://raw.githubusercontent.com/goherd/goherd/HEAD/docs/schema/"

type object = map[string]any

// TestSchemas holds the published schemas against what they are made from: the
// structs that are printed, and the keys that the configuration may have.
func TestSchemas(t *testing.T) {
	for name, schema := range map[string]object{"findings.json": findingsSchema(t), "config.json": configSchema(t)} {
		schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		schema["$id"] = schemaHome + name
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(schema); err != nil {
			t.Fatal(err)
		}
		golden(t, "../../docs/schema/"+name, want.Bytes())
	}
}

// golden holds a file that is made from the code against the code.
func golden(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))) != string(want) {
		t.Errorf("%s is stale: go test ./cmd/goherd -run '%s' -update", path, t.Name())
	}
}

// findingsSchema describes what --format json prints. Fields may be added later, so
// it forbids none; those that are always there are required.
func findingsSchema(t *testing.T) object {
	s := shape{t, commentsOf(t, "../../internal/rule/run.go")}
	schema := s.of(reflect.TypeFor[rule.Run]())
	schema["title"] = "What goherd --format json prints"
	schema["properties"].(object)["version"].(object)["const"] = 1
	return schema
}

// A shape turns Go types into schemas, with the comments of their fields.
type shape struct {
	t        *testing.T
	comments map[string]string
}

func (s shape) of(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[rule.Safety]():
		return object{"type": "string", "enum": safeties}
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem())
	case t.Kind() == reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case t.Kind() == reflect.Struct:
		return s.ofStruct(t)
	case t.Kind() == reflect.String:
		return object{"type": "string"}
	case t.Kind() == reflect.Int:
		return object{"type": "integer", "minimum": 0}
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	}
	s.t.Fatalf("no schema for %v: teach shape.of", t)
	return nil
}

func (s shape) ofStruct(t reflect.Type) object {
	properties, required := object{}, []string{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			s.t.Fatalf("%v.%s has no name in JSON", t, f.Name)
		}
		p := s.of(f.Type)
		if text := s.comments[t.Name()+"."+f.Name]; text != "" {
			p["description"] = text
		}
		properties[name] = p
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "description": s.comments[t.Name()]}
}

// commentsOf gives the comments of a file's types, by "Type" and "Type.Field".
func commentsOf(t *testing.T, path string) map[string]string {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	text := func(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			ts, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			all[ts.Name.Name] = text(g.Doc)
			if st, ok := ts.Type.(*ast.StructType); ok {
				for _, field := range st.Fields.List {
					for _, name := range field.Names {
						all[ts.Name.Name+"."+name.Name] = text(field.Comment)
					}
				}
			}
		}
	}
	return all
}

var safeties = []string{rule.Safe.String(), rule.Review.String(), rule.Advice.String()}

// configSchema describes .goherd.yaml. What each key means is what the flag's help
// says; a key without a schema here is noticed, and so is a schema without a key.
func configSchema(t *testing.T) object {
	names := append(ruleNames(goherd.Rules), "all")
	list := func(items object) object { return object{"type": "array", "minItems": 1, "items": items} }
	values := map[string]object{
		"rules":  list(object{"type": "string", "enum": names}),
		"skip":   list(object{"type": "string", "enum": names}),
		"safety": {"type": "string", "enum": safeties},
		"limit":  {"type": "integer", "minimum": 1},
		"form":   {"type": "string", "enum": forms},
		"tests":  {"type": "boolean"},
		"tags":   list(object{"type": "string", "pattern": `^[\p{L}\p{Nd}_.]+$`}),
		"rounds": {"type": "integer", "minimum": 1},
		"since":  {"type": "string", "minLength": 1}, "baseline": {"type": "string", "minLength": 1},
		"reads":  list(object{"type": "string", "minLength": 1}),
		"writes": list(object{"type": "string", "minLength": 1}),
	}
	about := map[string]string{
		"rules":  "run these rules only; all names every one (default those that are on)",
		"skip":   "leave these rules out; --rules on the command line sets it aside",
		"tags":   "build with these tags",
		"reads":  `functions and methods of which it is to be taken that they only read: patterns as in "**.Repo.Get*"`,
		"writes": "functions and methods of which it is to be taken that they write; where both fit, this one counts",
	}
	flags := (&app{rules: goherd.Rules}).diffCommand().Flags()
	for _, key := range config.Keys() {
		if values[key] == nil {
			t.Errorf("the key %s has no schema", key)
			continue
		}
		if flag := flags.Lookup(key); flag != nil && about[key] == "" {
			about[key] = strings.ReplaceAll(flag.Usage, "`", "")
		}
		if about[key] == "" {
			t.Errorf("the key %s has no description", key)
		}
		values[key]["description"] = about[key]
	}
	properties := object{}
	for key, v := range values {
		if !slices.Contains(config.Keys(), key) {
			t.Errorf("there is a schema for %s, and no such key", key)
		}
		properties[key] = v
	}
	return object{
		"title":       "The configuration of goherd: .goherd.yaml",
		"description": "Read from the root of the module (or workspace) or above, up to the root of the repository. Flags win.",
		"type":        []string{"object", "null"}, "properties": properties, "additionalProperties": false,
	}
}

func compiled(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConfigSchema wants the schema to refuse what goherd refuses of the values'
// form, and to accept what goherd accepts.
func TestConfigSchema(t *testing.T) {
	schema := compiled(t, "config.json")
	a := &app{rules: goherd.Rules}
	words := a.configWords(a.diffCommand())
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{"", true},
		{"# nothing\n", true},
		{"rules: [seqcalls, unbounded]\nskip:\n  - unbounded\nsafety: advice\nlimit: 4\nform: pool\ntests: false\ntags: [integration, go1.9]\nrounds: 3\nreads:\n  - \"**.Repo.Get*\"\nwrites: [example.com/shop/stock.Count]\n", true},
		{"rules: [all]\n", true},
		{"rules: seqcalls\n", false},
		{"rules: [seqcals]\n", false},
		{"rules: []\n", false},
		{"skip: [1]\n", false},
		{"safety: sure\n", false},
		{"safety: [safe]\n", false},
		{"limit: 0\n", false},
		{"limit: -1\n", false},
		{"limit: \"4\"\n", false},
		{"limit: 1.5\n", false},
		{"form: pools\n", false},
		{"tests: no\n", false},
		{"tests: 1\n", false},
		{"tags: [a b]\n", false},
		{"tags: integration\n", false},
		{"rounds: many\n", false},
		{"reads: \"**.Get\"\n", false},
		{"reads: [\"\"]\n", false},
		{"writes: {a: b}\n", false},
		{"colour: always\n", false},
		{"format: json\n", false},
		{"verify-cmd: go test\n", false},
		{"- rules\n", false},
		{"rules\n", false},
	} {
		var v any
		if err := yaml.Unmarshal([]byte(tt.text), &v); err != nil {
			t.Fatalf("%q: %v", tt.text, err)
		}
		_, refused := config.Parse("F", []byte(tt.text), words)
		invalid := schema.Validate(v)
		if (refused == nil) != tt.ok || (invalid == nil) != tt.ok {
			t.Errorf("%q: goherd says %v, the schema %v; want ok: %v", tt.text, refused, invalid, tt.ok)
		}
	}
}

// valid SCHEMA FILE wants a file (or stdout) to fit the schema; ! valid that it doesn't.
func valid(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: valid SCHEMA FILE")
	}
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(schemaDir, args[0]+".json"))
	ts.Check(err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	switch err := s.Validate(v); {
	case err == nil && neg:
		ts.Fatalf("%s fits the schema %s", args[1], args[0])
	case err != nil && !neg:
		ts.Fatalf("%v", err)
	}
}

// schemaDir is absolute, since scripts run elsewhere.
var schemaDir, _ = filepath.Abs("../../docs/schema")
