// Package formats holds what goherd prints for machines against the validators and
// parsers of those who read it. It is a module of its own, since their
// dependencies are nothing that goherd needs. docs/formats.md has what came out.
package formats

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/reviewdog/reviewdog/proto/rdf"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"google.golang.org/protobuf/encoding/protojson"
)

var documents = []string{"sarif", "rdjson", "rdjsonl", "gitlab", "checkstyle", "junit", "github"}

// sets lays out what is to be validated: the demo as the program prints it, and the
// hostile strings of internal/report. They are files NAME.FORMAT.
func sets(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	args := []string{"run", "./cmd/goherd", "-C", "testdata/demo", "--rules", "all", "--safety", "advice", "--exit-zero", "--quiet"}
	for _, f := range documents {
		args = append(args, "--output", f+"="+filepath.Join(dir, "demo."+f))
	}
	run(t, "../..", nil, "go", append(args, "./...")...)
	run(t, "../..", []string{"GOHERD_FORMATS=" + dir}, "go", "test", "-count=1", "-run", "^TestHostileDocuments$", "./internal/report")
	names = []string{"demo", "hostile"}
	// A run over something larger can be added.
	if more := os.Getenv("GOHERD_DOCUMENTS"); more != "" {
		for _, f := range documents {
			if err := os.WriteFile(filepath.Join(dir, "more."+f), read(t, more+"."+f), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, "more")
	}
	return dir, names
}

func run(t *testing.T, dir string, env []string, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestDocuments(t *testing.T) {
	dir, names := sets(t)
	for _, name := range names {
		file := func(format string) string { return filepath.Join(dir, name+"."+format) }
		t.Run(name+"/rdjson", func(t *testing.T) { checkRDJSON(t, read(t, file("rdjson"))) })
		t.Run(name+"/rdjsonl", func(t *testing.T) { checkRDJSONL(t, read(t, file("rdjsonl"))) })
		t.Run(name+"/sarif", func(t *testing.T) { checkMultitool(t, file("sarif")) })
		t.Run(name+"/xml", func(t *testing.T) { checkXML(t, file("checkstyle"), file("junit")) })
	}
}

// checkRDJSON asks reviewdog's protocol buffer, which knows no field that it doesn't
// have, and its JSON schema.
func checkRDJSON(t *testing.T, text []byte) {
	var result rdf.DiagnosticResult
	if err := protojson.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Diagnostics) == 0 {
		t.Error("there are no diagnostics")
	}
	for _, d := range result.Diagnostics {
		checkDiagnostic(t, d)
	}
	bySchema(t, "DiagnosticResult.json", text)
}

func checkRDJSONL(t *testing.T, text []byte) {
	for line := range bytes.Lines(text) {
		var d rdf.Diagnostic
		if err := protojson.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		checkDiagnostic(t, &d)
		bySchema(t, "Diagnostic.json", line)
	}
}

// checkDiagnostic wants what reviewdog can post: one suggestion of whole lines, at the
// lines of the diagnostic.
func checkDiagnostic(t *testing.T, d *rdf.Diagnostic) {
	t.Helper()
	if len(d.Suggestions) > 1 || d.Severity == rdf.Severity_UNKNOWN_SEVERITY || d.GetCode().GetUrl() == "" {
		t.Errorf("%v", d)
	}
	for _, s := range d.Suggestions {
		at, r := d.GetLocation().GetRange(), s.GetRange()
		if r.GetStart().GetColumn() != 0 || r.GetEnd().GetColumn() != 0 || r.GetStart().GetLine() > r.GetEnd().GetLine() ||
			at.GetStart().GetLine() != r.GetStart().GetLine() || at.GetEnd().GetLine() != r.GetEnd().GetLine() || strings.HasSuffix(s.Text, "\n\n") {
			t.Errorf("a suggestion of %v at %v", r, at)
		}
	}
}

func bySchema(t *testing.T, schema string, text []byte) {
	t.Helper()
	folder := strings.TrimSpace(string(run(t, ".", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/reviewdog/reviewdog")))
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(folder, "proto", "rdf", "jsonschema", schema))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Error(err)
	}
}

// checkMultitool asks Microsoft's validator, which knows the schema, the text of the
// standard and what GitHub wants. Its exit code says nothing, and of files that it
// passes over it says that they were scanned: so it is asked about a broken one too.
func checkMultitool(t *testing.T, name string) {
	tool := os.Getenv("SARIF_MULTITOOL")
	if tool == "" {
		t.Skip("SARIF_MULTITOOL names no program: npm install @microsoft/sarif-multitool")
	}
	ask := func(name string) string {
		return string(run(t, ".", []string{"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1"}, tool, "validate", name, "--rule-kind", "Sarif;Gh", "--level", "Error;Warning", "--max-file-size-in-kb", "100000"))
	}
	broken := name + ".broken.sarif"
	text := regexp.MustCompile(`"ruleIndex": \d+`).ReplaceAll(read(t, name), []byte(`"ruleIndex": 7777`))
	if err := os.WriteFile(broken, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if out := ask(broken); !strings.Contains(out, "error SARIF1009") {
		t.Fatalf("it does not see what is broken:\n%s", out)
	}
	out := ask(name)
	complaint := regexp.MustCompile(`: (?:error|warning) (\w+)`)
	for _, m := range complaint.FindAllStringSubmatch(out, -1) {
		if m[1] != "SARIF2005" { // a build from a working tree has no version in numbers
			t.Errorf("it complains:\n%s", out)
			break
		}
	}
}

// checkXML asks xmllint, and for JUnit the schema that Jenkins reads it by.
func checkXML(t *testing.T, checkstyle, junit string) {
	tool, schema := os.Getenv("XMLLINT"), os.Getenv("JUNIT_XSD")
	if tool == "" || schema == "" {
		t.Skip("XMLLINT and JUNIT_XSD name no program and no schema")
	}
	run(t, ".", nil, tool, "--noout", checkstyle)
	t.Logf("%s", run(t, ".", nil, tool, "--noout", "--schema", schema, junit))
}
